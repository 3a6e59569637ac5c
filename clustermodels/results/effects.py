"""What a policy does: a treatment's effect along its moderators, a scenario's change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.factors import factor, labels_of
from clustermodels.data.moderation import effect_at
from clustermodels.data.panel import Positions, Values, reader
from clustermodels.data.predictor import Draws
from clustermodels.data.transforms import observed_cells
from clustermodels.families.table import find
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.bends import bends
from clustermodels.results.changes import Sums, changes
from clustermodels.results.event_study import overall_effect
from clustermodels.results.intervals import increase, summarised
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.reads import years_before

LEVELS = {"low": 0.1, "middle": 0.5, "high": 0.9}

# What an effect is quoted along, for each part of a product with a moderator.
ALONG = {
    "whole": "{}",
    "within": "{}, change within a cluster",
    "between": "{}, a cluster's mean",
}

Labels = Mapping[str, str | float]


def effects(fit: Fit, scenario: str | None = None, *, keep_shocks: bool = False) -> xr.Dataset:
    """Answer what a policy does.

    Without a scenario: each treatment's slope where its moderator is low, middle and high (the
    10 %, 50 % and 90 % quantiles of the fitted rows; of a categorical one, at each label), the
    other moderators at their centre, on the scale of the coefficient, b + sum_m d_m (z_m - c_m)
    or with the curve or step of the moderator's form, and as the effect of the step in
    ``per``: exp(step x slope) for a ratio or odds ratio, step x slope for a difference. Of a
    moderator that is split there are two such rows of three: along its change within a cluster,
    at a cluster whose mean is at the centre, and along the clusters' means, at no change. Of a dose
    with several lags, each, and the sum of those from 0 on.

    With a scenario: what it changes in the expected outcome against the observed policies, draw
    by draw, for each cluster, each year and in total: the sum of the differences, and the ratio
    of the sums; for identity links, where the outcome may be a log, the mean difference instead.

    Parameters
    ----------
    fit
        A fit.
    scenario
        The name of a scenario of its document.
    keep_shocks
        Whether a scenario's outcomes are those that each cluster-year would have had with its own
        shock, against those observed, instead of expectations: see ``predict``.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper`` and ``probability`` (of an
        increase: above 0, or above 1 for a ratio; nan where nothing changes), with what the row is
        about as coordinates, and the interval's kind and probability in ``interval`` and
        ``interval_probability``. For a scenario also ``beyond_data``: how many of the row's
        cluster-years it takes beyond the range that the data cover (``extrapolation`` names
        them); ``furthest``, by how many standard deviations of a column at most; and ``joint``,
        how far at most from the data's middle in all columns that it moves or that bend these,
        where 1 is as far as the furthest fitted cluster-year (nan: it moves one column alone).
    """
    if scenario is None:
        return _slopes(fit)
    return _changes(fit, scenario, keep_shocks=keep_shocks)


def _slopes(fit: Fit) -> xr.Dataset:
    entries = [*along_moderators(fit, LEVELS)]
    if not entries:
        return xr.Dataset(coords={"row": np.arange(0)})
    labels, draws, against = zip(*entries, strict=True)
    numbers = summarised(np.stack(draws, axis=1))
    numbers["probability"] = increase(np.stack(draws, axis=1), np.array(against))
    return answers({name: [about[name] for about in labels] for name in labels[0]}, numbers)


def along_moderators(
    fit: Fit, levels: Mapping[str, float]
) -> Iterator[tuple[Labels, Values, float]]:
    """Give each slope's labels, its draws, and the number that stands for no effect.

    Parameters
    ----------
    fit
        A fit.
    levels
        Where its moderators stand: names, and quantiles of the fitted rows.
    """
    draws = flat(fit.posterior)
    values = moderator_values(fit)
    wholes: dict[str, _Summed] = {}
    for treatment, item in fit.spec.treatments.items():
        scale = fit.learned.scales[treatment]
        own = own_slope(fit, treatment, draws)
        along = [*_slopes_along(fit, treatment, values, levels, own, draws)]
        yield from _told(fit, treatment, along, scale.step, scale.words)
        whole = fit.spec.distributed().get(treatment)
        # with the outcome's past, what earlier years left comes on top: see 'dynamics'
        if whole is not None and item.lag >= 0 and fit.spec.dynamics is None:
            words = scale.words.replace(f" {years_before(item.lag)}", "")
            moved = [(at, slope * scale.step) for at, slope in along]
            wholes.setdefault(whole, _Summed(f"{words} in every year", [])).lags.append(moved)
    for whole, summed in wholes.items():
        if len(summed.lags) > 1:
            for same in zip(*summed.lags, strict=True):
                moved_by = np.sum([moved for _, moved in same], axis=0)
                about = {"treatment": f"{whole}, all lags", **same[0][0]}
                yield as_effect(fit, about, moved_by, summed.words)


@dataclass(frozen=True, eq=False)
class _Summed:
    """The lags of one dose, from the policy's own year on: what one in every year adds up to."""

    words: str
    lags: list[list[tuple[Labels, Values]]]


def _told(
    fit: Fit, treatment: str, along: list[tuple[Labels, Values]], step: float, words: str
) -> Iterator[tuple[Labels, Values, float]]:
    """Give slopes as coefficients, and as effects of a step."""
    for at, slope in along:
        about = {"treatment": treatment, **at}
        yield {**about, "scale": "coefficient", "per": "unit"}, slope, 0.0
        yield as_effect(fit, about, slope * step, words)


