"""Kinds from outside, from the document to a scenario: family, treatment, moderator, measure."""

from typing import Literal

import jsonschema
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import special, stats

import clustermodels as cm
from clustermodels.data.columns import Column, moderator_column, treatment_column
from clustermodels.families import table as families
from clustermodels.families.family import Family, Parameter
from clustermodels.families.links import LOG
from clustermodels.families.location import on_log
from clustermodels.families.priors import prior
from clustermodels.model import families as likelihoods
from clustermodels.network import centrality as centralities
from clustermodels.spec.moderators import MODERATORS, Moderator
from clustermodels.spec.reads import Read
from clustermodels.spec.section import Finite, with_column
from clustermodels.spec.treatments import TREATMENTS, Treatment
from tests.designs import past, table


def _log_density(y, eta, trials, par):
    shape = par["shape"]
    constant = shape * np.log(shape) - special.gammaln(shape)
    return constant + (shape - 1) * np.log(y) - shape * (eta + y * np.exp(-eta))


#: y ~ Gamma(shape, mean mu), log mu = eta: an amount that is never 0.
SPENDING = Family(
    name="spending",
    link=LOG,
    support="above 0",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter("shape", prior("gamma", shape=2, rate=0.5), False, "1 / squared variation"),
    ),
    inside=lambda y, trials: np.isfinite(y) & (y > 0),
    log_density=_log_density,
    first=lambda y, eta, trials, par: par["shape"] * (y * np.exp(-eta) - 1),
    second=lambda y, eta, trials, par: -par["shape"] * y * np.exp(-eta),
    variance=lambda eta, trials, par: np.exp(2 * eta) / par["shape"],
    draw=lambda rng, eta, trials, par: rng.gamma(par["shape"], np.exp(eta) / par["shape"]),
    location=on_log,
)


def spending(name, eta, trials, par, **given):
    return pm.Gamma(name, alpha=par["shape"], beta=par["shape"] * pt.exp(-eta), **given)


class Excess(Treatment):
    """What lies above a threshold."""

    kind: Literal["excess"] = "excess"
    column: str | None = None
    above: Finite

    def named(self, key):
        return with_column(self, key)

    def reads(self):
        return (Read(self.column or "", self.lag),)


class Relative(Moderator):
    """A column against its mean over the clusters in the same year."""

    kind: Literal["relative"] = "relative"
    column: str | None = None

    def named(self, key):
        return with_column(self, key)

    def reads(self):
        return (Read(self.column or ""),)


def against(values, years):
    means = {year: values[years == year].mean() for year in np.unique(years)}
    return values - np.array([means[year] for year in years])


@treatment_column.register
def _excess(treatment: Excess, reader):
    values = reader.numbers(treatment.reads()[0])
    return Column(np.maximum(values - treatment.above, 0.0), change="one more above the threshold")


@moderator_column.register
def _relative(moderator: Relative, reader):
    return Column(against(reader.numbers(moderator.reads()[0]), reader.years))


@pytest.fixture
def registered():
    """Register for one test; the functions of their columns belong to these classes alone."""
    families.register(SPENDING)
    likelihoods.register("spending", spending)
    TREATMENTS.register(Excess)
    MODERATORS.register(Relative)
    yield
    del families.FAMILIES["spending"], likelihoods.LIKELIHOODS["spending"]
    del TREATMENTS.classes["excess"], MODERATORS.classes["relative"]


TEXT = """schema: 1
data: {panel: {path: panel.csv, cluster: city, year: year}}
outcomes:
  money: {family: spending}
treatments:
  programme: {kind: excess, column: dose, above: 2, lag: 1}
moderators:
  yearly: {kind: relative}
controls: [fixed]
fixed_effects: {year: {pooling: partial}}
priors:
  shape: {distribution: lognormal, median: 2, sd: 0.5}
  programme: {ratio: [0.8, 1.6]}
engine: {draws: 60, tune: 100, chains: 2, seed: 3}
scenarios:
  more: [{add: {dose: 2}, years: {from: 2013}}]
"""


@pytest.fixture
def document(tmp_path):
    table().to_csv(tmp_path / "panel.csv", index=False)
    path = tmp_path / "spec.yaml"
    path.write_text(TEXT)
    return path


def test_from_the_document_to_a_scenario(registered, document, tmp_path):
    assert all(finding.what for finding in cm.check(document))
    told = cm.explain(document)
    assert any("spending with log link" in words for words in told.words)
    assert told.equation[0].startswith("money[i,t] ~ spending(")
    assert {"shape", "programme", "programme_x_yearly"} <= {entry.name for entry in told.priors}

    cm.fit(document, out=tmp_path / "run.nc")
    fit = cm.load_fit(tmp_path / "run.nc")
    assert isinstance(fit.spec.treatments["programme"], Excess)
    design, at = fit.design(), fit.posterior.isel(chain=1, draw=7)
    frame = table()
    dose = past(frame, design, "dose", 1)
    before, after = np.maximum(dose - 2, 0), np.maximum(dose + 2 * (design.years > 2013) - 2, 0)
    z = against(past(frame, design, "yearly", 0), design.years)
    own = at["programme_by_cluster"].sel(cluster=list(design.clusters)).to_numpy()
    slope = own + float(at["programme_x_yearly"]) * (z - z.mean())
    ratio = cm.predict(fit, "more")[1, 7] / cm.predict(fit)[1, 7]
    np.testing.assert_allclose(ratio, np.exp(slope * (after - before)), rtol=1e-9)

    mu, shape = cm.predict(fit)[1, 7].to_numpy(), float(at["shape"])
    wanted = stats.gamma(shape, scale=mu / shape).logpdf(past(frame, design, "money", 0))
    np.testing.assert_allclose(fit.tree["log_likelihood"]["money"][1, 7], wanted, rtol=1e-8)

    answer = cm.effects(fit)
    assert set(answer["per"].to_numpy()) == {
        "unit",
        "one more above the threshold of programme",
    }
    assert cm.effects(fit, "more").sizes["row"] > 0
    *_, overall = cm.high_low(fit)["note"].to_numpy()
    assert overall == "a step of the kind 'excess' is not known: write a scenario"
    summary = cm.summary(fit)
    assert np.isfinite(summary["robust_sd"].to_numpy()[summary["name"] == "programme"]).all()
    assert set(cm.diagnose(fit).checks["statistic"].to_numpy()) >= {"mean", "spread"}


