"""Coordinates in which a group sd near zero is no tail.

The logarithm x of an sd that may be zero has a posterior with a tail like e^x towards minus
infinity. y = asinh(e^x / s), with s where the density of x is highest, is as linear in the sd near
zero as log is not, and as good as log far from it. The sd is even in y: a proposal on the whole
line is folded at zero.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from clustermodels.data.panel import Values
from clustermodels.engines.explore import Mixture

# Where a proposal lies further from zero than so many of its sds, nothing is folded.
FAR = 6.0
# Nearer to zero, a covariance's inverse would have no digits left.
NEAREST = 1e-5


@dataclass(frozen=True, eq=False)
class Bent:
    """The map between hyperparameters x and y.

    Parameters
    ----------
    positive
        (d,): which x are logarithms; the others stay as they are.
    log_scale
        (d,): log s.
    """

    positive: np.ndarray
    log_scale: Values

    def y(self, x: Values) -> Values:
        """Give y of x, (..., d)."""
        ratio = np.exp(np.minimum(x - self.log_scale, 300.0))
        return np.where(self.positive, np.arcsinh(ratio), x)

    def x(self, y: Values) -> Values:
        """Give x of y, (..., d), of either sign."""
        size = np.clip(np.abs(y), NEAREST, 300.0)
        return np.where(self.positive, self.log_scale + np.log(np.sinh(size)), y)

    def log_slope(self, x: Values) -> Values:
        """Give log |dy / dx|, (S, d) -> (S,): dy / dx = tanh y."""
        slopes = np.where(self.positive, np.log(np.tanh(np.maximum(self.y(x), NEAREST))), 0.0)
        return np.asarray(slopes.sum(axis=1))


@dataclass(frozen=True, eq=False)
class Folded:
    """A proposal of x, by a mixture in y that is folded at zero."""

    bent: Bent
    mixture: Mixture

    def draw(self, rng: np.random.Generator, size: int) -> Values:
        """Draw x, (size, d)."""
        return self.bent.x(self.mixture.draw(rng, size))

    def log_density(self, x: Values) -> Values:
        """Give the normalised log density at x, (S, d) -> (S,)."""
        y = self.bent.y(x)
        images = [self.mixture.log_density(y * sign) for sign in self._signs()]
        return np.asarray(logsumexp(np.stack(images), axis=0) + self.bent.log_slope(x))

    def _signs(self) -> list[Values]:
        law = self.mixture.laws[0]
        lowest = np.abs(law.means).min(axis=0)
        sds = np.sqrt((self.mixture.laws[-1].factor ** 2).sum(axis=1))
        near = self.bent.positive & (lowest < FAR * sds)
        return [
            np.where(near, signs, 1.0)
            for signs in itertools.product(*[(1.0, -1.0) if one else (1.0,) for one in near])
        ]


@dataclass(frozen=True, eq=False)
class Sampled:
    """Points at which a density was evaluated, by their proposals.

    Parameters
    ----------
    x, log_density
        (S, d) and (S,), round after round.
    proposals
        What each round's points were drawn from.
    counts
        How many each round has.
    """

    x: Values
    log_density: Values
    proposals: tuple[Folded, ...]
    counts: tuple[int, ...]

    def weights(self) -> Values:
        """Give normalised weights, each point against the mixture of all proposals.

        The balance heuristic (Veach & Guibas 1995, doi 10.1145/218380.218498): no point is far
        more likely than what all rounds together proposed there.
        """
        each = np.stack([law.log_density(self.x) for law in self.proposals])
        shares = np.array(self.counts) / sum(self.counts)
        logs = self.log_density - logsumexp(each, axis=0, b=shares[:, None])
        return np.asarray(np.exp(logs - logsumexp(logs)))

    def joined(self, x: Values, log_density: Values, proposal: Folded) -> Sampled:
        """Add a round."""
        return Sampled(
            np.concatenate([self.x, x]),
            np.concatenate([self.log_density, log_density]),
            (*self.proposals, proposal),
            (*self.counts, len(x)),
        )
