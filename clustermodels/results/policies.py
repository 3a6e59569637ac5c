"""What a policy adds to the predictor of each cluster, year by year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.moderation import bent_by_group
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws
from clustermodels.fits.record import Fit
from clustermodels.results.bends import bends
from clustermodels.results.effects import own_slope
from clustermodels.spec import names
from clustermodels.spec.bending import bent
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.reads import years_before
from clustermodels.spec.treatments import Stock

# Transforms under which a stock of doses is still a sum of what each has left.
LINEAR = ("none", "standardise")


@dataclass(frozen=True, eq=False)
class Part:
    """One way in which a policy works.

    Parameters
    ----------
    shift
        What a step adds to the predictor of each cluster when it is felt, (S, cluster).
    lag
        Years until then.
    kept
        The share that is left of it a year later: 0 of a dose, of a stock what does not wear off.
    """

    shift: Values
    lag: int
    kept: float

    def at(self, year: int) -> Values:
        """Give what a step in year 0 adds in a later one, (S, cluster)."""
        since = year - self.lag
        return self.shift * (0.0 if since < 0 else self.kept**since)


@dataclass(frozen=True, eq=False)
class Policy:
    """A step of a treatment.

    Parameters
    ----------
    name
        The treatment; of a dose with several lags, the whole of them.
    per
        The step in words.
    parts
        Its ways to work.
    """

    name: str
    per: str
    parts: tuple[Part, ...]

    def once(self, year: int) -> Values:
        """Give what a policy of year 0 alone adds in a later year, (S, cluster)."""
        return np.asarray(np.sum([part.at(year) for part in self.parts], axis=0))

    @property
    def total(self) -> Values:
        """What a policy in every year adds in the end, (S, cluster); infinite if none wears off."""
        ends = [
            part.shift / (1 - part.kept) if part.kept < 1 else np.copysign(np.inf, part.shift)
            for part in self.parts
        ]
        return np.asarray(np.sum(ends, axis=0))


def policies(fit: Fit, design: Design, draws: Draws) -> Iterator[Policy]:
    """Give the policies of a document: every treatment, a dose with several lags as one.

    Leads are no effect. A stock is moved by a dose of one year, which wears off as the document
    says; where it enters as a log or a root, by a step of the stock itself.
    """
    wholes = fit.spec.distributed()
    grouped: dict[str, list[str]] = {}
    for treatment, item in fit.spec.treatments.items():
        if item.lag >= 0:
            grouped.setdefault(wholes.get(treatment, treatment), []).append(treatment)
    for name, treatments in grouped.items():
        parts = [_part(fit, design, treatment, draws) for treatment in treatments]
        yield Policy(name, _words(fit, treatments[0]), tuple(parts))


def _part(fit: Fit, design: Design, treatment: str, draws: Draws) -> Part:
    item, scale = fit.spec.treatments[treatment], fit.learned.scales[treatment]
    kept = 1 - item.depreciation if isinstance(item, Stock) and _adds_up(item) else 0.0
    by_cluster = draws.get(names.by_cluster(treatment))
    slope = own_slope(fit, treatment, draws)[:, None] if by_cluster is None else by_cluster
    blocks = {block.name: block for block in design.blocks}
    code, size = clusters_of_rows(design)
    groups = code, len(size)
    for moderator in [m for t, m in bent(fit.spec) if t == treatment]:
        slope = slope + bent_by_group(blocks[moderator], draws, treatment, groups)
    split = {
        name: fit.learned.scales[name].centre
        + fit.learned.scales[name].spread * blocks[name].values[:, 0]
        for name, item in fit.spec.moderators.items()
        if item.split != "none"
    }
    for product, off in bends(fit.spec, fit.learned, treatment, split, code):
        if product.part != "whole":
            mean = np.bincount(code, off, len(size)) / size
            slope = slope + np.asarray(draws[product.name])[:, None] * mean
    shift = np.broadcast_to(np.asarray(slope) * scale.step, (len(slope), len(size)))
    return Part(shift, item.lag, kept)


def _adds_up(item: Stock) -> bool:
    """Tell whether the stock enters as a sum of doses."""
    return item.transform in LINEAR or not isinstance(item.transform, str)


def _words(fit: Fit, treatment: str) -> str:
    """Say the step in words, without the lag at which it is felt."""
    item, words = fit.spec.treatments[treatment], fit.learned.scales[treatment].words
    if isinstance(item, Stock):
        if not _adds_up(item):
            return f"{words}, the stock"
        return words.replace(treatment, item.column or treatment)
    return words.replace(f" {years_before(item.lag)}", "") if item.lag else words


def clusters_of_rows(design: Design) -> tuple[Positions, Positions]:
    """Give the cluster of each row as a number, in the order of the levels, and their rows."""
    factors = [block.factor for block in design.blocks if block.factor is not None]
    code = next(
        (factor.codes for factor in factors if factor.name == CLUSTER),
        np.append(0, np.cumsum(design.clusters[1:] != design.clusters[:-1])),
    )
    return code, np.bincount(code)
