"""Which regions are clusters: rules, what each region scored, and which it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clustermodels.network.columns import Column, along, labelled
from clustermodels.network.quotients import Method, location_quotient
from clustermodels.network.shares import Values


@dataclass(frozen=True)
class QuotientRule:
    """What a region's location quotient must be.

    Parameters
    ----------
    above, method, confidence
        As for ``location_quotient``.
    probability
        What the probability of a quotient above ``above`` must exceed; None: it is not asked.
    """

    above: float = 1.0
    probability: float | None = None
    method: Method = "threshold"
    confidence: float = 0.95


@dataclass(frozen=True)
class Rules:
    """What makes a region a cluster: all of these; a rule that is None is not asked.

    Parameters
    ----------
    quotient
        Of the location quotient, to be exceeded.
    scale, within, between
        The least of the activity's scale, of ties inside the region, and of ties with others.
    """

    quotient: QuotientRule | None = None
    scale: float | None = None
    within: float | None = None
    between: float | None = None


@dataclass(frozen=True, eq=False)
class Score:
    """What one rule judged: a value per region, and what it is held against."""

    values: Values
    threshold: float
    strict: bool

    @property
    def margin(self) -> Values:
        """By how much the value is beyond the threshold, (region,)."""
        return self.values - self.threshold

    @property
    def passes(self) -> NDArray[np.bool_]:
        """Whether it is beyond it, (region,); nan never is."""
        beyond = self.values > self.threshold
        return beyond if self.strict else beyond | (self.values == self.threshold)


def select(
    regions: Sequence[str],
    *,
    rules: Rules,
    quotients: xr.Dataset | None = None,
    scale: Column | None = None,
    within: Column | None = None,
    between: Column | None = None,
) -> xr.Dataset:
    """Say which regions are clusters, by which rules, and how narrowly.

    Parameters
    ----------
    regions
        The regions to judge, each once.
    rules
        What is asked.
    quotients
        From ``location_quotient`` with the rule's own settings.
    scale, within, between
        (region,) each, by label, or by position where they have no labels; may hold more regions.

    Returns
    -------
    Dataset
        Along ``region``: the numbers that were judged; for each rule asked, of ``lq``,
        ``probability``, ``scale``, ``within`` and ``between``, a ``RULE_passes`` and a
        ``RULE_margin`` (the value less the threshold; for the methods that standardise, of z);
        ``failed`` (how many), ``failed_rules`` (their names, joined by commas), ``first_failed``,
        and ``cluster``: no rule is failed. ``lq`` and ``probability`` pass above their threshold,
        the others at it too. nan never passes.

    Raises
    ------
    ValueError
        A rule lacks its numbers, or a region of them; the quotients have other settings.

    Examples
    --------
    >>> found = select(["A", "B"], rules=Rules(scale=60, between=1), scale=[80, 59], between=[1, 0])
    >>> found["cluster"].values.tolist(), found["failed_rules"].values.tolist()
    ([True, False], ['', 'scale, between'])
    """
    labels = pd.Index(list(regions))
    if not labels.is_unique:
        raise ValueError(f"the region '{labels[labels.duplicated()][0]}' is there more than once")
    table = _quotient_columns(labels, quotients)
    scores = dict(_quotient_scores(rules.quotient, quotients, table))
    asked = {"scale": (rules.scale, scale), "within": (rules.within, within)}
    for name, (least, column) in (asked | {"between": (rules.between, between)}).items():
        if column is not None:
            table[name] = along(labels, *labelled(column, name), name)
        if least is not None:
            if name not in table:
                raise ValueError(f"the rule '{name}' is asked, but its numbers are not given")
            scores[name] = Score(table[name], float(least), strict=False)
    about = xr.Dataset() if quotients is None else quotients.drop_dims("region")
    return about.assign_coords(region=labels.to_numpy()).assign(
        {name: ("region", values) for name, values in (table | _verdict(scores, labels)).items()}
    )


def rolling(
    activity: xr.DataArray,
    total: xr.DataArray,
    years: Sequence[int],
    width: int,
    *,
    rule: QuotientRule | None = None,
    reference: float | Literal["panel"] | Mapping[int, float] = "panel",
    seed: int = 1,
) -> xr.Dataset:
    """Say how stable each region's location quotient is, over rolling windows of years.

    Parameters
    ----------
    activity, total
        (year, region), with both coordinates; summed over each window.
    years
        The years to use, in any order. A window goes by year, not by row: one that lacks a year
        is left out.
    width
        Years in a window.
    rule
        What passes; absent: a quotient above 1.
    reference, seed
        As for ``location_quotient``; ``panel`` is each window's own share, and a mapping gives
        the share of each window by its last year; windows that it lacks are left out.

    Returns
    -------
    Dataset
        Along ``period_end`` (a window's last year) and ``region``: ``lq``, ``probability``, with
        a prior learned in each window, and ``passes``. Along ``region``: ``stability``, the share
        that passes of the windows in which its quotient is known; nan where there is none.

    Raises
    ------
    ValueError
        No window has all its years, or ``location_quotient`` refuses the numbers.
    """
    rule = rule or QuotientRule()
    used = set(years)
    ends = [end for end in sorted(used) if width > 0 and used >= set(range(end - width + 1, end))]
    if isinstance(reference, Mapping):
        ends = [end for end in ends if end in reference]
    if not ends:
        raise ValueError(f"no {width} years in a row among {sorted(used)}")
    windows = []
    for end in ends:
        window = range(end - width + 1, end + 1)
        found = location_quotient(
            _over(activity, window),
            _over(total, window),
            reference=reference[end] if isinstance(reference, Mapping) else reference,
            above=rule.above,
            method=rule.method,
            confidence=rule.confidence,
            seed=seed,
        )
        passes = found["passes"]
        if rule.probability is not None:
            passes = passes & (found["probability"] > rule.probability)
        windows.append(found[["lq", "probability"]].assign(passes=passes))
    moving = xr.concat(windows, pd.Index(ends, name="period_end"))
    known = moving["lq"].notnull()
    passed, periods = (moving["passes"] & known).sum("period_end"), known.sum("period_end")
    return moving.assign(stability=passed / periods.where(periods > 0))


def _over(column: xr.DataArray, years: Sequence[int]) -> xr.DataArray:
    # A year that is not known makes the sum unknown.
    return column.sel(year=list(years)).sum("year", skipna=False)


def _quotient_columns(regions: pd.Index, quotients: xr.Dataset | None) -> dict[str, Values]:
    if quotients is None:
        return {}
    return {
        str(name): along(regions, *labelled(column, "quotients"), "quotients")
        for name, column in quotients.data_vars.items()
        if name != "passes"
    }


def _quotient_scores(
    rule: QuotientRule | None, quotients: xr.Dataset | None, table: Mapping[str, Values]
) -> Iterator[tuple[str, Score]]:
    if rule is None:
        return
    if quotients is None:
        raise ValueError("a location quotient is asked, but quotients are not given")
    for name in ("above", "method", "confidence"):
        got, expected = quotients.attrs[name], getattr(rule, name)
        if got != expected:
            raise ValueError(f"the quotients' {name} is {got}; the rule's is {expected}")
    if rule.method == "threshold":
        yield "lq", Score(table["lq"], rule.above, strict=True)
    else:
        yield "lq", Score(table["z"], quotients.attrs["critical"], strict=True)
    if rule.probability is not None:
        yield "probability", Score(table["probability"], rule.probability, strict=True)


def _verdict(scores: Mapping[str, Score], regions: pd.Index) -> dict[str, NDArray[np.generic]]:
    columns: dict[str, NDArray[np.generic]] = {}
    for name, score in scores.items():
        columns |= {f"{name}_passes": score.passes, f"{name}_margin": score.margin}
    failed = [
        [name for name, score in scores.items() if not score.passes[i]] for i in range(len(regions))
    ]
    return columns | {
        "failed": np.array([len(names) for names in failed], dtype=np.int64),
        "failed_rules": np.array([", ".join(names) for names in failed], dtype=object),
        "first_failed": np.array([names[0] if names else "" for names in failed], dtype=object),
        "cluster": np.array([not names for names in failed], dtype=np.bool_),
    }
