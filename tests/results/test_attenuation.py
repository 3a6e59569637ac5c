"""Sampling error of ties taken out of slopes: against closed forms where the error is known."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.results import attenuation
from tests.designs import designed, made_fit
from tests.results.sampled_world import document, world

PLAIN = {
    "fixed_effects": {},
    "engine": {"kind": "nuts", "seed": 3},
    "moderators": {"z": {"kind": "network", "measure": "strength", "lag": 0, "uncertain": "ties"}},
}


def test_a_parabola_is_followed_to_its_end():
    weight = attenuation.extrapolation()
    noise = np.array(attenuation.NOISE)
    for power, at_none in ((0, 1.0), (1, 0.0), (2, 0.0)):
        assert weight @ noise**power == pytest.approx(at_none, abs=1e-10)


@pytest.fixture(scope="module")
def fitted():
    """Many rows of a strength whose error is known: it is Poisson, of the ties' means' sum."""
    tables, true = world(1, regions=40, years=25, mean=0.3)
    fit = made_fit(document() | PLAIN, tables, noise=0.02, draws=200)
    return fit, true, cm.attenuation(fit)


def moments(true, noise):
    """Give what strength's slope is multiplied by: Var(S) / (Var(S) + noise E(S))."""
    return true.var() / (true.var() + noise * true.mean())


def test_slopes_fall_with_the_noise_as_the_error_has_it(fitted):
    """Of y = .. + b d z beside d and z, d independent: the slope of the product."""
    _, true, found = fitted
    at = found["at_noise"].sel(coefficient="d_x_z")
    falls = (at / at.sel(noise=1.0)).to_numpy()
    wanted = [moments(true, noise) / moments(true, 1.0) for noise in attenuation.NOISE]
    assert wanted[-1] < 0.9
    np.testing.assert_allclose(falls, wanted, atol=0.03)


def test_the_correction_is_the_extrapolation_of_the_posterior(fitted):
    fit, _, found = fitted
    assert found["coefficient"].to_numpy().tolist() == ["z", "d_x_z"]
    for name in ("z", "d_x_z"):
        row = found.sel(coefficient=name)
        draws = fit.posterior[name].to_numpy()
        assert float(row["plug_in"]) == pytest.approx(draws.mean())
        assert float(row["plug_in_sd"]) == pytest.approx(draws.std(ddof=1))
        levels = row["at_noise"].to_numpy()
        parabola = np.polynomial.Polynomial.fit(attenuation.NOISE, levels, 2)
        assert float(row["corrected"] - row["plug_in"]) == pytest.approx(parabola(0) - levels[0])
        ratio = float(row["plug_in"] / row["corrected"])
        clear = float(row["eti95_lower"]) > 0 or float(row["eti95_upper"]) < 0
        wanted = ratio if clear else np.nan  # of what may be 0 there is no ratio
        assert float(row["attenuation"]) == pytest.approx(wanted, nan_ok=True)
        assert float(row["corrected_sd"]) > float(row["plug_in_sd"])


def test_same_seed_same_numbers(fitted):
    fit, _, _ = fitted
    one, other = (cm.attenuation(fit, replicates=2) for _ in range(2))
    assert one.identical(other)


def test_the_finding_says_both(fitted):
    fit, _, found = fitted
    (said,) = cm.attenuation_findings(fit, found)
    assert said.check == "sampled_ties"
    assert said.path == "moderators.z"
    assert f"d_x_z is {float(found['plug_in'][1]):.3g}" in said.what
    assert f"and {float(found['corrected'][1]):.3g}" in said.what


def test_measures_of_fewer_projects_are_scaled_to_the_observed():
    """A degree is smaller where fewer projects are seen; its slope is not larger for that."""
    tables, _ = world(2, regions=30, years=12, mean=0.5)
    fit = made_fit(
        document("degree") | PLAIN | {"moderators": document("degree")["moderators"]}, tables
    )
    position = fit.spec.sampled()["z"]
    made = attenuation._designs(fit, 4, 3.0, 5)
    seen = fit.panel.rows[position.column].to_numpy()
    slopes = []
    for of in made:
        (block,) = (block for block in of.blocks if block.name == "z")
        slopes.append(
            np.cov(block.values[:, 0] / block.terms[0].unit, seen)[0, 1] / seen.var(ddof=1)
        )
    assert np.mean(slopes) == pytest.approx(1.0, abs=1e-9)


def test_undefined_positions_in_thinned_networks_are_refused():
    tables, _ = world(3, regions=8, years=4, mean=0.6)
    spec = document("constraint", disconnected="drop") | PLAIN
    spec |= {"moderators": document("constraint", disconnected="drop")["moderators"]}
    with pytest.raises(cm.FitError, match="because 'constraint' is undefined for some clusters"):
        cm.attenuation(made_fit(spec, tables))
    spec |= {"moderators": document("constraint", disconnected="zero")["moderators"]}
    assert np.isfinite(cm.attenuation(made_fit(spec, tables), replicates=2)["corrected"]).all()


def test_a_split_moderator_has_all_its_parts():
    tables, _ = world(4, regions=10, years=6, mean=1)
    spec = document(split="within_between") | {"engine": {"kind": "nuts"}}
    found = cm.attenuation(made_fit(spec, tables), replicates=2)
    assert found["coefficient"].to_numpy().tolist() == [
        "z",
        "d_x_z_within",
        "d_x_z_between",
        "d_mean_x_z",
    ]


def test_ties_that_are_no_counts_are_refused():
    tables, _ = world(5, regions=8, years=4)
    halves = cm.Tables(panel=tables.panel, ties=tables.ties.assign(w=tables.ties["w"] / 2))
    with pytest.raises(cm.PanelError, match="no counts, and only counts have a sampling error"):
        designed(document(), halves)
    with pytest.raises(cm.SpecError, match="because its standard deviation holds the error, too"):
        cm.read_spec(document(transform="standardise"))
    plain = cm.read_spec(
        document() | {"moderators": {"z": document()["moderators"]["z"] | {"uncertain": None}}}
    )
    fit = made_fit(plain, tables)
    assert cm.attenuation_findings(fit) == ()
    with pytest.raises(cm.FitError, match="because no moderator has 'uncertain: ties'"):
        cm.attenuation(fit)


def test_the_words_say_what_is_done():
    tables, _ = world(5, regions=8, years=4)
    said = cm.explain(cm.read_spec(document()), tables)
    assert any("its ties are counts of joint projects" in words for words in said.words)
