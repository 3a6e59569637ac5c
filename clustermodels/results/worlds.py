"""Clusters as they are on average, led forward with a policy and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clustermodels.data.blocks import Lagged
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.data.persistence import largest_root
from clustermodels.data.predictor import Draws, internal, without_past
from clustermodels.data.transforms import forward
from clustermodels.families.family import mean
from clustermodels.families.feedback import KEPT
from clustermodels.results.policies import Policy, clusters_of_rows

# The long run of a simulated response is the mean of the last of so many years: as many as it takes
# to forget all but a hundredth at the median draw, and as many again, between these.
FEWEST_YEARS, MOST_YEARS, LAST, FORGOTTEN = 60, 300, 20, 0.01
# Years before the policy, and paths of each draw that are averaged.
BEFORE, PATHS = 30, 4

# What a policy adds to the predictor in a year, (S, cluster).
Push = Callable[[int], Values]


@dataclass(frozen=True, eq=False)
class World:
    """Clusters that stay as they are on average.

    Parameters
    ----------
    design
        The fitted design.
    eta
        Each cluster's mean predictor without its past, (S, cluster).
    start
        The outcome that paths start from, (cluster,).
    past
        How the outcome enters so many years later, and its internal coefficient, (S,).
    parameters
        Of the family, (S, 1) each.
    largest
        The modulus of the past's largest root, (S,); 0 where the past cannot grow.
    """

    design: Design
    eta: Values
    start: Values
    past: tuple[tuple[Lagged, Values], ...]
    parameters: dict[str, Values]
    largest: Values

    def responses(self, policy: Policy, years: int, seed: int) -> tuple[Values, Values, Values]:
        """Give responses to a policy once and lasting, (year, S), and in the long run, (S,)."""
        kept = max(part.kept for part in policy.parts)
        total, nothing = max(self._years(kept), years + 1), np.zeros_like(self.eta)
        pushed = [policy.once(year) for year in range(total)]
        lasting = np.cumsum(pushed, axis=0)
        none = self._expected(total, lambda _: nothing, seed)
        once = self._expected(years + 1, pushed.__getitem__, seed)
        stays = self._expected(total, lasting.__getitem__, seed)
        end = self._against(stays[-LAST:].mean(axis=0), none[-LAST:].mean(axis=0))
        if self.design.outcome.family.feeds and kept < 1:  # what is new grows, and all with it
            end = self._against(np.exp(self.eta + policy.total), np.exp(self.eta))
        if self.design.outcome.family.link.effect == "ratio":
            # a probability has an end whatever pushes it
            up = policy.total.mean(axis=1) > 0
            endless = np.maximum(self.largest, kept) >= 1
            end = np.where(endless, np.where(up, np.inf, 0.0), end)
        return (
            self._against(once, none[: years + 1]),
            self._against(stays[: years + 1], none[: years + 1]),
            end,
        )

    def _years(self, kept: float) -> int:
        """Give in how many years the past, and what is ``kept`` of a policy, is all but gone."""
        slow = max(float(np.median(self.largest)), kept)
        needed = 2 * np.log(FORGOTTEN) / np.log(slow) if 0 < slow < 1 else FEWEST_YEARS
        return int(np.clip(needed, FEWEST_YEARS, MOST_YEARS))

    def _against(self, paths: Values, none: Values) -> Values:
        """Set expected outcomes, (..., S, cluster), against those without the policy, (..., S)."""
        if self.design.outcome.family.link.effect == "ratio":
            with np.errstate(invalid="ignore"):
                ratio = paths.sum(axis=-1) / none.sum(axis=-1)
            return np.where(np.isnan(ratio), np.inf, ratio)  # both have left all bounds
        return np.asarray((paths - none).mean(axis=-1))

    def _expected(self, years: int, push: Push, seed: int) -> Values:
        """Lead clusters forward; expected outcomes, (year, S, cluster)."""
        family = self.design.outcome.family
        if family.feeds:
            return np.array([*self._fed(years, push)])
        if family.discrete and family.link.name == "logit":
            return np.array([*self._chain(years, push)])
        shocks = [np.random.default_rng([seed, path]) for path in range(PATHS)]
        paths = zip(self._begun, shocks, strict=True)
        return np.mean([self._drawn(years, push, *path)[0] for path in paths], axis=0)

    def _fed(self, years: int, push: Push) -> Iterator[Values]:
        """Lead expected counts forward, of which a share is kept: exact, from where they settle."""
        kept = self.parameters[KEPT]
        now = np.exp(self.eta) / (1 - kept)
        for year in range(years):
            now = kept * now + np.exp(self.eta + push(year))
            yield now

    @cached_property
    def _begun(self) -> list[list[Values]]:
        """Give the last outcomes before the policy, of each path."""
        start = [np.broadcast_to(self.start, self.eta.shape)] * len(self.past)
        nothing, rng = np.zeros_like(self.eta), np.random.default_rng(0)
        return [self._drawn(BEFORE, lambda _: nothing, start, rng)[1] for _ in range(PATHS)]

    def _drawn(
        self, years: int, push: Push, before: list[Values], rng: np.random.Generator
    ) -> tuple[Values, list[Values]]:
        """Draw one path, by the same shocks from the same generator.

        Returns
        -------
        tuple
            Expected outcomes, (year, S, cluster), and the last outcomes, as many as lags.
        """
        family, trials = self.design.outcome.family, np.ones(self.eta.shape[1])
        outcomes, expected = [*before], []
        for year in range(years):
            eta = self.eta + push(year)
            for made, coefficient in self.past:
                eta = eta + coefficient[:, None] * _entering(made, outcomes[-made.lag])
            expected.append(mean(family, eta, trials, self.parameters))
            outcomes.append(family.steady_draw(rng, eta, trials, self.parameters))
        return np.array(expected), outcomes[-len(before) :]

    def _chain(self, years: int, push: Push) -> Iterator[Values]:
        """Lead the law of the last outcomes of yes and no forward: exact, and without shocks."""
        lags = len(self.past)
        states = np.arange(2**lags)  # the bit of lag k is that of 2^(k - 1)
        moved: Values = np.zeros((len(self.eta), 1, len(states)))
        for made, coefficient in self.past:
            bit = (states >> (made.lag - 1)) & 1
            moved = moved + coefficient[:, None, None] * _entering(made, bit.astype(float))
        law = np.full((*self.eta.shape, len(states)), 1 / len(states))
        family, ones = self.design.outcome.family, np.ones(1)
        later = (states << 1) % len(states)
        for year in range(-BEFORE, years):
            eta = self.eta + push(year) if year >= 0 else self.eta
            yes = mean(family, eta[..., None] + moved, ones, {})
            if year >= 0:
                yield (law * yes).sum(axis=-1)
            new = np.zeros_like(law)
            for state in states:
                new[..., later[state]] += law[..., state] * (1 - yes[..., state])
                new[..., later[state] + 1] += law[..., state] * yes[..., state]
            law = new


def _entering(made: Lagged, outcome: Values) -> Values:
    """Give past outcomes as they enter the predictor."""
    return np.asarray((forward(outcome, made.transform) - made.centre) / made.spread)


def world(design: Design, draws: Draws, rhos: Values) -> World:
    """Give the world of a fit, at given draws; ``rhos`` are (S, lag)."""
    code, size = clusters_of_rows(design)
    order = np.argsort(code, kind="stable")
    first = np.append(0, np.cumsum(size)[:-1])
    eta = without_past(design, draws)
    past = [
        (block.from_outcome, internal(block, 0, draws))
        for block in design.blocks
        if block.from_outcome is not None
    ]
    own = np.add.reduceat(eta[:, order], first, axis=1) / size
    start = np.bincount(code, design.outcome.values) / size
    start = np.round(start) if design.outcome.family.discrete else start
    parameters = {name: np.asarray(draws[name])[:, None] for name in design.outcome.parameters}
    largest = largest_root(rhos)
    if design.outcome.family.link.name == "logit":
        largest = np.zeros_like(largest)
    return World(design, own, start, tuple(past), parameters, largest)
