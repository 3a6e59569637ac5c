"""Which terms are centred, and that it is a choice of coordinates alone."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.centring import centred
from clustermodels.data.mode import Given, find_mode
from tests.tiny import TINY, tiny_table

PLAIN = TINY | {"controls": ["gdp"], "scenarios": {}}


def designed(document, table, moved=()):
    spec = cm.read_spec(document)
    panel = cm.read_panel(spec, table)
    learned = cm.learn(spec, panel).model_copy(update={"centred": moved})
    return cm.design(spec, panel, learned)


def counts(sd: float, mean: float, clusters: int = 30, years: int = 10):
    """Counts that vary between clusters by ``sd`` on the log scale, around ``mean``."""
    rng = np.random.default_rng(2)
    table = tiny_table(clusters=clusters, years=years)
    own = np.repeat(rng.normal(0, sd, clusters), years)
    rate = mean * np.exp(own) * rng.gamma(20, 1 / 20, len(table))
    return table.assign(patents=rng.poisson(rate))


@pytest.mark.parametrize(
    ("sd", "mean", "chosen"),
    [
        (1.0, 200, ("cluster_effect",)),  # each cluster is known well
        (1.0, 0.1, ()),  # a count or none in ten years
        (0.0, 200, ()),  # known well, and all alike
    ],
)
def test_effects_are_centred_where_each_level_is_known_and_they_differ(sd, mean, chosen):
    assert centred(designed(PLAIN, counts(sd, mean))) == chosen


def test_without_pooled_terms_nothing_is_centred():
    document = PLAIN | {
        "treatments": {"policies": {"slope": "common", "lag": 1}},
        "fixed_effects": {"cluster": {"pooling": "free"}},
    }
    assert centred(designed(document, counts(1.0, 200))) == ()


@pytest.mark.parametrize("moved", [("cluster_effect",), ("cluster_effect", "policies_by_cluster")])
def test_the_density_is_the_same_up_to_the_jacobian(moved):
    """log p(b) = log p(z) - sum log s L_ii over the centred terms, at z mapped to b."""
    table = tiny_table()
    plain = cm.build_model(designed(PLAIN, table))
    other = cm.build_model(designed(PLAIN, table, moved))
    density, centred_density = plain.compile_logp(), other.compile_logp()
    rng = np.random.default_rng(3)
    for _ in range(5):
        point = {
            name: np.asarray(rng.normal(0, 0.5, np.shape(value)))
            for name, value in plain.initial_point().items()
        }
        s0 = np.exp(point["z_cluster_effect_sd_log__"])
        s1 = np.exp(point["z_policies_sd_log__"])
        half = 1 / (1 + np.exp(-point["z_cluster_effect_correlation_logodds__"][0]))
        r = 2 * half - 1
        z0, z1 = point["z_cluster_effect"], point["z_policies_by_cluster"]
        mapped = point | {"z_cluster_effect": s0 * z0}
        jacobian = len(z0) * np.log(s0)
        if len(moved) == 2:
            own = np.sqrt(1 - r**2)
            mapped["z_policies_by_cluster"] = s1 * (r * z0 + own * z1)
            jacobian += len(z1) * np.log(s1 * own)
        assert float(centred_density(mapped)) == pytest.approx(
            float(density(point)) - jacobian, abs=1e-8
        )


def test_the_mode_has_no_slope():
    """The compiled density of PyMC is flat there, with the sds and the dispersion held."""
    document = PLAIN | {"fixed_effects": {"cluster": {"pooling": "correlated"}}}
    design = designed(document, tiny_table())
    sds, dispersion = np.array([0.4, 0.2]), 0.3
    (pooled,) = [block for block in design.blocks if block.sds]
    given = Given({"dispersion": np.array([dispersion])}, {pooled.name: np.diag(sds**2)})
    found = find_mode(design, given)
    model = cm.build_model(design)
    point = dict(model.initial_point())
    point["dispersion_log__"] = np.log(dispersion)
    point["z_cluster_effect_sd_log__"], point["z_policies_sd_log__"] = np.log(sds)
    point["z_cluster_effect_correlation_logodds__"] = np.zeros(1)
    start, set_here = 0, []
    for piece in found.pieces:
        values = found.beta[start : start + piece.size]
        start += piece.size
        if piece.block is not None and piece.block.sds:
            point["z_cluster_effect"], point["z_policies_by_cluster"] = (
                values.reshape(2, -1) / sds[:, None]
            )
            set_here += ["z_cluster_effect", "z_policies_by_cluster"]
            continue
        priors = [design.intercept] if piece.block is None else [t.prior for t in piece.block.terms]
        for place, prior in enumerate(priors):
            name = "z_intercept" if piece.block is None else f"z_{piece.block.name}"
            name += f"_{place}" if piece.block is not None and piece.block.labels else ""
            arguments = dict(prior.arguments)
            point[name] = np.asarray((values[place] - arguments["mean"]) / arguments["sd"])
            set_here.append(name)
    variables = [model[name] for name in set_here]
    assert len(variables) == 11
    np.testing.assert_allclose(model.compile_dlogp(variables)(point), 0, atol=1e-5)
