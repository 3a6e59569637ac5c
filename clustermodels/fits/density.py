"""The log likelihood and the log prior of stored draws, from the families' own declarations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.blocks import Block, Smooth
from clustermodels.data.cells import Cells
from clustermodels.data.correlations import log_density as lkj_density
from clustermodels.data.design import Design
from clustermodels.data.feedback import Feedback
from clustermodels.data.predictor import TOGETHER, Draws, by_piece, internal, linear_predictor
from clustermodels.data.serial import given_before
from clustermodels.families.priors import log_density
from clustermodels.fits.record import flat
from clustermodels.spec.names import INTERCEPT, by_cluster, cells_given, cells_mean, correlation, sd
from clustermodels.spec.residuals import CARRIED

Values = NDArray[np.float64]

# So many numbers at most for the different outcomes at all draws.
TABLED = 10**7


def log_likelihood(design: Design, posterior: xr.Dataset) -> xr.DataArray:
    """Give the log likelihood of every row at every draw, (chain, draw, obs).

    Where errors carry over, of a row given the one before it. Where columns are predetermined, of
    the outcome alone, given its past and the cluster's effect. Times the row's weight, where it
    has one that is not of precision.
    """
    draws = flat(posterior)
    result = np.empty((len(draws[INTERCEPT]), len(design.years)))
    parameters = {name: draws[name][:, None] for name in design.outcome.parameters}

    of_rows = _of_rows(design, parameters, len(result))

    def density(rows: slice, here: Design) -> None:
        eta, errors, y = linear_predictor(here, draws), here.outcome.errors, here.outcome.values
        if errors is None:
            result[:, rows] = of_rows(rows, here, eta)
        else:
            told = given_before(errors, y, eta, parameters, draws[CARRIED])
            family, trials = here.outcome.family, here.outcome.trials
            result[:, rows] = family.log_density(y, told[0], trials, told[1])

    for _ in by_piece(design, len(result), density):
        pass
    sizes = [posterior.sizes[dim] for dim in ("chain", "draw")]
    return xr.DataArray(
        result.reshape(*sizes, -1),
        dims=("chain", "draw", "obs"),
        coords={dim: posterior[dim] for dim in ("chain", "draw")} | labels(design),
        name=design.outcome.name,
    )


def labels(design: Design) -> dict[str, tuple[str, NDArray[np.generic]]]:
    """Give the coordinates of rows, as netCDF takes them."""
    return {"cluster": ("obs", design.clusters.astype(str)), "year": ("obs", design.years)}


def _of_rows(
    design: Design, parameters: Draws, size: int
) -> Callable[[slice, Design, Values], Values]:
    """Give the log density of some rows at their predictors, (S, rows).

    Where a family splits it, what different outcomes have in common is evaluated once.
    """
    family, y = design.outcome.family, design.outcome.values
    split = None if design.outcome.weights else family.split
    if split is not None and y.max() <= split.largest:
        different, which = np.unique(y, return_inverse=True)
        if size * len(different) <= TABLED:
            table, moved = split.fixed(different, parameters), split.moved

            def quickly(rows: slice, here: Design, eta: Values) -> Values:
                outcome = here.outcome
                own = table.take(which[rows], axis=1)
                own += moved(outcome.values, eta, outcome.trials, parameters)
                return own

            return quickly
    return lambda _, here, eta: here.outcome.weigh(family.log_density)(
        here.outcome.values, eta, here.outcome.trials, parameters
    )


def log_prior(design: Design, posterior: xr.Dataset) -> xr.Dataset:
    """Give the log prior density of every quantity that has a prior of its own.

    Densities are of the quantities in the user's units. Levels of pooled factors have no prior
    of their own: given their sds they are part of the model, so they are left out.

    Returns
    -------
    Dataset
        (chain, draw) per posterior name.
    """
    draws = flat(posterior)
    terms: dict[str, Values] = {INTERCEPT: log_density(design.intercept, draws[INTERCEPT])}
    terms |= {
        name: log_density(prior, draws[name]) for name, prior in design.outcome.parameters.items()
    }
    for block in design.blocks:
        terms |= _block(block, draws)
    if design.serial is not None:
        among = np.asarray(draws[CARRIED])[:, None]
        terms[CARRIED] = lkj_density(among, 2, design.serial.concentration)
    for cells in design.cells:
        terms |= _cells(cells, draws)
    for each in design.feedback:
        terms |= _feedback(each, draws)
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return xr.Dataset(
        {name: (("chain", "draw"), values.reshape(shape)) for name, values in terms.items()},
        coords={dim: posterior[dim] for dim in ("chain", "draw")},
    )


def _block(block: Block, draws: Draws) -> dict[str, Values]:
    terms: dict[str, Values] = {}
    if block.smooth is not None:
        return _smooth(block.smooth, draws)
    if block.decay is not None:
        terms[block.decay.name] = log_density(block.decay.prior, draws[block.decay.name])
    for position, term in enumerate(block.terms if block.decay is None else block.terms[:1]):
        jacobian = np.log(term.unit)
        if block.pooling == "partial":
            assert term.sd_name is not None
            sds = draws[term.sd_name] / term.unit
            terms[term.sd_name] = log_density(term.prior, sds) - jacobian
            continue
        if block.pooling == "free":
            terms[term.name] = _free(block, position, draws)
            continue
        density = log_density(term.prior, internal(block, position, draws))
        name = block.name if block.labels else term.name
        terms[name] = terms.get(name, 0.0) + density - jacobian
    if block.pooling == "partial" and len(block.terms) > 1:
        name = correlation(block.name)
        terms[name] = lkj_density(draws[name], len(block.terms), block.concentration)
    return terms


def _smooth(smooth: Smooth, draws: Draws) -> dict[str, Values]:
    """Give the densities of a process's height and length; its coefficients have none beside."""
    laws = {smooth.amplitude: smooth.height, smooth.length: smooth.reach}
    return {
        name: log_density(law, draws[name] / unit) - np.log(unit)
        for (name, law), unit in zip(laws.items(), smooth.units, strict=True)
    }


