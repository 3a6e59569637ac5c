"""The posterior in a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from clustermodels import engines
from clustermodels.data.curves import Process
from clustermodels.data.panel import Values
from clustermodels.fits.record import Fit, Independent, flat
from clustermodels.fits.several import Fits
from clustermodels.results.intervals import LOWER, PROBABILITY, UPPER, sd, summarised
from clustermodels.results.robust import robust_sd
from clustermodels.spec.bending import curves

# What rows share with labels of its own, and of how many bins or labels each is read.
SHARED, MOST = ("cluster_means", "correlation_of_"), 12
COLUMNS = ("mean", "sd", LOWER, UPPER, "robust_sd", "rhat", "ess_bulk", "ess_tail")


def summary(fit: Fit) -> xr.Dataset:
    """Summarise every quantity of the posterior.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    Dataset
        Along ``quantity`` (``policies_by_cluster[Beijing]``): mean, sd, 95 % equal-tailed
        interval, the cluster-robust sd of common coefficients (nan elsewhere), R-hat, bulk and
        tail effective sample size; the coordinate ``name`` is the posterior name, and ``main``
        says what is no level of a factor: coefficients that rows share, forms of moderators.
        Independent draws have no R-hat and one effective size, and ``attrs`` say what they are
        worth.
    """
    posterior = fit.posterior
    draws = flat(posterior)
    robust = robust_sd(fit.design(), draws)
    table = _table(posterior, draws, _diagnostics(posterior, fit.independent), robust)
    forms = {name for name, owner in curves(fit.spec).items() if _bends(fit, owner)}
    names, quantities = table["name"].to_numpy().tolist(), table["quantity"].to_numpy().tolist()
    main = [
        name == quantity
        or name in forms
        or (name.startswith(SHARED) and quantity.count("[") == 1)  # none of a form's many means
        for name, quantity in zip(names, quantities, strict=True)
    ]
    table = table.assign_coords(main=("quantity", np.array(main)))
    return table.assign_attrs({} if fit.independent is None else vars(fit.independent))


def shared_summary(fits: Fits) -> xr.Dataset:
    """Summarise what outcomes that are fitted jointly have in common.

    Parameters
    ----------
    fits
        Fits of several outcomes.

    Returns
    -------
    Dataset
        As of ``summary``; without rows where the outcomes were fitted one by one.
    """
    table = _table(fits.shared, flat(fits.shared), _diagnostics(fits.shared, None), {})
    return table.assign_coords(main=("quantity", np.ones(table.sizes["quantity"], dtype=bool)))


def _table(
    posterior: xr.Dataset,
    draws: Mapping[str, Values],
    diagnostics: Mapping[str, Mapping[str, ArrayLike]],
    robust: Mapping[str, float],
) -> xr.Dataset:
    quantities: list[str] = []
    names: list[str] = []
    pieces: dict[str, list[np.ndarray]] = {column: [] for column in COLUMNS}
    for name, values in draws.items():
        table = values.reshape(len(values), -1)
        labels = _labels(posterior[name])
        quantities += labels
        names += [name] * len(labels)
        numbers = summarised(table)
        pieces["mean"].append(table.mean(axis=0))
        pieces["sd"].append(sd(table))
        pieces[LOWER].append(numbers[LOWER])
        pieces[UPPER].append(numbers[UPPER])
        pieces["robust_sd"].append(np.full(len(labels), robust.get(name, np.nan)))
        for column, found in diagnostics.items():
            pieces[column].append(np.broadcast_to(np.ravel(found[name]), len(labels)))
    return xr.Dataset(
        {c: ("quantity", np.concatenate(v) if v else np.empty(0)) for c, v in pieces.items()},
        coords={
            "quantity": np.array(quantities, dtype=object),
            "name": ("quantity", np.array(names, dtype=object)),
            "interval": "equal-tailed",
            "interval_probability": PROBABILITY,
        },
    )


def _diagnostics(
    posterior: xr.Dataset, independent: Independent | None
) -> dict[str, Mapping[str, ArrayLike]]:
    """Give each diagnostic of each posterior name; chains are asked only where there are any."""
    names = [str(name) for name in posterior.data_vars]
    if not names:
        return {}
    if independent is not None:
        size = dict.fromkeys(names, independent.effective_draws)
        return {"rhat": dict.fromkeys(names, np.nan), "ess_bulk": size, "ess_tail": size}
    found = {
        "rhat": engines.chains.rhat(posterior),
        "ess_bulk": engines.chains.ess(posterior),
        "ess_tail": engines.chains.ess(posterior, ((1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2)),
    }
    return {key: {name: table[name].to_numpy() for name in names} for key, table in found.items()}


def _bends(fit: Fit, moderator: str) -> bool:
    """Tell whether a moderator has a form of a few coefficients, each to be read."""
    curve, steps = fit.learned.curves.get(moderator), fit.learned.steps.get(moderator)
    if curve is not None:
        return not isinstance(curve, Process)
    return steps is not None and len(steps.levels) <= MOST


def _labels(values: xr.DataArray) -> list[str]:
    dims = [dim for dim in values.dims if dim not in ("chain", "draw")]
    if not dims:
        return [str(values.name)]
    (dim,) = dims
    return [f"{values.name}[{label}]" for label in values[dim].to_numpy().tolist()]