def as_effect(fit: Fit, about: Labels, moved: Values, words: str) -> tuple[Labels, Values, float]:
    """Give what a change of the predictor, (S, ...), does to the outcome, and what is no effect.

    The labels say besides on which scale, and for which change.
    """
    family = fit.spec.family
    kind = family.link.effect
    effect, neutral = (moved, 0.0) if kind == "difference" else (np.exp(moved), 1.0)
    per = f"{words} ({family.effect_of})" if family.effect_of else words
    return {**about, "scale": kind, "per": per}, effect, neutral


def own_slope(fit: Fit, treatment: str, draws: Draws) -> Values:
    """Give a treatment's slope where its moderators are at their centres, (S,).

    Where it has one by cohort and year, their mean over the rows that the policy has reached.
    """
    if treatment in by_cohort(fit.spec):
        return overall_effect(fit, treatment, draws)
    return np.asarray(draws[treatment])


def _slopes_along(
    fit: Fit,
    treatment: str,
    values: dict[str, Values],
    levels: Mapping[str, float],
    own: Values,
    draws: dict[str, Values],
) -> Iterator[tuple[Labels, Values]]:
    spec, learned = fit.spec, fit.learned
    moderators = [m for t, m in spec.moderated() if t == treatment]
    if not moderators:
        yield {"moderator": "", "at": "", "moderator_value": np.nan}, own
    for moderator in moderators:
        if spec.moderators[moderator].split != "none":
            yield from _split_along(fit, treatment, moderator, levels, own, draws)
            continue
        if moderator in values:
            places = [float(np.quantile(values[moderator], share)) for share in levels.values()]
            slopes = effect_at(learned, draws, treatment, moderator, np.array(places), own)
            labels = [*levels]
        else:
            labels = [*learned.steps[moderator].levels]
            slopes = effect_at(learned, draws, treatment, moderator, labels, own)
            places = [np.nan] * len(labels)
        for label, at, slope in zip(labels, places, slopes.T, strict=True):
            yield {"moderator": moderator, "at": label, "moderator_value": at}, slope


def _split_along(
    fit: Fit,
    treatment: str,
    moderator: str,
    levels: Mapping[str, float],
    own: Values,
    draws: dict[str, Values],
) -> Iterator[tuple[Labels, Values]]:
    """Give slopes along a cluster's change, and along clusters' means."""
    values, cluster = _moderators(fit)
    for product, off in bends(fit.spec, fit.learned, treatment, values, cluster):
        if product.moderator != moderator or product.part == "whole":
            continue
        # a change is told as it is, a level where it is
        centre = 0.0 if product.part == "within" else fit.learned.scales[moderator].centre
        for label, share in levels.items():
            at = float(np.quantile(observed_cells(off), share))
            name = ALONG[product.part].format(moderator)
            about: Labels = {"moderator": name, "at": label, "moderator_value": at + centre}
            yield about, own + draws[product.name] * at


def moderator_values(fit: Fit) -> dict[str, Values]:
    """Give moderators' observed values over the fitted rows, as they enter the predictor.

    Those of numbers: a categorical one has labels.
    """
    return {name: observed_cells(values) for name, values in _moderators(fit)[0].items()}


def _moderators(fit: Fit) -> tuple[dict[str, Values], Positions]:
    """Give each moderator over the fitted rows, as it enters the predictor, and rows' clusters."""
    rows = reader(fit.panel)
    values = transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
    levels = fit.learned.levels[CLUSTER]
    cluster = factor(CLUSTER, labels_of(rows, ((CLUSTER,), 0)), levels)
    return {name: values[name] for name in fit.spec.moderators if name in values}, cluster.codes


def _changes(fit: Fit, scenario: str, *, keep_shocks: bool) -> xr.Dataset:
    difference = find(fit.spec.outcome[1].family).link.effect == "difference"
    told = partial(_quantities, difference=difference)
    parts = changes(fit, scenario, told, keep_shocks=keep_shocks)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    labels = {name: columns.pop(name) for name in ("by", "level", "quantity")}
    return answers({"scenario": [scenario] * len(labels["by"]), **labels}, columns)


def _quantities(sums: Sums, *, difference: bool) -> dict[str, np.ndarray]:
    """Give the lines of groups: two quantities of each, one after the other."""
    if difference:
        other, neutral = ("mean change", sums.change / sums.rows), 0.0
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            other, neutral = ("ratio", sums.changed / sums.observed), 1.0
    both = np.stack([sums.change, other[1]], axis=2).reshape(len(sums.change), -1)
    groups = len(sums.levels)
    return {
        "by": np.full(2 * groups, sums.by, dtype=object),
        "level": np.repeat(np.array(sums.levels, dtype=object), 2),
        "quantity": np.tile(np.array(["change", other[0]], dtype=object), groups),
        **summarised(both),
        "probability": increase(both, np.tile([0.0, neutral], groups)),
        "beyond_data": np.repeat(sums.leaving.beyond, 2),
        "furthest": np.repeat(sums.leaving.furthest, 2),
        "joint": np.repeat(sums.leaving.joint, 2),
    }
