"""Findings on rows: what was lost, what is missing, what is all zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from clustermodels.data.answered import PREDICTED
from clustermodels.data.design import Design
from clustermodels.data.losses import reason_of
from clustermodels.data.panel import Loss, Panel
from clustermodels.data.positions import NO_NETWORK
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.source import Path

FEW_CLUSTERS = 10
MANY_LOST = 0.1


def _at(spec: Spec, *path: str) -> tuple[str, int | None]:
    full: Path = path
    return ".".join(path), spec.source.line(full)


def row_findings(spec: Spec, panel: Panel, of: Design) -> Iterator[Finding]:
    """Find lost rows, gaps, few clusters, and clusters or years whose outcome is all zero."""
    yield from _lost(spec, panel)
    yield from _gaps(spec, panel)
    yield from _few(spec, of)
    yield from _all_zero(spec, of)


def _table(spec: Spec) -> tuple[str, str]:
    return ("data", "panel" if spec.data.panel is not None else "records")


def _lost(spec: Spec, panel: Panel) -> Iterator[Finding]:
    if not panel.losses:
        return
    total = panel.rows.sizes["obs"]
    column = spec.outcome[1].column or ""
    outcome = panel.rows[column].to_numpy()
    kept = outcome[panel.used]
    at = {
        place: row
        for row, place in enumerate(
            zip(panel.rows["cluster"].to_numpy(), panel.rows["year"].to_numpy(), strict=True)
        )
    }
    for loss in panel.losses:
        if loss.reason == PREDICTED:
            yield _predicted(spec, loss)
            continue
        gone = outcome[[at[place] for place in loss.places]]
        gone = gone[np.isfinite(gone)]
        beside = (
            f"; their mean {column} is {gone.mean():.3g}, that of the others {kept.mean():.3g}"
            if gone.size
            else ""
        )
        places = [f"{cluster} {year}" for cluster, year in loss.places]
        share = len(places) / total
        past = loss.reason in map(reason_of, spec.lagged().values())
        yield Finding(
            "rows_lost",
            "warning" if share > MANY_LOST and not past else "note",
            f"{len(places)} of {total} cluster-years {'are' if len(places) > 1 else 'is'} not "
            f"used, {loss.reason}: "
            f"{choices(places, 6)}{beside}",
            "The model is of what comes after: it needs the past that these rows do not have."
            if past
            else "The answer is about the others; it carries over only if these are not special.",
            "Shorten 'window' or 'lag', or add the ties of other years."
            if loss.reason.startswith(NO_NETWORK)
            else "Nothing, where these are each cluster's first years; else fill the gaps."
            if past
            else "Fill the gaps in the data, or drop the term or lag that needs them.",
            *_at(spec, *_table(spec)),
        )


def _predicted(spec: Spec, loss: Loss) -> Finding:
    places = [f"{cluster} {year}" for cluster, year in loss.places]
    return Finding(
        "rows_predicted",
        "note",
        f"{len(places)} cluster-years have no outcome and are predicted, though not fitted: "
        f"{choices(places, 6)}",
        "Totals of 'effects' are over these, too; they say nothing of the coefficients.",
        "Nothing, where the outcome is only not known yet.",
        *_at(spec, "outcomes", spec.outcome[0]),
    )


def _gaps(spec: Spec, panel: Panel) -> Iterator[Finding]:
    clusters = panel.rows["cluster"].to_numpy()
    years = panel.rows["year"].to_numpy()
    same = clusters[1:] == clusters[:-1]
    spots = np.flatnonzero(same & (np.diff(years) > 1))
    if spots.size:
        places = [f"{clusters[s]} between {years[s]} and {years[s + 1]}" for s in spots]
        yield Finding(
            "gaps",
            "note",
            f"years are missing in {spots.size} place{'s' * (spots.size > 1)}: "
            f"{choices(places, 5)}",
            "Lags go by year, so a value just after a gap has no past.",
            "Add the missing years if they exist.",
            *_at(spec, *_table(spec)),
        )


def _few(spec: Spec, of: Design) -> Iterator[Finding]:
    count = len(set(of.clusters.tolist()))
    years = len(set(of.years.tolist()))
    if count < FEW_CLUSTERS:
        yield Finding(
            "few_clusters",
            "serious" if count < 3 else "warning",
            f"{count} cluster{'s' * (count > 1)} only",
            "How slopes and effects vary between clusters rests on the priors of their sds.",
            "Read the priors with 'explain', and set them with care.",
            *_at(spec, *_table(spec)),
        )
    if years < 2:
        yield Finding(
            "one_year",
            "serious",
            "one year only",
            "Nothing changes within a cluster: the answer compares clusters, and whatever else "
            "differs between them is in it.",
            "Use a panel with more years.",
            *_at(spec, *_table(spec)),
        )


def _all_zero(spec: Spec, of: Design) -> Iterator[Finding]:
    if not of.outcome.family.discrete:
        return
    name, _ = spec.outcome
    y, trials = of.outcome.values, of.outcome.trials
    bounded = of.outcome.family.link.name == "logit"
    for what, labels in (("cluster", of.clusters), ("year", of.years)):
        code, levels = pd.factorize(labels, sort=True)
        total = np.bincount(code, y)
        flat = total == 0
        if bounded:
            flat |= total == np.bincount(code, trials)
        if not flat.any() or flat.all():
            continue
        factor = spec.fixed_effects.get(what)
        free = factor is not None and factor.pooling == "free"
        yield Finding(
            f"all_zero_{what}",
            "warning" if free else "note",
            f"the outcome is all {'zero or all one' if bounded else 'zero'} in {int(flat.sum())} "
            f"{what}{'s' * (int(flat.sum()) > 1)}: {choices([*map(str, levels[flat])], 8)}",
            (
                "Their free effects run off to the prior's edge, and they say nothing about the "
                "policy."
                if free
                else "They are judged mostly by the other levels, through pooling."
            ),
            f"Pool the {what} effects (pooling: partial), or check the data."
            if free
            else "Check that these are true zeros and not missing values.",
            *_at(spec, "outcomes", name),
        )
