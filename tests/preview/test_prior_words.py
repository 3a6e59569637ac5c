"""Priors in words: the numbers in them are the quantiles of what they say."""

import re

import numpy as np
import pytest
from scipy import stats as st

import clustermodels as cm
from tests.preview.panels import document, sound

TABLE = sound()


def priors(**changes):
    made = cm.explain(cm.read_spec(document(**changes)), TABLE.assign(share=TABLE["gdp"] / 1000))
    return {prior.name: prior for prior in made.priors}


def ends(words: str) -> list[float]:
    return [float(x) for x in re.search(r"(-?[\d.e+-]+) to (-?[\d.e+-]+)", words).groups()]


def law(prior) -> list[float]:
    return [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", prior.law)]


def test_a_ratio_is_said_as_it_was_written():
    said = priors(
        treatments={"policies": {"slope": "common", "transform": "log1p"}},
        priors={"policies": {"ratio": [0.8, 1.9], "probability": 0.9}},
    )["policies"]
    assert said.words == "a doubling of 1 + policies multiplies patents by 0.8 to 1.9 (90 %)"
    assert said.stated


def test_another_probability_is_turned_into_ninety():
    said = priors(priors={"gdp": {"ratio": [0.8, 1.25], "probability": 0.5}})["gdp"]
    sd = np.log(1.25) / st.norm.ppf(0.75)
    wanted = np.exp(st.norm(0, sd).ppf([0.05, 0.95]))
    np.testing.assert_allclose(ends(said.words), wanted, rtol=5e-3)
    assert said.words.startswith("one more gdp multiplies patents by ")


def test_a_default_slope_on_a_log_link_is_a_quarter_to_four_for_one_sd():
    said = priors()["policies"]
    mean, sd = law(said)
    assert mean == 0
    assert sd * TABLE["policies"].std() == pytest.approx(np.log(4) / st.norm.ppf(0.95), rel=2e-3)
    np.testing.assert_allclose(
        ends(said.words), np.exp(st.norm(0, sd).ppf([0.05, 0.95])), rtol=5e-3
    )
    assert not said.stated


def test_a_unit_that_is_no_change_the_data_know_is_told_per_sd():
    said = priors(controls=["share"])["share"]
    assert said.words == "one standard deviation of share multiplies patents by 0.25 to 4 (90 %)"


@pytest.mark.parametrize(
    ("family", "written", "words"),
    [
        (
            "gaussian",
            {"difference": [-1, 3]},
            "one more policies changes patents by -1 to 3 (90 %)",
        ),
        ("poisson", {"ratio": [0.5, 2]}, "one more policies multiplies patents by 0.5 to 2 (90 %)"),
        (
            "bernoulli",
            {"odds_ratio": [0.5, 2]},
            "one more policies multiplies the odds of on by 0.5 to 2 (90 %)",
        ),
    ],
)
def test_each_link(family, written, words):
    name = "on" if family == "bernoulli" else "patents"
    made = cm.explain(
        cm.read_spec(document(outcomes={name: {"family": family}}, priors={"policies": written})),
        TABLE.assign(on=TABLE.index % 2),
    )
    assert {prior.name: prior.words for prior in made.priors}["policies"] == words


def test_the_intercept_is_said_on_the_outcome():
    said = priors()["intercept"]
    mean, sd = law(said)
    wanted = np.exp(st.norm(mean, sd).ppf([0.05, 0.95]))
    np.testing.assert_allclose(ends(said.words), wanted, rtol=2e-2)
    assert said.words.startswith("at the average of every column the expected patents is ")


def test_spread_between_clusters():
    said = priors(fixed_effects={"cluster": {"pooling": "partial"}})["cluster_effect_sd"]
    (sd,) = law(said)
    assert said.law.startswith("half_normal")
    wanted = np.exp(st.halfnorm(scale=sd).ppf([0.05, 0.95]))
    np.testing.assert_allclose(ends(said.words), wanted, rtol=5e-3)
    assert said.words.startswith("patents varies between clusters, one sd apart by a factor of ")


def test_correlations():
    said = priors(treatments=["policies"])["cluster_effect_correlation"]
    assert said.law == "lkj(2)"
    assert said.words.endswith(f"standard deviation {1 / np.sqrt(2 * 2 + 1):.2g}")


def test_whose_every_prior_is():
    said = priors(priors={"gdp": {"ratio": [0.5, 2]}, "cluster_means": {"ratio": [0.5, 2]}})
    assert {name for name, prior in said.items() if prior.stated} == {
        "gdp",
        *(name for name in said if name.startswith("cluster_means[")),
    }
    assert len(said) == len(set(said))
