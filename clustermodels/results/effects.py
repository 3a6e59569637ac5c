"""What a policy does: a treatment's effect along its moderators, a scenario's change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Values, reader
from clustermodels.families.table import find
from clustermodels.fits.record import Fit, flat
from clustermodels.results.extrapolation import extrapolation
from clustermodels.results.intervals import PROBABILITY, summarised
from clustermodels.results.predict import predict
from clustermodels.spec.document import Spec
from clustermodels.spec.names import interaction

LEVELS = {"low": 0.1, "middle": 0.5, "high": 0.9}


@dataclass(frozen=True, eq=False)
class Entry:
    """One line of an answer: its labels and its draws, (S,)."""

    labels: Mapping[str, str | float]
    draws: Values
    against: float
    beyond: int | None = None


def effects(fit: Fit, scenario: str | None = None) -> xr.Dataset:
    """Answer what a policy does.

    Without a scenario: each treatment's slope where its moderator is low, middle and high (the
    10 %, 50 % and 90 % quantiles of the fitted rows, the other moderators at their centre), on
    the scale of the coefficient, b + sum_m d_m (z_m - c_m), and as the effect of the step in
    ``per``: exp(step x slope) for a ratio or odds ratio, step x slope for a difference.

    With a scenario: what it changes in the expected outcome against the observed policies, draw
    by draw, for each cluster, each year and in total: the sum of the differences, and the ratio
    of the sums; for identity links, where the outcome may be a log, the mean difference instead.

    Parameters
    ----------
    fit
        A fit.
    scenario
        The name of a scenario of its document.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper`` and ``probability`` (of an
        increase: above 0, or above 1 for a ratio; nan where nothing changes), with what the row is
        about as coordinates, and the interval's kind and probability in ``interval`` and
        ``interval_probability``. For a scenario also ``beyond_data``: how many of the row's
        cluster-years it takes beyond the range that the data cover (``extrapolation`` names
        them).
    """
    entries = [*_slopes(fit)] if scenario is None else [*_changes(fit, scenario)]
    return _estimate(entries)


def _estimate(entries: list[Entry]) -> xr.Dataset:
    if not entries:
        return xr.Dataset(coords={"row": np.arange(0)})
    numbers = summarised(np.stack([entry.draws for entry in entries], axis=1))
    labels = {
        key: ("row", np.array([entry.labels[key] for entry in entries], dtype=object))
        for key in entries[0].labels
    }
    columns = numbers | {"probability": np.array([_increase(entry) for entry in entries])}
    if entries[0].beyond is not None:
        columns["beyond_data"] = np.array([entry.beyond for entry in entries])
    return xr.Dataset(
        {key: ("row", values) for key, values in columns.items()},
        coords={
            "row": np.arange(len(entries)),
            **labels,
            "interval": "equal-tailed",
            "interval_probability": PROBABILITY,
        },
    )


def _increase(entry: Entry) -> float:
    """Give the probability of an increase; nan where every draw is at exactly no change."""
    if (entry.draws == entry.against).all():
        return float("nan")
    return float(np.mean(entry.draws > entry.against))


def _slopes(fit: Fit) -> Iterator[Entry]:
    draws = flat(fit.posterior)
    values = moderator_values(fit)
    kind = find(fit.spec.outcome[1].family).link.effect
    for treatment in fit.spec.treatments:
        scale = fit.learned.scales[treatment]
        for at, slope in _slopes_along(fit.spec, fit.learned, treatment, values, draws):
            step = slope * scale.step
            effect, neutral = (step, 0.0) if kind == "difference" else (np.exp(step), 1.0)
            about = {"treatment": treatment, **at}
            yield Entry({**about, "scale": "coefficient", "per": "unit"}, slope, 0.0)
            yield Entry({**about, "scale": kind, "per": scale.words}, effect, neutral)


def _slopes_along(
    spec: Spec,
    learned: Learned,
    treatment: str,
    values: dict[str, Values],
    draws: dict[str, Values],
) -> Iterator[tuple[dict[str, str | float], Values]]:
    moderators = [m for t, m in spec.moderated() if t == treatment]
    if not moderators:
        yield {"moderator": "", "at": "", "moderator_value": np.nan}, draws[treatment]
    for moderator in moderators:
        bend = draws[interaction(treatment, moderator)]
        for label, share in LEVELS.items():
            at = float(np.quantile(values[moderator], share))
            slope = draws[treatment] + bend * (at - learned.scales[moderator].centre)
            yield {"moderator": moderator, "at": label, "moderator_value": at}, slope


def moderator_values(fit: Fit) -> dict[str, Values]:
    """Give each moderator's values over the fitted rows, (obs,), as they enter the predictor."""
    rows = reader(fit.panel)
    columns = raw_columns(fit.spec, rows)
    values = transformed(columns, fit.learned.standards, rows)
    return {name: values[name] for name in fit.spec.moderators}


def _changes(fit: Fit, scenario: str) -> Iterator[Entry]:
    before = predict(fit)
    after = predict(fit, scenario)
    observed, changed = _flat(before), _flat(after)
    beyond = _beyond(fit, scenario, before)
    ratios = find(fit.spec.outcome[1].family).link.effect != "difference"
    groups: list[tuple[str, str, Values]] = [("total", "", np.ones(observed.shape[1]))]
    for by in ("year", "cluster"):
        labels = before[by].to_numpy()
        groups += [(by, str(level), (labels == level) * 1.0) for level in np.unique(labels)]
    for by, level, mask in groups:
        about = {"scenario": scenario, "by": by, "level": level}
        outside = int(mask @ beyond)
        yield Entry(about | {"quantity": "change"}, (changed - observed) @ mask, 0.0, outside)
        if not ratios:
            average = ((changed - observed) @ mask) / mask.sum()
            yield Entry(about | {"quantity": "mean change"}, average, 0.0, outside)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = (changed @ mask) / (observed @ mask)
            yield Entry(about | {"quantity": "ratio"}, ratio, 1.0, outside)


def _beyond(fit: Fit, scenario: str, prediction: xr.DataArray) -> Values:
    """Mark the rows of a prediction that a scenario takes beyond the data, (obs,)."""
    found = extrapolation(fit, scenario)
    outside = {*zip(found["cluster"].to_numpy(), found["year"].to_numpy().tolist(), strict=True)}
    rows = zip(
        prediction["cluster"].to_numpy(), prediction["year"].to_numpy().tolist(), strict=True
    )
    return np.array([row in outside for row in rows], dtype=float)


def _flat(prediction: xr.DataArray) -> Values:
    values = prediction.to_numpy()
    return values.reshape(-1, values.shape[-1])
