"""Clusters that stand high in a moderator against those that stand low."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.panel import Values
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.effects import along_moderators
from clustermodels.results.intervals import LOWER, UPPER, increase, summarised
from clustermodels.results.one_step import OneStep, one_step
from clustermodels.results.standing import HIGH, LOW, Standing, standing

IMPACT, ALLOCATION, OVERALL = "policy impact", "resource allocation", "overall effectiveness"
RATIO_OF_EFFECTS = "ratio of effects"


@dataclass(frozen=True, eq=False)
class _Line:
    """A line of the answer: what it is about, its draws, and the number that says no effect."""

    draws: Values
    neutral: float
    question: str
    treatment: str
    moderator: str
    at: str
    scale: str
    per: str
    moderator_value: float = np.nan
    cluster_years: float = np.nan
    beyond_data: float = np.nan
    note: str = ""


def high_low(
    fit: Fit, moderator: str | None = None, low: float = 0.25, high: float = 0.75
) -> xr.Dataset:
    r"""Set clusters that stand high in a moderator against those that stand low.

    Three questions, a row of the answer for each line:

    - ``policy impact``: the effect of the step in ``per`` where the moderator is at its low and
      its high quantile, $e^{x (b + d (z - c))}$ for a ratio or odds ratio, $x (b + d (z - c))$ for
      a difference; then low over high (the ratio of the two ratios), or low minus high.
    - ``resource allocation``: what the policy moves on its way to the outcome. The document names
      no mechanisms, and the row says so.
    - ``overall effectiveness``: what the step in ``per`` changes in the expected outcome, in its
      units a cluster-year, among cluster-years at or below the low quantile and at or above the
      high one; then low minus high.

    How many times as large the low effect is, on the scale of the coefficient, or in the
    outcome's units, is told by ``ratio of effects``, where the high one is clear of zero: its
    95 % interval excludes 0. Else the row is empty, and ``note`` says why.

    Parameters
    ----------
    fit
        A fit.
    moderator
        Its name; None for the only one, or the only position in the network.
    low, high
        Quantiles of the moderator over the fitted rows.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper`` and ``probability``: of an
        increase at ``low`` and ``high`` (above 0, or 1 for a ratio), in comparisons that low
        exceeds high, of a ratio of effects that it exceeds 1. Coordinates ``question``,
        ``treatment``, ``moderator``, ``at`` (``low``, ``high``, ``low over high``,
        ``low minus high``), ``scale``, ``per``, ``moderator_value`` (as it enters the predictor),
        ``cluster_years`` (how many the row is about), ``beyond_data`` (how many of these the
        step takes beyond the range that the data cover), ``note``; the two quantiles in ``attrs``.

    Raises
    ------
    FitError
        If there is no such moderator or several to choose among, the quantiles are not
        0 < low < high < 1, or the moderator has one value at both.

    Notes
    -----
    Other moderators are at their centres in the first question, and as they are in the third.
    There an amount goes up in every year and cluster, so that lags, stocks and the outcome's past
    go along; an adoption is set against none, over the cluster-years that it has reached. Rows
    without an outcome that are predicted are among these, but in no quantile. Clusters
    that stand high differ from others in more than their position: this compares them, and says
    nothing of what a cluster would gain by moving.

    Examples
    --------
    ::

        answer = cm.high_low(run, "centrality", low=0.1, high=0.9)
        answer.isel(row=answer["question"] == "policy impact")
    """
    asked = standing(fit, moderator, low, high)
    missing = _empty(fit, ALLOCATION, "", asked, "the document names no mechanisms")
    lines = [*_impact(fit, asked), missing, *_effectiveness(fit, asked)]
    table = np.stack([line.draws for line in lines], axis=1)
    numbers = summarised(table)
    chances = increase(table, np.array([line.neutral for line in lines]))
    chances = np.where(np.isnan(numbers["median"]), np.nan, chances)
    names = [each.name for each in fields(_Line) if each.name not in ("draws", "neutral")]
    labels = {name: [getattr(line, name) for line in lines] for name in names}
    answer = answers(labels, numbers | {"probability": chances})
    return answer.assign_attrs(asked.shares)


def _impact(fit: Fit, asked: Standing) -> Iterator[_Line]:
    """Tell the effects of a step at both quantiles, and compare them."""
    kind = fit.spec.family.link.effect
    found: dict[tuple[str, str], dict[str, Values]] = {}
    for about, effect, _ in along_moderators(fit, asked.shares):
        item = fit.spec.treatments.get(str(about["treatment"]))
        lead = item is not None and item.lag < 0  # before the policy: no effect of it
        if about["moderator"] == asked.moderator and about["scale"] == kind and not lead:
            both = found.setdefault((str(about["treatment"]), str(about["per"])), {})
            both[str(about["at"])] = effect
    for (treatment, per), both in found.items():
        about_ = (IMPACT, treatment, asked.moderator)
        neutral = 0.0 if kind == "difference" else 1.0
        for at, effect in both.items():
            yield _Line(effect, neutral, *about_, at, kind, per, asked.values[at])
        low, high = both[LOW], both[HIGH]
        if kind == "difference":
            yield _Line(low - high, 0.0, *about_, f"{LOW} minus {HIGH}", kind, per)
        else:
            yield _Line(low / high, 1.0, *about_, f"{LOW} over {HIGH}", kind, per)
            low, high = np.log(low), np.log(high)  # to the scale of the coefficient
        yield _ratio(low, high, about_, per, f"the effect where {asked.moderator} is high")


def _ratio(
    low: Values, high: Values, about: tuple[str, str, str], per: str, denominator: str
) -> _Line:
    """Tell how many times as large the low effect is, where what it is divided by is not zero."""
    ends = summarised(high[:, None])
    clear = bool(ends[LOWER][0] > 0 or ends[UPPER][0] < 0)
    ratio = low / high if clear else np.full(len(low), np.nan)
    note = "" if clear else f"no ratio: {denominator} is not clear of zero"
    return _Line(ratio, 1.0, *about, f"{LOW} over {HIGH}", RATIO_OF_EFFECTS, per, note=note)


def _empty(fit: Fit, question: str, treatment: str, asked: Standing, note: str) -> _Line:
    """Give a line without numbers, which says why."""
    draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    nothing = np.full(draws, np.nan)
    return _Line(nothing, 0.0, question, treatment, asked.moderator, "", "", "", note=note)


def _effectiveness(fit: Fit, asked: Standing) -> Iterator[_Line]:
    """Tell what a step changes a cluster-year among low and high ones, and compare them."""
    groups = asked.groups(fit)
    wholes = fit.spec.distributed()
    policies = {
        wholes.get(treatment, treatment): treatment
        for treatment, moderator in fit.spec.moderated()
        if moderator == asked.moderator and fit.spec.treatments[treatment].lag >= 0
    }
    for name, treatment in policies.items():
        step = one_step(fit, treatment)
        if step is None:
            kind = fit.spec.treatments[treatment].kind
            note = f"a step of the kind '{kind}' is not known: write a scenario"
            yield _empty(fit, OVERALL, name, asked, note)
        else:
            yield from _compared(step, groups, (OVERALL, name, asked.moderator), asked)


def _compared(
    step: OneStep, groups: NDArray[np.bool_], about: tuple[str, str, str], asked: Standing
) -> Iterator[_Line]:
    """Tell what a step changes in both groups, and compare them."""
    counted = groups & step.counts[:, None]
    gains, beyond = step.gains(counted), step.beyond()
    scale = "mean change"
    for spot, at in enumerate((LOW, HIGH)):
        mine = counted[:, spot]
        yield _Line(
            gains[:, spot],
            0.0,
            *about,
            at,
            scale,
            step.per,
            asked.values[at],
            int(mine.sum()),
            int((beyond & mine).sum()),
            "" if mine.any() else f"no {at} cluster-year that the policy has reached",
        )
    if counted.any(axis=0).all():
        low, high = gains.T
        yield _Line(low - high, 0.0, *about, f"{LOW} minus {HIGH}", scale, step.per)
        yield _ratio(low, high, about, step.per, f"the change where {asked.moderator} is high")
