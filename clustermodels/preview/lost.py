"""Findings on cells that are missing: rows that are lost for them, cells that are imputed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from clustermodels.data.design import Design
from clustermodels.data.losses import reason_of
from clustermodels.data.panel import Panel, Reader, Values, cluster_codes
from clustermodels.data.positions import undefined
from clustermodels.data.transforms import forward
from clustermodels.errors import Finding
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.reads import Read

Mask = NDArray[np.bool_]

# Means further apart than a quarter of a standard deviation leave answers to the model's form
# (Imbens & Rubin 2015, section 14.2, doi 10.1017/CBO9781139025751).
APART = 0.25
# A difference that chance makes with a larger probability is none. With lost rows in fewer clusters
# a clustered error says nothing: their scores add up to next to 0 (MacKinnon & Webb 2017, doi
# 10.1002/jae.2508).
CHANCE = 0.01
FEWEST, FEWEST_CLUSTERS = 5, 6


def missing_findings(spec: Spec, panel: Panel, of: Design) -> Iterator[Finding]:
    """Find lost rows that differ from those kept, and count cells that are parameters.

    Rows that look back beyond the panel's edge are no matter of missing cells.
    """
    rows = Reader(panel.rows, np.arange(panel.rows.sizes["obs"]))
    lost = {loss.reason: set(loss.places) for loss in panel.losses}
    places = [*zip(rows.clusters.tolist(), rows.years.tolist(), strict=True)]
    for reason, (path, lag, remedy) in _reasons(spec, [*lost]).items():
        gone = np.array([place in lost[reason] for place in places])
        gone &= rows.source(lag) >= 0
        said = [*_apart(spec, panel, rows, gone, reason)]
        if said:
            yield Finding(
                "lost_rows_differ",
                "warning",
                f"the {int(gone.sum())} cluster-years that are lost for this, {reason}, are "
                f"not like the others: {'; '.join(said)}",
                "The answer is about cluster-years whose value is known, and these are "
                "special: it does not carry over to the others.",
                remedy,
                ".".join(path),
                spec.source.line(path),
            )
    for cells in of.cells:
        yield _imputed(spec, of, cells.column)


def _reasons(spec: Spec, lost: Sequence[str]) -> dict[str, tuple[tuple[str, str], int, str]]:
    """Give what rows are lost for: the part of the document, its lag, and what to do."""
    found: dict[str, tuple[tuple[str, str], int, str]] = {}
    for path, reads in spec.predictors().items():
        remedy = "Fill the gaps, or drop the term or lag that needs them."
        if path[0] in ("moderators", "controls"):
            remedy = "Write 'missing: {given: [COLUMN, ..]}' where it is missing, to impute it in "
            remedy += "the model; or fill the gaps; or drop the term."
        for read in reads:
            if reason_of(read) in lost:
                found.setdefault(reason_of(read), (path, read.lag, remedy))
    for path, position in spec.positions().items():
        for reason in lost:
            if reason.startswith(undefined(position.column or "")):
                remedy = "Write 'disconnected: zero' or 'indicator', which lose no row."
                found.setdefault(reason, (path, 0, remedy))
    return found


def _apart(spec: Spec, panel: Panel, rows: Reader, gone: Mask, reason: str) -> Iterator[str]:
    """Say by how much the outcome, and each dose, of lost rows is off."""
    outcome = spec.outcome[1]
    log = find(outcome.family).link.name == "log"
    used = panel.rows["used"].to_numpy()
    compared = {
        outcome.column or "": forward(
            rows.numbers(Read(outcome.column or "")), "log1p" if log else "none"
        )
    }
    for name, treatment in spec.treatments.items():
        (read, *_) = treatment.reads()
        if not read.may_be_empty and reason_of(read) != reason:
            compared[name] = rows.numbers(read)
    clusters = cluster_codes(panel.rows)
    for name, values in compared.items():
        there = (gone | used) & np.isfinite(values)
        if (gone & there).sum() < FEWEST or (used & there).sum() < FEWEST:
            continue
        apart, errors = difference(values[there], gone[there], clusters[there])
        hit = len(np.unique(clusters[there & gone]))
        if hit < FEWEST_CLUSTERS:
            continue
        if abs(apart) > APART and 2 * stdtr(hit - 1, -errors) < CHANCE:
            shown = f"log(1 + {name})" if log and name == outcome.column else name
            yield f"their mean {shown} is {apart:+.2g} standard deviations off"


def difference(values: Values, gone: Mask, clusters: NDArray[np.int64]) -> tuple[float, float]:
    """Give a difference of means in standard deviations, and in its own standard errors.

    The latter are of least squares on the indicator, clustered (CRV1 without the correction for
    the number of rows).
    """
    centre = np.where(gone, values[gone].mean(), values[~gone].mean())
    residual = values - centre
    spread = float(np.sqrt((values[gone].var() + values[~gone].var()) / 2))
    apart = float(values[gone].mean() - values[~gone].mean())
    # the influence of each row on the difference
    influence = residual * np.where(gone, 1 / gone.sum(), -1 / (~gone).sum())
    groups = int(clusters.max()) + 1
    present = len(np.unique(clusters))
    scores = np.bincount(clusters, influence, groups)
    error = float(np.sqrt((scores**2).sum() * present / max(present - 1, 1)))
    return apart / (spread or 1.0), abs(apart) / (error or np.inf)


def _imputed(spec: Spec, of: Design, column: str) -> Finding:
    (cells,) = [each for each in of.cells if each.column == column]
    section = "moderators" if column in spec.moderators else "controls"
    missing, noisy = int((~cells.known).sum()), int((cells.error > 0).sum())
    said = [f"{missing} are missing"] * (missing > 0) + [f"{noisy} are measured with error"] * (
        noisy > 0
    )
    levels = len(cells.cluster.levels)
    seen = np.bincount(cells.cluster.codes, cells.known, levels)
    never = int((seen == 0).sum())
    none = f" {never} clusters have none at all, and rest on the others." if never else ""
    return Finding(
        "unknown_cells",
        "note",
        f"of the {len(of.years)} cells of '{column}' {' and '.join(said)}: each is a parameter",
        "They are drawn with the coefficients, which rests on the regression that 'explain' shows."
        + none,
        "Check that these columns say why cells are missing, as far as the outcome does not."
        if missing
        else "Check the standard errors: the answer is corrected by as much as they say.",
        f"{section}.{column}",
        spec.source.line((section, column)),
    )