def _cells(cells: Cells, draws: Draws) -> dict[str, Values]:
    """Give the densities of what unknown cells follow; these, like levels, have none of their own.

    What was observed of the column is data beside the outcome.
    """
    log_spread = np.log(cells.spread)
    mean, slopes = cells_mean(cells.column), cells_given(cells.column)
    inside = (draws[mean] - cells.centre) / cells.spread
    terms = {mean: log_density(cells.mean, inside) - log_spread}
    for at, (law, unit) in enumerate(zip(cells.slopes, cells.units, strict=True)):
        own = log_density(law, draws[slopes][:, at] / unit) - np.log(unit)
        terms[slopes] = terms.get(slopes, 0.0) + own
    for name, law in (
        (sd(cells.name), cells.sd),
        (sd(by_cluster(cells.name)), cells.between),
    ):
        terms[name] = log_density(law, draws[name] / cells.spread) - log_spread
    return terms


def _feedback(each: Feedback, draws: Draws) -> dict[str, Values]:
    """Give the density of all coefficients of a column's equations, and of their sds."""
    units = np.array([term.unit for term in each.terms])
    internal = np.asarray(draws[each.name]) / units
    laws = zip(each.terms, internal.T, units, strict=True)
    terms = {each.name: sum((log_density(t.prior, b) - np.log(u) for t, b, u in laws), np.zeros(1))}
    for name, law in each.sds.items():
        sds = np.asarray(draws[name]).reshape(len(internal), -1) / each.unit
        terms[name] = (log_density(law, sds) - np.log(each.unit)).sum(axis=1)
    return terms


def _free(block: Block, position: int, draws: Draws) -> Values:
    """Give the density of n numbers that sum to zero, (S,), from n independent normal ones.

    On the plane where the sum is 0 the density is the product divided by that of the normal
    mean direction, 1 / (sd sqrt(2 pi)).
    """
    assert block.factor is not None
    term, levels = block.terms[position], len(block.factor.levels)
    sd = dict(term.prior.arguments)["sd"]
    whole = np.full(len(draws[term.name]), 0.5 * np.log(2 * np.pi) + np.log(sd))
    many = max(TOGETHER // len(whole), 1)
    for start in range(0, levels, many):  # never all levels at all draws once more
        some = np.arange(start, min(start + many, levels))
        whole += log_density(term.prior, internal(block, position, draws, some)).sum(axis=1)
    return whole - (levels - 1) * float(np.log(term.unit))
