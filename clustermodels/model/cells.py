"""Unknown cells as variables of a PyMC model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.cells import Cells
from clustermodels.model.numbers import OBS, Numbers
from clustermodels.model.priors import positive, real
from clustermodels.spec import names
from clustermodels.spec.names import level_dim


def unknown_cells(cells: Cells, given: Numbers) -> Any:
    """Make the variables of a column's unknown cells, (cell,), in the user's units.

    The law is that of ``Cells``. Clusters' means u and true cells x are normal given what was
    observed, so NUTS moves in standard normal variables for both, whatever the sds: the density
    is p(observed) p(u | observed) p(x | u, observed), each in closed form.

    Parameters
    ----------
    cells
        What was observed, and the priors.
    given
        The data of the model.
    """
    name, data = cells.name, _data(cells)
    observed, known, error = data["observed"], data["known"], data["error"]
    codes, rows = data["codes"], data["rows"]
    mean_name, sd_name = names.cells_mean(cells.column), names.sd(name)
    own_name = names.by_cluster(name)
    mean = real(mean_name, cells.mean, given.priors[mean_name])
    line = mean + pt.zeros_like(observed)
    if cells.slopes:
        slopes_name = names.cells_given(cells.column)
        slopes = [
            real(f"{slopes_name}_{at}", law, given.priors[slopes_name, at])
            for at, law in enumerate(cells.slopes)
        ]
        for at, slope in enumerate(slopes):
            line = line + slope * data["given"][at]
        users = [slope * data["scale"][2 + at] for at, slope in enumerate(slopes)]
        pm.Deterministic(slopes_name, pt.stack(users), dims=level_dim(slopes_name))
    sd = positive(f"z_{sd_name}", cells.sd, given.priors[sd_name])
    between_name = names.sd(own_name)
    between = positive(f"z_{between_name}", cells.between, given.priors[between_name])

    levels = len(cells.cluster.levels)
    variance = sd**2 + error**2
    weight = known / variance
    residual = observed - line
    whole, pull = (_by_level(v, codes, levels) for v in (weight, weight * residual))
    shrunk = between**2 / (1 + between**2 * whole)
    pm.Potential(
        f"{name}_observed",
        -0.5 * (known * (pt.log(2 * np.pi * variance) + residual**2 / variance)).sum()
        - 0.5 * pt.log1p(between**2 * whole).sum()
        + 0.5 * (shrunk * pull**2).sum(),
    )
    z = pm.Normal(f"z_{own_name}", 0.0, 1.0, shape=(levels,))
    u = shrunk * pull + between / pt.sqrt(1 + between**2 * whole) * z

    centre = (line + u[codes])[rows]
    share = (known * sd**2 / variance)[rows]
    expected = centre + share * (observed[rows] - centre)
    z = pm.Normal(f"z_{name}", 0.0, 1.0, shape=(len(cells.rows),))
    x = expected + sd * pt.sqrt(1 - share) * z

    middle, spread = data["scale"][0], data["scale"][1]
    pm.Deterministic(mean_name, middle + spread * mean)
    pm.Deterministic(sd_name, spread * sd)
    pm.Deterministic(between_name, spread * between)
    pm.Deterministic(own_name, spread * u, dims=cells.cluster.dim)
    return pm.Deterministic(name, middle + spread * x, dims=level_dim(name))


def _by_level(values: Any, codes: Any, levels: int) -> Any:
    """Sum over the rows of each level."""
    return pt.inc_subtensor(pt.zeros((levels,))[codes], values)


def _data(cells: Cells) -> dict[str, Any]:
    """Register what was observed as data of the model in hand."""
    name = f"data::{cells.name}"
    numbers = np.array([cells.observed, cells.known, cells.error, *cells.given.T], dtype=float)
    along = f"{name}_of"
    stacked = pm.Data(
        name,
        numbers,
        dims=(along, OBS),
        coords={along: ["observed", "known", "error", *cells.labels]},
        shape=(len(numbers), None),
    )
    scale = np.array([cells.centre, cells.spread, *cells.units])
    return {
        "observed": stacked[0],
        "known": stacked[1],
        "error": stacked[2],
        "given": stacked[3:],
        "scale": pm.Data(f"{name}_scale", scale, shape=scale.shape),
        "codes": pm.Data(f"{name}_clusters", cells.cluster.codes.astype(np.int64), dims=OBS),
        "rows": pm.Data(f"{name}_rows", cells.rows.astype(np.int64), shape=cells.rows.shape),
    }
