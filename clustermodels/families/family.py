"""What a family of outcomes declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.families.links import Link
from clustermodels.families.priors import Prior

Values = NDArray[np.float64]
Parameters = Mapping[str, Values]
Inside = Callable[[Values, Values], NDArray[np.bool_]]
OfOutcome = Callable[[Values, Values, Values, Parameters], Values]
OfPredictor = Callable[[Values, Values, Parameters], Values]
Draw = Callable[[np.random.Generator, Values, Values, Parameters], Values]
Quantile = Callable[[Values, Values, Values, Values, Parameters], Values]
Location = Callable[[Values, Values], tuple[float, float]]


@dataclass(frozen=True)
class Parameter:
    """A number that a family has beside its mean.

    Parameters
    ----------
    name
        Its name in the posterior.
    prior
        Its law, for an outcome whose spread is 1.
    scaled
        Whether the prior is multiplied by the outcome's spread.
    words
        What it is, in words.
    """

    name: str
    prior: Prior
    scaled: bool
    words: str


@dataclass(frozen=True)
class Split:
    """A log density in two parts: what the predictor moves, and what depends on y alone beside it.

    Many rows with few different outcomes are evaluated faster so; sums of large terms lose digits,
    so outcomes are small ones.

    Parameters
    ----------
    moved
        (y, eta, trials, parameters): the first part.
    fixed
        (y, parameters): the second, (S, D) for parameters (S, 1) and different outcomes (D,).
    largest
        The largest outcome for which no more than the last six digits are lost.
    """

    moved: OfOutcome
    fixed: Callable[[Values, Parameters], Values]
    largest: float


@dataclass(frozen=True)
class Ranks:
    """Where an outcome stands among those that its law makes, and which outcome stands there.

    Ranks come as two probabilities that add up to 1, each with its own digits: near 1 a share has
    none left to tell one outcome from the next.

    Parameters
    ----------
    below, above
        (y, eta, trials, parameters): P(Y <= y) and P(Y > y); of counts also for y = -1.
    quantile
        (below, above, eta, trials, parameters): the smallest outcome at or under which there is
        so much, (0, 1].
    moved
        (y, eta, other, parameters): the outcome at the predictor ``other`` that stands where y
        does at eta, where it can be told without ranks.
    """

    below: OfOutcome
    above: OfOutcome
    quantile: Quantile
    moved: OfOutcome | None = None


@dataclass(frozen=True)
class Family:
    """How an outcome y varies around its mean, given the linear predictor eta.

    Every function broadcasts: parameters of shape (S, 1) against eta of shape (S, obs) against y
    of shape (obs). ``trials`` is ones for families that take none. The functions of y expect
    values that ``inside`` calls possible.

    Parameters
    ----------
    name
        What a document calls it.
    link
        How eta becomes the mean of one trial.
    support
        The possible values, in words.
    discrete
        Whether ``log_density`` is the log of a probability.
    takes_trials
        Whether the mean is that of one trial among several.
    parameters
        What there is to learn beside the mean.
    inside
        (y, trials): which values are possible. Missing and infinite values never are.
    log_density
        (y, eta, trials, parameters): the log density or log probability, fully normalised.
    first, second
        Its first and second derivative in eta; same arguments.
    variance
        (eta, trials, parameters): Var(y | eta), infinite where there is none.
    draw
        (rng, eta, trials, parameters): one outcome for each eta.
    location
        (y, size): centre and spread of the outcome on the link's scale, for default priors.
        ``size`` is the exposure for a log link, the trials for a logit, ones otherwise.
    split
        The log density in two parts, where that is faster.
    coupled
        As ``draw``, so that from the same state of the generator a larger eta never draws less;
        None where ``draw`` is so.
    expected
        (eta, trials, parameters): E(y | eta); None where that is trials g^-1(eta).
    effect_of
        What a slope's effect is of, where it is not the expected outcome.
    feeds
        Whether the mean keeps a share of the last year's outcome, which then stands for trials.
    ranks
        Where outcomes stand in their law; None where nobody declared it.
    """

    name: str
    link: Link
    support: str
    discrete: bool
    takes_trials: bool
    parameters: tuple[Parameter, ...]
    inside: Inside
    log_density: OfOutcome
    first: OfOutcome
    second: OfOutcome
    variance: OfPredictor
    draw: Draw
    location: Location
    split: Split | None = None
    coupled: Draw | None = None
    expected: OfPredictor | None = None
    effect_of: str = ""
    feeds: bool = False
    ranks: Ranks | None = None

    @property
    def steady_draw(self) -> Draw:
        """Draw so that the same shocks at two predictors differ by these alone."""
        return self.coupled or self.draw


def mean(family: Family, eta: Values, trials: Values, parameters: Parameters) -> Values:
    """Give the expected outcome, E(y | eta)."""
    if family.expected is not None:
        return family.expected(eta, trials, parameters)
    return np.asarray(family.link.inverse(eta) * trials, dtype=np.float64)


def moved_by_predictor(family: Family, y: Values) -> OfOutcome:
    """Give the log density up to what depends on no predictor, faster where there is a way."""
    split = family.split
    return family.log_density if split is None or y.max() > split.largest else split.moved
