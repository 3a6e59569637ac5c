"""The one module that talks to ArviZ: what chains say about themselves."""

from __future__ import annotations

import lazy_loader
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.results.intervals import PROBABILITY

# Half a second to load, for nothing where draws are independent.
arviz_stats = lazy_loader.load("arviz_stats")

Values = NDArray[np.float64]
_PROB = {"tail": {"prob": ((1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2)}}


def rhat(posterior: xr.Dataset) -> xr.Dataset:
    """Give rank-normalised split R-hat; nan for a single chain or a constant."""
    if posterior.sizes["chain"] < 2 or posterior.sizes["draw"] < 4:
        return _missing(posterior)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: xr.Dataset = arviz_stats.rhat(posterior)
    return result


def ess(posterior: xr.Dataset, method: str) -> xr.Dataset:
    """Give the effective sample size, ``bulk`` or ``tail``; nan where there are too few draws."""
    if posterior.sizes["draw"] < 4:
        return _missing(posterior)
    with np.errstate(invalid="ignore", divide="ignore"):
        # the ends of the interval that is reported, whatever a user's settings of ArviZ say
        result: xr.Dataset = arviz_stats.ess(posterior, method=method, **_PROB.get(method, {}))
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


def sd(draws: Values) -> Values:
    """Give the standard deviation over the first axis of (S, ...); nan for a single draw."""
    if len(draws) < 2:
        return np.full(draws.shape[1:], np.nan)
    return np.asarray(draws.std(axis=0, ddof=1), dtype=float)


def _missing(posterior: xr.Dataset) -> xr.Dataset:
    return posterior.mean(("chain", "draw")) * np.nan
