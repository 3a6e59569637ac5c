"""Every prior lands on the internal scale where it means what the document says."""

import numpy as np
import pytest
from scipy import stats

import clustermodels as cm
from clustermodels.families.priors import prior, quantile
from tests.designs import PLAIN, block_of, designed, past, table

OUTCOMES = {
    "ratio": {"count": {"family": "poisson"}},
    "odds_ratio": {"count": {"family": "binomial", "trials": "tries"}},
    "difference": {"y": {"family": "gaussian"}},
}
# What an interval is about: the change of f(x) for one more at the median, or for a doubling.
STEPS = {
    "none": lambda x: 1.0,
    "log": lambda x: np.log(2),
    "log1p": lambda x: np.log(2),
    "sqrt": lambda x: np.sqrt(np.median(x) + 1) - np.sqrt(np.median(x)),
    "standardise": lambda x: 1 / x.std(ddof=1),
    "per": lambda x: 1.0,
}
TRANSFORMED = {
    "none": lambda x: x,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "standardise": lambda x: (x - x.mean()) / x.std(ddof=1),
    "per": lambda x: x / 1000,
}


def document(effect="ratio", priors=None, **sections):
    base = {
        "outcomes": OUTCOMES[effect],
        "treatments": {"money": {"slope": "common"}},
        "priors": priors or {},
    }
    return PLAIN | base | sections


def money(transform, **settings):
    written = {"per": 1000} if transform == "per" else transform
    return {"money": {"transform": written, "slope": "common"} | settings}


def ends(law, probability):
    return quantile(law, [(1 - probability) / 2, (1 + probability) / 2])


@pytest.mark.parametrize("transform", STEPS)
@pytest.mark.parametrize("effect", OUTCOMES)
def test_an_interval_is_that_of_the_effect_of_its_step(effect, transform):
    """The standardised column moves by step / sd, so the effect is exp(b step / sd)."""
    frame = table().assign(tries=50)
    stated = {effect: [0.5, 1.5], "probability": 0.8}
    made = designed(document(effect, {"money": stated}, treatments=money(transform)), frame)
    design = made[3]
    x = past(frame, design, "money", 0)
    spread = TRANSFORMED[transform](x).std(ddof=1)
    (term,) = block_of(design, "money").terms
    got = ends(term.prior, 0.8) * STEPS[transform](x) / spread
    got = got if effect == "difference" else np.exp(got)
    np.testing.assert_allclose(got, [0.5, 1.5], rtol=1e-10)
    assert term.unit == pytest.approx(1 / spread, rel=1e-12)
    assert term.step == pytest.approx(STEPS[transform](x), rel=1e-12)


def test_an_interval_of_an_interaction_is_per_both_steps():
    frame = table()
    sections = {"treatments": money("log1p"), "moderators": {"people": {"transform": "sqrt"}}}
    _, _, _, design = designed(
        document("ratio", {"money_x_people": {"ratio": [0.9, 1.2]}}, **sections), frame
    )
    d = np.log1p(past(frame, design, "money", 0)).std(ddof=1)
    people = past(frame, design, "people", 0)
    z = np.sqrt(people).std(ddof=1)
    (term,) = block_of(design, "money_x_people").terms
    step = np.log(2) * STEPS["sqrt"](people)
    got = np.exp(ends(term.prior, 0.9) * step / d / z)
    np.testing.assert_allclose(got, [0.9, 1.2], rtol=1e-10)


def test_an_interval_of_an_adoption_is_per_adoption():
    frame = table().assign(zone=lambda f: (f["year"] > 2013) * 1)
    zone = {"zone": {"kind": "adoption", "slope": "common"}}
    stated = {"zone": {"difference": [-1, 3], "probability": 0.5}}
    _, _, _, design = designed(document("difference", stated, treatments=zone), frame)
    (term,) = block_of(design, "zone").terms
    spread = past(frame, design, "zone", 0).std(ddof=1)
    np.testing.assert_allclose(ends(term.prior, 0.5) / spread, [-1, 3], rtol=1e-10)


LAWS = {
    "normal": ({"mean": 0.3, "sd": 0.02}, stats.norm(0.3, 0.02)),
    "student_t": ({"df": 4, "mean": -0.1, "sd": 0.2}, stats.t(4, -0.1, 0.2)),
}
POSITIVE = {
    "half_normal": ({"sd": 0.3}, stats.halfnorm(scale=0.3)),
    "exponential": ({"mean": 0.4}, stats.expon(scale=0.4)),
    "gamma": ({"shape": 2, "rate": 5}, stats.gamma(2, scale=1 / 5)),
    "lognormal": ({"median": 0.2, "sd": 0.7}, stats.lognorm(0.7, scale=0.2)),
}
P = np.linspace(0.02, 0.98, 25)


