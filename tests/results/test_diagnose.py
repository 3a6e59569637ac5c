"""Each finding fires on a case made for it, with the line to change, and not on a sound fit."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import clustermodels as cm
from clustermodels.engines import chains
from clustermodels.results.checks import neighbours
from clustermodels.spec.read import read_text
from tests.designs import made_fit

G, T = 30, 8
TEXT = """data: {{panel: {{cluster: city, year: year}}}}
outcomes:
  y:
    family: {family}
controls: [x]
fixed_effects: {{}}
engine:
  draws: 300
"""
FAMILY_LINE, ENGINE_LINE = 4, 7


def table(make, seed=2):
    """Make y from x, (G, T), and a generator."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(G, T))
    return pd.DataFrame(
        {
            "city": np.repeat([f"c{i}" for i in range(G)], T),
            "year": np.tile(np.arange(2000, 2000 + T), G),
            "x": x.ravel(),
            "y": np.asarray(make(x, rng), dtype=float).ravel(),
        }
    )


def sound_counts(x, rng):
    return rng.poisson(np.exp(1.0 + 0.3 * (x - x.mean())))


def sound_normal(x, rng):
    return rng.normal(1.0 + 0.3 * (x - x.mean()), 1.0)


def stats(**changes):
    """Give sampler statistics without a fault, then changed."""
    rng = np.random.default_rng(1)
    sound = {
        "diverging": np.zeros((4, 300), dtype=bool),
        "maxdepth_reached": np.zeros((4, 300), dtype=bool),
        "tree_depth": np.full((4, 300), 3),
        "energy": rng.normal(size=(4, 300)),
    } | changes
    return xr.Dataset({name: (("chain", "draw"), values) for name, values in sound.items()})


def fitted(family="poisson", make=None, noise=0.03, change=None, **sampler):
    make = make or {"poisson": sound_counts}.get(family, sound_normal)
    spec = read_text(TEXT.format(family=family), "spec.yaml")
    around = {"intercept": 1.0, "x": 0.3, "sigma": 0.0}
    fit = made_fit(spec, table(make), chains=4, draws=300, around=around, noise=noise)
    fit.tree["sample_stats"] = stats(**sampler)
    if change is not None:
        fit.tree["posterior"] = change(fit.posterior.copy())
    return fit


def found(fit):
    return {finding.check: finding for finding in cm.diagnose(fit).findings}


@pytest.mark.parametrize("family", ["poisson", "gaussian"])
def test_a_sound_fit_has_no_findings(family):
    diagnosis = cm.diagnose(fitted(family, noise=0.06))
    assert diagnosis.findings == ()
    assert diagnosis.sampler["divergences"] == 0
    assert diagnosis.sampler["rhat"] < 1.01
    assert diagnosis.sampler["ess_bulk"] > 400
    assert diagnosis.sampler["tree_depth"] == 3


def some(values):
    changed = np.zeros((4, 300), dtype=bool)
    changed[1, :values] = True
    return changed


def slow(posterior):
    """Let x be a slow autoregression: independent chains, draws that are much alike."""
    rng = np.random.default_rng(4)
    walk = rng.normal(size=(4, 300))
    for t in range(1, 300):
        walk[:, t] += 0.95 * walk[:, t - 1]
    return posterior.assign(x=0.3 + 0.01 * posterior["x"].copy(data=walk))


def apart(posterior):
    return posterior.assign(x=posterior["x"] + 0.1 * posterior["chain"])


@pytest.mark.parametrize(
    ("check", "severity", "said", "case"),
    [
        ("divergences", "serious", "7 of 1200 transitions diverged", {"diverging": some(7)}),
        ("tree_depth", "warning", "5.0% of transitions hit", {"maxdepth_reached": some(60)}),
        (
            "bfmi",
            "warning",
            "below 0.3",
            {"energy": np.cumsum(np.random.default_rng(1).normal(size=(4, 300)), axis=1)},
        ),
        ("rhat", "serious", "for x; above 1.01 the chains disagree", {"change": apart}),
        ("ess_bulk", "warning", "for x; fewer than 400", {"change": slow}),
        ("ess_tail", "warning", "for x; fewer than 400", {"change": slow}),
    ],
)
def test_a_fault_of_the_chains(check, severity, said, case):
    findings = found(fitted(**case))
    finding = findings[check]
    assert finding.severity == severity
    assert said in finding.what
    assert (finding.path, finding.line) == ("engine", ENGINE_LINE)
    assert finding.so_what
    assert finding.what_to_do
    others = {"change": {"rhat", "ess_bulk", "ess_tail"}}.get(next(iter(case)), {check})
    assert not {"divergences", "tree_depth", "bfmi", "rhat", "ess_bulk", "ess_tail"} & (
        set(findings) - others
    )


def test_bfmi_by_its_formula():
    energy = np.array([[1.0, 3.0, 2.0, 6.0], [0.0, 0.0, 0.0, 4.0]])
    got = chains.bfmi(energy)
    wanted = [(4 + 1 + 16) / 3 / np.var([1, 3, 2, 6], ddof=1), (16 / 3) / 4]
    np.testing.assert_allclose(got, wanted)


def drifting(x, rng):
    """Errors of a cluster that follow each other: correlation 0.7, sd 1."""
    error = np.empty_like(x)
    error[:, 0] = rng.normal(size=G)
    for t in range(1, T):
        error[:, t] = 0.7 * error[:, t - 1] + np.sqrt(1 - 0.49) * rng.normal(size=G)
    return 1.0 + 0.3 * (x - x.mean()) + error


