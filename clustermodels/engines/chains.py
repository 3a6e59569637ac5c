"""The one module that talks to ArviZ: what chains and models say of themselves."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import arviz_stats
import numpy as np
import xarray as xr
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """How well each row is predicted by the others.

    Parameters
    ----------
    told
        All of it, as ArviZ has it.
    pareto_k
        (obs,): the tail of the weights that leave a row out.
    good_k
        Up to which these can be relied on, at so many draws.
    """

    told: Any
    pareto_k: Values
    good_k: float


def left_out(fit: xr.DataTree, worth: float | None) -> LeftOut:
    """Predict each row without itself, by Pareto-smoothed importance sampling.

    Parameters
    ----------
    fit
        With ``posterior`` and ``log_likelihood``.
    worth
        The share of draws that independent ones are worth; None: ArviZ estimates it from chains.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a large k becomes a Finding
        told = arviz_stats.loo(fit, pointwise=True, reff=worth)
    return LeftOut(told, np.asarray(told.pareto_k.to_numpy()), float(told.good_k))


def stacked(models: Mapping[str, LeftOut]) -> xr.Dataset:
    """Compare models of the same rows, with the weights that predict best together (stacking)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = {name: one.told for name, one in models.items()}
        table = arviz_stats.compare(told, method="stacking", round_to="none")
    return xr.Dataset.from_dataframe(table.rename_axis("model"))


def rhat(posterior: xr.Dataset) -> xr.Dataset:
    """Give rank-normalised split R-hat; nan for a single chain or a constant."""
    if posterior.sizes["chain"] < 2 or posterior.sizes["draw"] < 4:
        return _missing(posterior)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: xr.Dataset = arviz_stats.rhat(posterior)
    return result


def ess(posterior: xr.Dataset, ends: tuple[float, float] | None = None) -> xr.Dataset:
    """Give the bulk effective sample size, or that of two quantiles; nan with too few draws."""
    if posterior.sizes["draw"] < 4:
        return _missing(posterior)
    # quantiles are those that are reported, whatever a user's settings of ArviZ say
    asked = {"method": "bulk"} if ends is None else {"method": "tail", "prob": ends}
    with np.errstate(invalid="ignore", divide="ignore"):
        result: xr.Dataset = arviz_stats.ess(posterior, **asked)
    return result


def bfmi(energy: Values) -> Values:
    """Give the energy's Bayesian fraction of missing information per chain, (chain,).

    Sum of squared changes over sum of squares about the mean (Betancourt 2016,
    doi 10.48550/arXiv.1604.00695).
    """
    if energy.shape[1] < 2:
        return np.full(len(energy), np.nan)
    changes = np.square(np.diff(energy, axis=1)).mean(axis=1)
    spread = energy.var(axis=1, ddof=1)
    return np.asarray(changes / spread, dtype=float)


def _missing(posterior: xr.Dataset) -> xr.Dataset:
    return posterior.mean(("chain", "draw")) * np.nan