def test_its_density_is_that_of_its_pymc_name_with_both_derivatives(registered):
    rng = np.random.default_rng(1)
    y, eta = rng.gamma(2, 3, 20), rng.normal(1, 0.5, 20)
    par = {"shape": np.array(1.7)}
    with pm.Model():
        law = spending("y", pt.as_tensor_variable(eta), 1.0, par, shape=20)
        theirs = pm.logp(law, y).eval()
    ones = np.ones(20)
    np.testing.assert_allclose(_log_density(y, eta, ones, par), theirs, rtol=1e-10)
    h = 1e-5
    up, down = (_log_density(y, eta + s * h, ones, par) for s in (1, -1))
    np.testing.assert_allclose(SPENDING.first(y, eta, ones, par), (up - down) / (2 * h), rtol=1e-6)
    up, down = (SPENDING.first(y, eta + s * h, ones, par) for s in (1, -1))
    np.testing.assert_allclose(SPENDING.second(y, eta, ones, par), (up - down) / (2 * h), rtol=1e-6)


def test_what_they_refuse_is_refused_in_the_documents_words(registered, document):
    document.write_text(TEXT.replace("above: 2", "abve: 2"))
    with pytest.raises(cm.SpecError, match=r"spec\.yaml:6: treatments\.programme") as caught:
        cm.read_spec(document)
    assert "Did you mean 'above'?" in str(caught.value)
    swapped = TEXT.replace("money:", "dose:").replace("column: dose", "column: money")
    document.write_text(swapped.replace("{dose: 2}", "{money: 2}"))
    frame = table()
    frame.loc[0, "dose"] = 0.0
    with pytest.raises(cm.PanelError, match="Got 0 in A 2010; expected above 0 for spending"):
        cm.check(cm.read_spec(document), frame)


def test_the_schema_has_them(registered, document):
    schema = cm.json_schema()
    assert {"$ref": "#/$defs/Excess"} in schema["$defs"]["Treatment"]["anyOf"]
    assert {"$ref": "#/$defs/Relative"} in schema["$defs"]["Moderator"]["anyOf"]
    assert "spending" in schema["$defs"]["ColumnOutcome"]["properties"]["family"]["enum"]
    written = cm.read_spec(document).plain()
    jsonschema.validate(written, schema)
    written["treatments"]["programme"]["above"] = "two"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, schema)


def test_a_name_is_taken_once(registered):
    for register, declaration in (
        (families.register, (SPENDING,)),
        (likelihoods.register, ("spending", spending)),
        (TREATMENTS.register, (Excess,)),
        (MODERATORS.register, (Relative,)),
    ):
        with pytest.raises(ValueError, match="already"):
            register(*declaration)


def test_without_them_the_document_is_refused_and_nothing_is_left_over(document):
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(document)
    said = str(caught.value)
    for name in ("excess", "relative", "spending"):
        assert f"'{name}'" in said
    assert "Excess" not in cm.json_schema()["$defs"]


def _reach(taken, options):
    """Count the regions within two steps."""
    return (taken.hops <= 2).sum(axis=1) - 1.0


def test_a_measure_of_position(document):
    centralities.register(
        cm.Measure("reach", _reach, frozenset(), "reach: regions within two steps")
    )
    try:
        ties = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E")]
        pairs = {"a": [a for a, _ in ties], "b": [b for _, b in ties], "year": [2010] * 4}
        network = cm.read_network(pairs, source="a", target="b")
        assert cm.centrality(network, "reach").values.tolist() == [[2, 3, 4, 3, 2]]
        text = TEXT.replace("panel: {", "ties: {source: a, target: b, year: year}, panel: {")
        text = text.replace("kind: excess", "kind: dose").replace("above: 2, ", "")
        text = text.replace("yearly: {kind: relative}", "near: {kind: network, measure: reach}")
        document.write_text(text.replace("spending", "gaussian").partition("priors")[0])
        spec = cm.read_spec(document)
        every = {name: cells * 9 for name, cells in pairs.items()}
        every["year"] = [year for year in range(2009, 2018) for _ in range(4)]
        panel = cm.read_panel(spec, cm.Tables(table(), ties=every))
        at = panel.rows["near"].where(panel.rows["cluster"] == "C", drop=True)
        assert set(at.values.tolist()) == {4}
    finally:
        del centralities.MEASURES["reach"]
    assert "reach" not in centralities.names()