@pytest.mark.parametrize("name", ["money", "money_x_yearly", "cluster_means", "intercept"])
@pytest.mark.parametrize("law", LAWS)
def test_a_distribution_is_of_the_coefficient_in_the_users_units(law, name):
    arguments, oracle = LAWS[law]
    sections = {
        "treatments": money("none"),
        "moderators": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
    }
    stated = {name: {"distribution": law} | arguments}
    design = designed(document("ratio", stated, **sections), table())[3]
    terms = () if name == "intercept" else block_of(design, name).terms
    laws = [(term.prior, term.unit) for term in terms] or [(design.intercept, 1.0)]
    assert len(laws) == (3 if name == "cluster_means" else 1)
    for own, unit in laws:
        np.testing.assert_allclose(quantile(own, P) * unit, oracle.ppf(P), rtol=1e-10)


@pytest.mark.parametrize("name", ["money_sd", "cluster_effect_sd", "dispersion"])
@pytest.mark.parametrize("law", POSITIVE)
def test_a_distribution_of_a_positive_quantity_is_in_the_users_units(law, name):
    arguments, oracle = POSITIVE[law]
    sections = {
        "outcomes": {"count": {"family": "negative_binomial"}},
        "treatments": {"money": {"transform": "sqrt"}},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    stated = {name: {"distribution": law} | arguments}
    design = designed(document("ratio", stated, **sections), table())[3]
    if name == "dispersion":
        own, unit = design.outcome.parameters[name], 1.0
    else:
        (term,) = [t for t in block_of(design, "cluster_effect").terms if t.sd_name == name]
        own, unit = term.prior, term.unit
    np.testing.assert_allclose(quantile(own, P) * unit, oracle.ppf(P), rtol=1e-10)


@pytest.mark.parametrize("name", ["cluster_effect", "money_by_cluster"])
def test_free_effects_take_a_normal_in_the_users_units(name):
    sections = {
        "treatments": money("none", slope="free"),
        "fixed_effects": {"cluster": {"pooling": "free"}},
    }
    stated = {name: {"distribution": "normal", "mean": 0, "sd": 0.25}}
    design = designed(document("ratio", stated, **sections), table())[3]
    (term,) = block_of(design, name).terms
    assert dict(term.prior.arguments)["sd"] * term.unit == pytest.approx(0.25, rel=1e-12)


def test_lkj_is_the_blocks_concentration():
    sections = {
        "treatments": {"money": {}},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    stated = {"cluster_effect_correlation": {"distribution": "lkj", "concentration": 7.5}}
    design = designed(document("ratio", stated, **sections), table())[3]
    assert block_of(design, "cluster_effect").concentration == 7.5
    design = designed(document("ratio", None, **sections), table())[3]
    assert block_of(design, "cluster_effect").concentration == 2.0


def test_defaults_for_location_families_scale_with_the_outcome():
    frame = table()
    sections = {
        "treatments": {"money": {}},
        "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {"pooling": "free"}},
    }
    design = designed(document("difference", None, **sections), frame)[3]
    y = design.outcome.values
    s = y.std()
    assert design.intercept == prior("normal", mean=y.mean(), sd=2.5 * s)
    assert block_of(design, "money").terms[0].prior == prior("normal", mean=0, sd=2.5 * s)
    assert [term.prior for term in block_of(design, "cluster_effect").terms] == [
        prior("half_normal", sd=s)
    ] * 2
    assert block_of(design, "year_effect").terms[0].prior == prior("normal", mean=0, sd=2.5 * s)
    assert design.outcome.parameters["sigma"] == prior("exponential", mean=s)
    sections["fixed_effects"] = {"cluster": {"pooling": "free"}}
    design = designed(document("difference", None, **sections), frame)[3]
    assert block_of(design, "cluster_effect").terms[0].prior == prior("normal", mean=0, sd=10 * s)


@pytest.mark.parametrize("effect", ["ratio", "odds_ratio"])
def test_default_slopes_let_one_sd_multiply_by_a_quarter_to_four(effect):
    frame = table().assign(tries=50)
    design = designed(document(effect, treatments={"money": {}}), frame)[3]
    slope = block_of(design, "money").terms[0].prior
    np.testing.assert_allclose(np.exp(ends(slope, 0.9)), [0.25, 4.0], rtol=1e-10)
    sd = block_of(design, "cluster_slopes").terms[0].prior
    assert sd == prior("half_normal", sd=dict(slope.arguments)["sd"])


def test_a_prior_that_levels_summing_to_zero_cannot_have_is_refused():
    """A mean of their prior would be lost without a word."""
    law = {"distribution": "student_t", "df": 3, "mean": 0, "sd": 1}
    for stated in ({"ratio": [1.1, 2.0]}, law):
        with pytest.raises(cm.PanelError, match="levels that sum to zero") as caught:
            designed(document("ratio", {"phase": stated}, controls=["phase"]), table())
        assert caught.value.problems[0].path == "priors.phase"
    centred = {"phase": {"ratio": [0.5, 2.0], "probability": 0.9}}
    design = designed(document("ratio", centred, controls=["phase"]), table())[3]
    (term,) = block_of(design, "phase").terms
    np.testing.assert_allclose(np.exp(ends(term.prior, 0.9)), [0.5, 2.0])
