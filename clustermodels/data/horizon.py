"""Years beyond the last that is fitted: their rows, and the levels that factors have there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import AHEAD, answered
from clustermodels.data.factors import factor_columns, in_order, labels_of
from clustermodels.data.learned import Learned
from clustermodels.data.losses import incomplete
from clustermodels.data.panel import (
    Loss,
    Panel,
    Reader,
    cluster_codes,
    clusters_of,
    reader,
)
from clustermodels.data.paths_ahead import filled, years_missing
from clustermodels.data.remeasured import measured_ahead
from clustermodels.errors import PanelError
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import YEAR
from clustermodels.spec.horizon import Given

Mask = NDArray[np.bool_]


def last_fitted(panel: Panel) -> int:
    """Give the last year with a fitted row."""
    return int(panel.rows["year"].to_numpy()[panel.used].max())


def extended(spec: Spec, panel: Panel, learned: Learned) -> tuple[Panel, Learned]:
    """Add the years that a document predicts beyond the last fitted one.

    They follow that year for every cluster that has a row in it. Cells that the panel knows stay,
    others take the paths of the document. A cluster with a gap that no path fills is left out
    as a whole.

    Parameters
    ----------
    spec, panel, learned
        The document, the fitted panel, and what it taught.

    Returns
    -------
    Panel, Learned
        With the rows ahead, which ``answered`` makes rows of a design, and with the levels that
        only these have; the same ones where the document has no horizon.

    Raises
    ------
    PanelError
        If a path, or what effects are given, does not fit the panel, or no cluster is left.
    """
    if spec.horizon is None:
        return panel, learned
    first, last = last_fitted(panel) + 1, last_fitted(panel) + spec.horizon.years
    rows, going = _with_years(panel, first, last)
    years = rows["year"].to_numpy()
    ahead = going[cluster_codes(rows)] & (years >= first) & (years <= last)
    if isinstance(spec.horizon.year_effect, Given):
        given, here = spec.horizon.year_effect.given, ("horizon", "year_effect", "given")
        problems = [*years_missing(spec, {*range(first, last + 1)}, given, here)]
        if problems:
            raise PanelError(problems)
    rows = filled(spec, measured_ahead(spec, rows, panel.networks, ahead), ahead)
    ahead &= ~_lacking(spec, rows, ahead, learned)
    if not ahead.any():
        raise PanelError(
            [
                spec.source.problem(
                    ("horizon",),
                    f"no cluster can be led on beyond {first - 1}: each lacks a row in that year, "
                    "or something that the years ahead read",
                    fix="Fill the gaps of the last years.",
                )
            ]
        )
    clusters = rows["cluster"].to_numpy()
    places = tuple(zip(clusters[ahead].tolist(), years[ahead].tolist(), strict=True))
    whole = replace(panel, rows=rows, losses=(*panel.losses, Loss(AHEAD, places)), read_as="")
    return whole, _levels(spec, whole, learned)


def left_behind(spec: Spec, panel: Panel, learned: Learned) -> list[str]:
    """Name the clusters of the fit that have no years ahead."""
    whole, _ = extended(spec, panel, learned)
    there = {cluster for loss in whole.losses if loss.reason == AHEAD for cluster, _ in loss.places}
    return sorted({*reader(panel).clusters.tolist()} - there)


def _with_years(panel: Panel, first: int, last: int) -> tuple[xr.Dataset, Mask]:
    """Give each cluster that is there in the year before ``first`` a row in every year ahead.

    Returns
    -------
    rows, going
        Sorted; and which clusters these are, (cluster,).
    """
    rows, span = panel.rows, last - first + 1
    code, years = cluster_codes(rows), rows["year"].to_numpy().astype(np.int64)
    names = clusters_of(rows)
    going = np.zeros(len(names), dtype=bool)
    going[code[years == first - 1]] = True
    wanted = np.flatnonzero(going).repeat(span)
    when = np.tile(np.arange(first, last + 1), int(going.sum()))
    low = int(years.min())
    width = max(int(years.max()), last) - low + 1
    new = ~np.isin(wanted * width + when - low, code * width + years - low)
    wanted, when = wanted[new], when[new]
    order = np.lexsort((np.append(years, when), np.append(code, wanted)))

    def longer(name: str) -> tuple[str, NDArray[np.generic], dict[str, object]]:
        own = rows[name]
        empty = np.full(len(when), np.nan if own.dtype.kind == "f" else "", dtype=own.dtype)
        return "obs", np.concatenate([own.to_numpy(), empty])[order], own.attrs

    clusters = np.append(rows["cluster"].to_numpy(), np.array(names, dtype=object)[wanted])
    return xr.Dataset(
        {str(name): longer(str(name)) for name in rows.data_vars},
        coords={
            "obs": np.arange(len(order)),
            "cluster": ("obs", clusters[order]),
            "year": ("obs", np.append(years, when)[order]),
            "used": ("obs", np.append(rows["used"].to_numpy(), np.zeros(len(when), bool))[order]),
        },
        attrs=rows.attrs,
    ), going


def _lacking(spec: Spec, rows: xr.Dataset, ahead: Mask, learned: Learned) -> Mask:
    """Tell which rows are of clusters that cannot be led on, (obs,)."""
    everything = Reader(rows, np.arange(rows.sizes["obs"]))
    lacking = incomplete(spec, everything)
    for read in spec.lagged().values():  # the past that was observed; later ones are walked
        source = everything.source(read.lag)
        observed = np.isfinite(rows[read.column].to_numpy())
        lacking |= (source < 0) | ~(observed | ahead)[source]
    for name, columns in factor_columns(spec, everything).items():
        if YEAR in columns[0]:
            continue
        labels = labels_of(everything, columns)
        known = np.isin(labels.different, learned.levels[name])
        lacking |= ~known[labels.codes]
    code = cluster_codes(rows)
    return np.isin(code, code[ahead & lacking])


def _levels(spec: Spec, panel: Panel, learned: Learned) -> Learned:
    """Add the levels of factors that only years ahead have, after those that are known."""
    rows, levels = reader(answered(panel)), dict(learned.levels)
    for name, columns in factor_columns(spec, rows).items():
        if YEAR in columns[0]:
            found = {*labels_of(rows, columns).different} - {*levels[name]}
            levels[name] = (*levels[name], *in_order([*found]))
    return learned.model_copy(update={"levels": levels})
