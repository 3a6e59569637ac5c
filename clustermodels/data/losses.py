"""The ledger of lost rows: each row that cannot be used, under the first reason that applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import parted, predictable
from clustermodels.data.panel import Loss, Reader
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.reads import Read, years_before

Mask = NDArray[np.bool_]


def ledger(
    spec: Spec, rows: xr.Dataset, outcome: bool, known: Mapping[str, Mask] | None = None
) -> tuple[tuple[Loss, ...], Mask]:
    """Count each row that cannot be used under the first reason that applies to it.

    ``known`` holds reasons that are known already, with the rows of each, (obs,).

    Returns
    -------
    losses, used
        The rows lost under each reason; which rows are left, (obs,).
    """
    everything = Reader(rows, np.arange(rows.sizes["obs"]))
    left = np.ones(rows.sizes["obs"], dtype=bool)
    losses = []
    for reason, missing in _reasons(spec, everything, outcome, known or {}):
        hit = np.flatnonzero(left & missing)
        if hit.size:
            lost = Reader(rows, hit)
            places = zip(lost.clusters.tolist(), lost.years.tolist(), strict=True)
            losses.append(Loss(reason, tuple(places)))
            left[hit] = False
    if outcome and spec.predicts_missing and losses:
        losses = _predicted(spec, everything, losses, left, known or {})
    return tuple(losses), left


def _predicted(
    spec: Spec, rows: Reader, losses: list[Loss], used: Mask, known: Mapping[str, Mask]
) -> list[Loss]:
    """Tell rows that lack their outcome alone from those that are lost."""
    others = [missing for _, missing in _reasons(spec, rows, False, known)]
    complete = ~np.any(others, axis=0) if others else np.ones(len(used), dtype=bool)
    asked = predictable(spec, rows, used, complete)
    places = zip(rows.clusters.tolist(), rows.years.tolist(), strict=True)
    of = dict(zip(places, asked.tolist(), strict=True))
    own = reason_of(Read(spec.outcome[1].column or ""))
    return [
        part for loss in losses for part in (parted(loss, of) if loss.reason == own else (loss,))
    ]


def incomplete(spec: Spec, rows: Reader) -> Mask:
    """Tell which rows lack something that they read, but for the outcome and its past, (obs,)."""
    past = {reason_of(read) for read in spec.lagged().values()}
    found = [gap for reason, gap in _reasons(spec, rows, False, {}) if reason not in past]
    return np.any([np.zeros(len(rows.at), dtype=bool), *found], axis=0)


def counted(rows: int) -> str:
    """Say a number of rows."""
    return f"{rows} row{'s' * (rows > 1)}"


def _reasons(
    spec: Spec, rows: Reader, outcome: bool, known: Mapping[str, Mask]
) -> Iterator[tuple[str, Mask]]:
    _, declared = spec.outcome
    reads = [read for read in declared.reads() if outcome or read.column != declared.column]
    yield from _missing(rows, reads)
    if declared.weights is not None:
        yield f"{declared.weights.column} of 0", rows.numbers(Read(declared.weights.column)) == 0
    yield from known.items()
    reads = [*spec.lagged().values()]
    for items in spec.predictors().values():
        reads += [read for read in items if not read.may_be_empty]
    for factor in spec.fixed_effects.values():
        reads += [Read(c, role="label") for c in factor.columns or () if c not in (CLUSTER, YEAR)]
    yield from _missing(rows, reads)


def _missing(rows: Reader, reads: list[Read]) -> Iterator[tuple[str, Mask]]:
    for read in dict.fromkeys(reads):
        if rows.is_number(read.column):
            missing = np.isnan(rows.numbers(read))
        else:
            labels = rows.labels(read.column, read.lag)
            missing = np.array([label == "" for label in labels.different], dtype=bool)
            missing = missing[labels.codes]
        yield reason_of(read), missing


def reason_of(read: Read) -> str:
    """Say that what an item reads is missing.

    Examples
    --------
    >>> reason_of(Read("patents", lag=1))
    'no patents 1 year before'
    """
    if read.stock is not None:
        until = f" until {years_before(read.lag)}" if read.lag else ""
        return f"a year without {read.column} among all{until}"
    return f"no {read.column}{f' {years_before(read.lag)}' if read.lag else ''}"
