"""The one module that talks to ArviZ: what chains say about themselves."""

from __future__ import annotations

import arviz_stats
import numpy as np
import xarray as xr
from numpy.typing import NDArray

Values = NDArray[np.float64]


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
