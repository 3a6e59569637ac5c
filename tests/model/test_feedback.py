"""The compiled model of predetermined columns against one normal law for each cluster."""

import numpy as np
import pytest
from pymc.pytensorf import compile as compiled
from scipy.stats import multivariate_normal

import clustermodels as cm
from clustermodels.data.feedback import internal_sds
from clustermodels.engines.classes import outside
from clustermodels.engines.nuts_start import starts
from clustermodels.model.numbers import structure
from tests.data.test_feedback import COMMON, EACH_YEAR, world
from tests.designs import designed

OWN_LAGS = COMMON | {"dynamics": {"predetermined": ["dose", "talent"], "lags": 2}}


@pytest.mark.parametrize("document", [OWN_LAGS, EACH_YEAR])
def test_effects_integrate_to_one_normal_law_of_each_cluster(document):
    """Whatever z is: the density of all but priors, given z, is the marginal one times N(z)."""
    *_, design = designed(document, world(40, 6))
    model = cm.build_model(design)
    inputs = [model.rvs_to_values[variable] for variable in model.free_RVs]
    seen = [model["y"], *model.potentials, model["z_cluster_effect"]]
    density = model.logp(vars=seen)
    names = ["sigma", "z_cluster_effect_sd", "expected_outcome", "cluster_effect"]
    for each in design.feedback:
        names += [each.name, *internal_sds(each)]
        names += [f"z_{each.own_sd_name}"] if each.own_sd is not None else []
    told = model.replace_rvs_by_values([model[name] for name in names])
    function = compiled(inputs, [density, *told], mode="FAST_COMPILE")
    start, rng = model.initial_point(random_seed=3), np.random.default_rng(7)
    for _ in range(2):
        point = {k: v + 0.4 * rng.normal(size=np.shape(v)) for k, v in start.items()}
        found, *values = function(**point)
        z = point["z_cluster_effect"]
        wanted = _marginal(design, dict(zip(names, values, strict=True)))
        wanted += float(np.sum(-0.5 * z**2 - 0.5 * np.log(2 * np.pi)))
        np.testing.assert_allclose(float(found), wanted, rtol=1e-9)


def _marginal(design, at):
    """Add up the normal laws of each cluster's outcomes and columns, effects integrated out."""
    tau, sigma = at["z_cluster_effect_sd"], at["sigma"]
    (block,) = [b for b in design.blocks if b.name == "cluster_effect"]
    codes = block.factor.codes
    left = [design.outcome.values - at["expected_outcome"] + at["cluster_effect"][codes]]
    of, loads, owns = [codes], [np.full(len(codes), tau)], [0.0]
    variances, kinds = [np.full(len(codes), sigma**2)], [np.zeros(len(codes))]
    for kind, each in enumerate(design.feedback, 1):
        k = each.values.shape[1]
        b = at[each.name] / [term.unit for term in each.terms]
        s = np.array([at[name] for name in internal_sds(each)])
        left.append(each.response - each.values @ b[:k])
        of.append(codes[each.rows])
        loads.append(b[k:][each.equation])
        variances.append(s[each.equation] ** 2)
        kinds.append(np.full(len(each.rows), float(kind)))
        owns.append(at[f"z_{each.own_sd_name}"] if each.own_sd is not None else 0.0)
    left, of, loads, variances, kinds = map(np.concatenate, (left, of, loads, variances, kinds))
    total = 0.0
    for cluster in np.unique(codes):
        here = of == cluster
        law = np.outer(loads[here], loads[here]) + np.diag(variances[here])
        for kind, own in enumerate(owns):
            law += own**2 * np.outer(kinds[here] == kind, kinds[here] == kind)
        total += multivariate_normal(np.zeros(here.sum()), law).logpdf(left[here])
    return total


def test_chains_start_where_the_model_is_defined():
    *_, design = designed(OWN_LAGS, world(40, 6))
    model = cm.build_model(design)
    point = starts(design)(1)
    sizes = {name: np.size(value) for name, value in model.initial_point().items()}
    assert {name: np.size(value) for name, value in point.items()} == sizes
    assert all(np.isfinite(value).all() for value in point.values())


def test_another_panel_of_the_structure_is_another_only_in_its_numbers():
    *_, one = designed(COMMON, world(40, 6))
    *_, other = designed(COMMON, world(40, 6, seed=2))
    plain = {k: v for k, v in COMMON.items() if k != "dynamics"} | {"dynamics": {}}
    *_, apart = designed(plain, world(40, 6))
    assert structure(one) == structure(other) != structure(apart)
    assert "react to past outcomes" in outside(one)
    assert outside(apart) is None