def swinging(x, rng):
    sign = (-1.0) ** np.arange(T)
    return 1.0 + 0.3 * (x - x.mean()) + sign * np.abs(rng.normal(size=x.shape))


def spread_out(x, rng):
    return rng.poisson(np.exp(1.0 + 0.3 * (x - x.mean())) * rng.gamma(1.0, 1.0, size=x.shape))


def regular(x, rng):
    return np.round(np.exp(1.0 + 0.3 * (x - x.mean())))


@pytest.mark.parametrize(
    ("check", "family", "make", "said", "remedy"),
    [
        ("spread", "poisson", spread_out, "varies more than", "'family: negative_binomial'"),
        ("zeros", "poisson", spread_out, "have more zeros", "'family: negative_binomial'"),
        ("zeros", "poisson", regular, "have fewer zeros", "'family: negative_binomial'"),
        ("serial_correlation", "gaussian", drifting, "too narrow", "robust_sd"),
        ("serial_correlation", "gaussian", swinging, "followed by one below", "lags"),
        (
            "mean",
            "gaussian",
            lambda x, rng: sound_normal(x, rng) + 1,
            "totals are off",
            "'family: student_t'",
        ),
    ],
)
def test_a_model_that_could_not_have_made_the_data(check, family, make, said, remedy):
    finding = found(fitted(family, make))[f"predictive_{check}"]
    assert said in finding.so_what
    assert remedy in finding.what_to_do
    assert (finding.path, finding.line) == ("outcomes.y.family", FAMILY_LINE)
    assert f"the data's {check.replace('_', ' ')} is" in finding.what


def test_the_statistics_are_those_of_the_data():
    fit = fitted("poisson")
    checks = cm.diagnose(fit).checks
    y = fit.design().outcome.values
    assert float(checks["observed"].sel(statistic="mean")) == pytest.approx(y.mean())
    mu = cm.predict(fit).to_numpy().reshape(-1, len(y))
    pearson = (y - mu) / np.sqrt(mu)
    spread = np.median(np.sqrt((pearson**2).mean(axis=1)))
    largest = np.median(np.abs(pearson).max(axis=1))
    # over 500 of the draws, so their median is known to about a hundredth
    observed = checks["observed"]
    assert float(observed.sel(statistic="spread")) == pytest.approx(spread, rel=0.01)
    assert float(observed.sel(statistic="largest residual")) == pytest.approx(largest, rel=0.02)
    assert float(checks["observed"].sel(statistic="zeros")) == np.mean(y == 0)
    assert (checks["eti95_lower"] <= checks["median"]).all()
    assert (checks["median"] <= checks["eti95_upper"]).all()
    assert "zeros" not in cm.diagnose(fitted("gaussian")).checks["statistic"].to_numpy()


def test_a_tie_counts_half():
    """No counts in the data, none in any replicate: neither more nor less than expected."""
    spec = read_text(TEXT.format(family="poisson"), "spec.yaml")
    fit = made_fit(spec, table(lambda x, rng: 0 * x), around={"intercept": -25.0})
    checks = cm.diagnose(fit).checks
    assert (checks["p_value"].sel(statistic=["mean", "spread", "zeros"]) == 0.5).all()


def test_neighbours_are_a_year_apart_in_one_cluster():
    frame = table(sound_counts).drop(index=[3, 20])
    spec = read_text(TEXT.format(family="poisson"), "spec.yaml")
    design = made_fit(spec, frame).design()
    rows = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    wanted = [(rows.index((c, y - 1)), i) for i, (c, y) in enumerate(rows) if (c, y - 1) in rows]
    assert [(i, i + 1) for i in neighbours(design)] == wanted


def shared(x, rng):
    """Counts of a cluster share a factor, and so does x: rows are not independent."""
    x += 2 * rng.normal(size=(G, 1))
    own = rng.normal(0, 1, size=(G, 1))
    return rng.poisson(np.exp(1.0 + 0.3 * (x - x.mean()) + own))


def test_a_posterior_that_is_narrower_than_the_clusters_allow():
    finding = found(fitted("poisson", shared, noise=0.005))["robust_sd"]
    assert finding.severity == "serious"
    assert finding.what.startswith("the cluster-robust sd is larger than the posterior's: x ")
    assert finding.what_to_do == "Use 'family: negative_binomial'."
    assert (finding.path, finding.line) == ("outcomes.y.family", FAMILY_LINE)


def test_the_most_serious_come_first():
    fit = fitted("poisson", spread_out, diverging=some(1), maxdepth_reached=some(1))
    order = [finding.severity for finding in cm.diagnose(fit).findings]
    assert order == sorted(order, key=["serious", "warning", "note"].index)
    assert {"serious", "warning"} <= set(order)


@pytest.mark.parametrize(("number", "draws"), [(1, 1), (1, 300), (2, 3)])
def test_too_little_to_judge_is_said_not_raised(number, draws):
    spec = read_text(TEXT.format(family="poisson"), "spec.yaml")
    fit = made_fit(spec, table(sound_counts), chains=number, draws=draws, around={"intercept": 1})
    fit.tree["sample_stats"] = stats().isel(chain=slice(number), draw=slice(draws))
    finding = found(fit)["rhat"]
    assert "R-hat cannot be computed" in finding.what
