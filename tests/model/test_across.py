"""Equations fitted jointly: the density of all against each alone and a normal law of the whole."""

import numpy as np
import pymc as pm
import pytest
import scipy.stats as st
from pymc.pytensorf import compile

import clustermodels as cm
from clustermodels.data.across import Across, across, beta_parameters, pairs
from clustermodels.data.centring import moving_in
from clustermodels.data.correlations import matrix
from clustermodels.engines.nuts_joint import _starts
from clustermodels.model.across import _correlations, build_joint
from tests.several import TWO, two_table

NORMAL = {"patents": {"family": "lognormal"}, "papers": {"family": "gaussian"}}
JOINT = TWO | {"joint": True, "outcomes": NORMAL, "engine": {"kind": "nuts"}}


def table():
    """Give the tiny panel, with a city that has no papers and one that has no patents."""
    made = two_table()
    made["patents"] = made["patents"] + 0.5
    made.loc[made["city"] == "city 03", "papers"] = np.nan
    made.loc[made["city"] == "city 05", "patents"] = np.nan
    return made


def designs_of(document):
    ready = cm.prepare_each(cm.read_spec(document), table())
    return ready.spec, {outcome: one.design for outcome, one in ready.equations.items()}


def evaluated(model, point, wanted):
    """Give the log density at a point, and what the model makes of it."""
    names = [variable.name for variable in model.value_vars]
    terms = model.logp(sum=False)
    outputs = [*terms, *model.replace_rvs_by_values([model[name] for name in wanted])]
    made = compile(model.value_vars, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    values = made(*(point[name] for name in names))
    return sum(value.sum() for value in values[: len(terms)]), *values[len(terms) :]


@pytest.mark.parametrize("centred", [(), ("cluster_effect", "policies_by_cluster")])
def test_the_density_is_that_of_one_normal_law(centred):
    spec, designs = designs_of(JOINT)
    designs = {outcome: moving_in(one, centred) for outcome, one in designs.items()}
    shared = across(spec, designs)
    assert [one.name for one in shared] == ["correlation_of_effects", "correlation_of_residuals"]
    start = _starts(designs, shared)(3)
    own = ("cluster_effect", "policies_by_cluster", "policies", "cluster_effect_sd", "policies_sd")
    whole = build_joint(designs, shared)
    point = {
        v.name: np.asarray(start[v.name]).reshape(whole.initial_point()[v.name].shape)
        for v in whole.value_vars
    }
    got, effects, errors = evaluated(whole, point, [one.name for one in shared])
    alone, parts, left = 0.0, {}, {}
    for outcome, design in designs.items():
        model, mark = cm.build_model(design), f"{outcome}::"
        here = {n.removeprefix(mark): x for n, x in point.items() if n.startswith(mark)}
        named = (*own, "cluster_effect_correlation", "expected_outcome", "sigma")
        density, *values = evaluated(model, here, named)
        alone += density
        parts[outcome] = dict(zip(named, values, strict=True)) | {
            "clusters": list(design.blocks[-1].factor.levels)
        }
        sigma = parts[outcome]["sigma"]
        expected = parts[outcome]["expected_outcome"]
        y = design.outcome.values
        if outcome == "patents":  # normal in logs, with the mean exp(eta + sigma^2 / 2)
            y, expected = np.log(y), np.log(expected) - sigma**2 / 2
        rows = zip(design.clusters, design.years, strict=True)
        left[outcome] = dict(zip(rows, (y - expected) / sigma, strict=True))
    assert got == pytest.approx(
        alone
        + sum(prior_of_halves(point, one) for one in shared)
        + beyond_alone(parts, effects)
        + of_errors(left, float(errors[0])),
        abs=1e-7,
    )


def prior_of_halves(point, one):
    x = point[f"z_{one.name}_logodds__"]
    half = 1 / (1 + np.exp(-x))
    b = beta_parameters(one.sizes, one.concentration)
    return float((st.beta.logpdf(half, b, b) + np.log(half * (1 - half))).sum())


def beyond_alone(parts, effects):
    """Give the log density of clusters' coefficients together, less that of each equation alone."""
    covariances, deviations = {}, {}
    for outcome, of in parts.items():
        sds = np.array([of["cluster_effect_sd"], of["policies_sd"]]).ravel()
        among = matrix(np.atleast_2d(of["cluster_effect_correlation"]), 2)[0]
        covariances[outcome] = sds[:, None] * among * sds
        slopes = of["policies_by_cluster"] - of["policies"]
        deviations[outcome] = dict(
            zip(of["clusters"], np.column_stack([of["cluster_effect"], slopes]), strict=True)
        )
    one, other = covariances
    cross = np.zeros((4, 4))
    cross[:2, :2], cross[2:, 2:] = covariances[one], covariances[other]
    sds = np.sqrt(np.diag(cross))
    for (i, j), correlation in zip(pairs((2, 2)), effects, strict=True):
        cross[i, j] = cross[j, i] = correlation * sds[i] * sds[j]
    total = 0.0
    both = deviations[one].keys() & deviations[other].keys()
    assert len(both) == 10
    for cluster in both:
        b = np.concatenate([deviations[one][cluster], deviations[other][cluster]])
        total += st.multivariate_normal.logpdf(b, np.zeros(4), cross)
        for place, of in ((slice(0, 2), one), (slice(2, 4), other)):
            total -= st.multivariate_normal.logpdf(b[place], np.zeros(2), covariances[of])
    return total


def of_errors(left, correlation):
    one, other = left.values()
    both = one.keys() & other.keys()
    assert 0 < len(both) < len(one)
    law = st.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
    return sum(
        law.logpdf([one[row], other[row]]) - st.norm.logpdf([one[row], other[row]]).sum()
        for row in both
    )


def test_three_outcomes_of_which_rows_have_two_or_three():
    """Every unit is weighed once, by the equations that have it."""
    rows = table()
    rows["grants"] = rows["papers"].shift(1).fillna(2.0)
    document = JOINT | {"outcomes": NORMAL | {"grants": {"family": "gaussian"}}}
    ready = cm.prepare_each(cm.read_spec(document), rows)
    designs = {outcome: one.design for outcome, one in ready.equations.items()}
    effects, errors = across(ready.spec, designs)
    assert {pattern.members for pattern in effects.patterns} == {(0, 1, 2), (0, 2), (1, 2)}
    assert effects.sizes == (2, 2, 2)
    assert errors.labels == ["patents × papers", "patents × grants", "papers × grants"]
    keys = [
        [*zip(one.clusters.tolist(), one.years.tolist(), strict=True)] for one in designs.values()
    ]
    for pattern in errors.patterns:
        found = [
            [keys[e][at] for at in places]
            for e, places in zip(pattern.members, pattern.at.tolist(), strict=True)
        ]
        assert all(row == found[0] for row in found)
        for e in {0, 1, 2} - {*pattern.members}:
            assert not {*found[0]} & {*keys[e]}
    several = [row for own in keys for row in own]
    weighed = sum(pattern.at.shape[1] for pattern in errors.patterns)
    assert weighed == len({row for row in several if several.count(row) > 1})


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2), (1, 2, 1)])
@pytest.mark.parametrize("eta", [1.0, 2.5])
def test_the_prior_has_the_density_that_it_says(sizes, eta):
    """Against matrices drawn evenly, kept where they are positive definite, weighed by |C|."""
    terms = {str(e): tuple(f"{e}{k}" for k in range(size)) for e, size in enumerate(sizes)}
    with pm.Model():
        made = _correlations(Across("c", terms, (), eta))
    drawn = pm.draw(made, 3000, random_seed=4, mode="FAST_COMPILE")
    rng, k, at = np.random.default_rng(1), sum(sizes), pairs(sizes)
    i, j = np.array(at).T
    even = np.tile(np.eye(k), (400_000, 1, 1))
    even[:, i, j] = even[:, j, i] = rng.uniform(-1, 1, (len(even), len(at)))
    even = even[np.linalg.eigvalsh(even)[:, 0] > 0]
    weight = np.linalg.det(even) ** (eta - 1)
    for measure in (lambda c: c[:, i, j] ** 2, lambda c: np.linalg.det(c)[:, None]):
        got, wanted = measure(drawn), measure(even)
        expected = (weight[:, None] * wanted).sum(axis=0) / weight.sum()
        spread = np.sqrt((weight[:, None] ** 2 * (wanted - expected) ** 2).sum(axis=0))
        noise = np.hypot(got.std(axis=0) / np.sqrt(len(got)), spread / weight.sum())
        np.testing.assert_array_less(np.abs(got.mean(axis=0) - expected), 4 * noise)
    inner = [(a, b) for a in range(k) for b in range(a) if (a, b) not in at]
    for a, b in inner:  # each equation by itself stays as it is
        np.testing.assert_allclose(drawn[:, a, b], 0, atol=1e-12)
    np.testing.assert_allclose(np.diagonal(drawn, axis1=1, axis2=2), 1, atol=1e-12)
