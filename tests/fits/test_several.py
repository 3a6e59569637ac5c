"""Fits of several outcomes: each as its own document gives it; one file opens without us."""

import arviz_stats
import numpy as np
import pytest
import xarray as xr

import clustermodels as cm
from tests.several import TWO, alone, two_table


@pytest.fixture(scope="module")
def both():
    return cm.fit(cm.read_spec(TWO), two_table())


@pytest.fixture(scope="module")
def loaded(both, tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "run.nc"
    cm.save(both, path)
    return path, cm.load_fit(path)


def same(one, other):
    """Hold two fits to be the same to the last bit, names and attributes too."""
    assert [*one.tree.children] == [*other.tree.children]
    for group, node in one.tree.children.items():
        xr.testing.assert_identical(
            node.to_dataset().drop_attrs(), other.tree[group].to_dataset().drop_attrs()
        )
    assert one.learned == other.learned
    assert one.panel.losses == other.panel.losses
    assert one.spec.plain() == other.spec.plain()


@pytest.mark.parametrize("outcome", ["patents", "papers"])
def test_each_is_what_its_own_document_gives(both, outcome):
    same(both.of(outcome), cm.fit(cm.read_spec(alone(outcome)), two_table()))


def test_a_row_without_one_outcome_is_a_row_of_the_other(both):
    sizes = {name: len(run.design().years) for name, run in both.runs.items()}
    assert sizes == {"patents": 60, "papers": 58}


@pytest.mark.parametrize("outcome", ["patents", "papers"])
def test_the_file_gives_all_back(both, loaded, outcome):
    _, again = loaded
    assert again.outcomes == both.outcomes
    assert again.document.plain() == both.document.plain()
    before, after = both.of(outcome), again.of(outcome)
    same(after, before)
    assert dict(after.tree.attrs) == dict(before.tree.attrs)
    assert after.independent == before.independent
    np.testing.assert_array_equal(cm.predict(after, "one_more"), cm.predict(before, "one_more"))


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")  # of so few draws
def test_the_file_opens_without_us(loaded, both):
    path, _ = loaded
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        tree.load()
    assert "papers::panel" in tree.children
    assert {*tree["log_likelihood"].data_vars} == {*tree["observed_data"].data_vars}
    assert {*tree["observed_data"].data_vars} == {"patents", "papers"}
    names = [f"{name}::policies" for name in both.runs]
    table = arviz_stats.summary(tree, var_names=names, kind="stats")
    for name, run in both.runs.items():
        mean = float(run.posterior["policies"].mean())
        assert float(table.loc[f"{name}::policies", "mean"]) == pytest.approx(mean, abs=0.01)
        assert arviz_stats.loo(tree, var_name=name).elpd == arviz_stats.loo(run.tree).elpd


def test_one_of_them_is_a_fit_of_its_own(both, tmp_path):
    cm.save(both.of("papers"), tmp_path / "papers.nc")
    again = cm.load_fit(tmp_path / "papers.nc")
    same(again, both.of("papers"))
    assert [*again.spec.outcomes] == ["papers"]


def test_lines_of_findings_are_those_of_the_document(tmp_path):
    """What is found in one equation points to the text of the whole document."""
    two_table().to_csv(tmp_path / "panel.csv", index=False)
    (tmp_path / "spec.yaml").write_text(
        "data:\n  panel: {path: panel.csv, cluster: city, year: year}\noutcomes:\n"
        "  patents: {family: poisson}\n  papers: {family: gaussian}\ntreatments:\n  policies: {}\n"
        "engine: {kind: latent_gaussian, draws: 20, chains: 2}\n"
    )
    cm.fit(tmp_path / "spec.yaml", out=tmp_path / "run.nc")
    run = cm.load_fit(tmp_path / "run.nc").of("papers")
    assert run.spec.source.line(("outcomes", "papers")) == 5
    assert run.spec.source.line(("engine",)) == 8


def test_what_asks_for_one_is_told_how_to_choose(both):
    for verb in (cm.summary, cm.diagnose, cm.effects, cm.predict):
        with pytest.raises(AttributeError, match=r"the fits of patents, papers.*\.of\(OUTCOME\)"):
            verb(both)
    with pytest.raises(cm.FitError, match=r"no fit of 'patent' because .* patents, papers"):
        both.of("patent")


def test_what_is_wrong_in_any_equation_is_said_at_once():
    table = two_table().drop(columns=["papers"])
    table.loc[0, "patents"] = -1
    with pytest.raises(cm.PanelError) as caught:
        cm.prepare_each(cm.read_spec(TWO), table)
    said = str(caught.value).split("\n")
    assert len(said) == 2
    assert "has no column 'papers'" in said[0] + said[1]
    assert "-1" in said[0] + said[1]


def test_what_has_been_prepared_is_fitted_with_its_own_data(both):
    ready = cm.prepare_each(cm.read_spec(TWO), two_table())
    assert cm.prepare_each(ready) is ready
    with pytest.raises(TypeError, match="hand it over alone"):
        cm.fit(ready, two_table())
    same(cm.fit(ready).of("papers"), both.of("papers"))


JOINT = TWO | {
    "joint": True,
    "engine": {"kind": "auto", "draws": 40, "tune": 60, "chains": 2, "seed": 3},
}


@pytest.fixture(scope="module")
def jointly():
    return cm.fit(cm.read_spec(JOINT), two_table())


def test_a_cluster_is_not_left_out_of_one_equation_among_several(jointly, tmp_path):
    cm.save(jointly, tmp_path / "run.nc")
    again = cm.load_fit(tmp_path / "run.nc")
    for made in (jointly, again):
        with pytest.raises(cm.FitError, match="because outcomes are fitted jointly"):
            cm.influence(made.of("papers"))


def test_a_joint_fit_is_one_set_of_draws(jointly, tmp_path):
    assert [*jointly.shared.data_vars] == ["correlation_of_effects"]  # counts have no normal error
    labels = jointly.shared["correlation_of_effects_level"].to_numpy()
    assert labels[0] == "patents::cluster_effect × papers::cluster_effect"
    assert len(labels) == 4
    patents, papers = (jointly.of(name) for name in ("patents", "papers"))
    stats = [run.tree["sample_stats"].to_dataset() for run in (patents, papers)]
    xr.testing.assert_equal(*stats)
    assert patents.tree.attrs["engine_because"] == "outcomes are fitted jointly"
    for run in (patents, papers):  # each is an ordinary fit
        names = {*cm.fit(cm.read_spec(alone(run.spec.outcome[0])), two_table()).posterior.data_vars}
        assert {*run.posterior.data_vars} == names
        assert cm.predict(run).sizes["obs"] == len(run.design().years)
    cm.save(jointly, tmp_path / "run.nc")
    again = cm.load_fit(tmp_path / "run.nc")
    xr.testing.assert_identical(again.shared, jointly.shared)
    assert again.document.joint
    for name, run in jointly.runs.items():
        same(again.of(name), run)
    with xr.open_datatree(tmp_path / "run.nc", engine="h5netcdf") as tree:
        assert "correlation_of_effects" in tree["posterior"].data_vars
    table = cm.shared_summary(again)
    np.testing.assert_allclose(
        table["mean"], jointly.shared["correlation_of_effects"].mean(("chain", "draw"))
    )
    checks = {finding.check for finding in cm.shared_findings(again)}
    assert "ess_bulk" in checks  # of 80 draws


def test_what_outcomes_share_is_said_in_words_and_under_a_heading(jointly):
    (words,) = cm.jointly(jointly.document)
    assert words.startswith("What clusters vary by is correlated across patents, papers (")
    assert cm.jointly(cm.read_spec(TWO)) == ()
    assert "quantity" in cm.shared_summary(cm.Fits(jointly.document, jointly.runs)).dims
    assert cm.shared_findings(cm.Fits(jointly.document, jointly.runs)) == []


def test_outcomes_that_are_fitted_jointly_are_not_drawn_apart():
    with pytest.raises(cm.SpecError, match="joint: outcomes are drawn one by one, and not with"):
        cm.simulate(cm.read_spec(JOINT), {}, two_table())


def test_an_engine_that_knows_one_likelihood_fits_nothing_jointly():
    spec = cm.read_spec(JOINT)
    other = spec.model_copy(update={"engine": cm.read_spec(TWO).engine})
    with pytest.raises(cm.FitError, match="fits no outcomes jointly because"):
        cm.fit(cm.prepare_each(other, two_table()))


def test_outcomes_that_no_cluster_has_two_of_are_not_fitted_jointly():
    table = two_table()
    first = table["city"] < "city 06"
    table["patents"] = table["patents"].astype(float)
    table.loc[first, "patents"] = np.nan
    table.loc[~first, "papers"] = np.nan
    with pytest.raises(cm.PanelError, match="joint: no cluster has two of patents, papers, so"):
        cm.prepare_each(cm.read_spec(JOINT), table)
