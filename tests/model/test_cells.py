"""Unknown cells in the compiled model against the law as it is written, in numpy."""

import numpy as np
import pytensor
import pytest
import scipy.stats as st
import xarray as xr

from clustermodels.data.cells import expected_cells
from clustermodels.fits.density import log_likelihood, log_prior
from clustermodels.model.build import build_model
from tests.cells import document, joint_density, regression, table
from tests.designs import designed

DOCUMENTS = {
    "missing": document(column="x", missing={"given": ["z"]}),
    "error": document(column="w", error="se"),
    "both": document(column="x", missing="model", error=0.5, centre=3.0),
}


@pytest.fixture(scope="module", params=DOCUMENTS)
def drawn(request):
    """A design, its model, and three points of it: free values, and what they come to."""
    *_, design = designed(DOCUMENTS[request.param], table())
    model = build_model(design)
    joint = model.compile_logp()
    named = [v for v in model.deterministics if v.name != "expected_outcome"]
    free, shapes = model.value_vars, model.initial_point()
    values = model.replace_rvs_by_values(named)
    evaluate = pytensor.function(free, values, on_unused_input="ignore")
    rng = np.random.default_rng(3)
    points = []
    for _ in range(3):
        point = {v.name: rng.normal(0, 0.7, shapes[v.name].shape) for v in free}
        draws = {
            v.name: np.asarray(value)[None]
            for v, value in zip(named, evaluate(**point), strict=True)
        }
        draws["sigma"] = np.exp([point["sigma_log__"]])
        points.append((point, draws, float(joint(point))))
    return design, points, DOCUMENTS[request.param]["moderators"]["m"].get("centre")


def jacobian(design, point, draws):
    """Give log |d parameters / d free values|, internal scale."""
    logs = [name for name in point if name.endswith("_log__")]
    total = sum(float(point[name]) for name in logs)
    total += np.log(dict(design.intercept.arguments)["sd"])
    for block in design.blocks:
        (term,) = block.terms
        if block.factor is None:
            total += np.log(dict(term.prior.arguments)["sd"])
        else:
            total += len(block.factor.levels) * np.log(draws[term.sd_name][0] / term.unit)
    for cells in design.cells:
        at = regression(cells, draws)
        total += np.log(dict(cells.mean.arguments)["sd"])
        total += sum(np.log(dict(law.arguments)["sd"]) for law in cells.slopes)
        # each cluster's mean, then each cell, given what was observed
        weight = cells.known / (at.sd**2 + cells.error**2)
        whole = np.bincount(cells.cluster.codes, weight, len(cells.cluster.levels))
        total -= 0.5 * np.log(at.between**-2 + whole).sum()
        u = draws[f"{cells.name}_by_cluster"][0] / cells.spread
        total += np.log(expected_cells(cells, at, u)[1]).sum()
    return total


def test_the_compiled_density_is_the_law_as_it_is_written(drawn):
    design, points, _ = drawn
    for point, draws, density in points:
        expected = joint_density(design, draws) + jacobian(design, point, draws)
        assert density == pytest.approx(expected, abs=1e-8)


def test_log_likelihood_and_log_prior_are_those_of_the_draws(drawn):
    design, points, centre = drawn
    _, draws, _ = points[0]
    dims = {
        name: ("chain", "draw", *(f"{name}_{i}" for i in range(v.ndim - 1)))
        for name, v in draws.items()
    }
    posterior = xr.Dataset({name: (dims[name], v[None]) for name, v in draws.items()})
    posterior = posterior.assign_coords(chain=[0], draw=[0])
    (cells,) = design.cells
    slope, product = draws["m"][0], draws["d_x_m"][0]
    x = np.where(cells.known, cells.observed * cells.spread + cells.centre, 0.0)
    x[cells.rows] = draws["m_cells"][0]
    blocks = {block.name: block for block in design.blocks}
    dose = blocks["d"].values[:, 0] / blocks["d"].terms[0].unit
    centre = cells.centre if centre is None else centre
    eta = draws["intercept"][0] + draws["d"][0] * dose + (slope + product * dose) * (x - centre)
    eta += draws["cluster_effect"][0][blocks["cluster_effect"].factor.codes]
    found = log_likelihood(design, posterior).to_numpy().ravel()
    np.testing.assert_allclose(
        found, st.norm.logpdf(design.outcome.values, eta, draws["sigma"][0]), rtol=1e-9
    )
    prior = log_prior(design, posterior)
    sd = float(draws["m_cells_sd"][0])
    assert float(prior["m_cells_sd"].squeeze()) == pytest.approx(
        -sd / cells.spread - np.log(cells.spread)
    )
