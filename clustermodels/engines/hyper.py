"""The hyperparameters of a design, on the whole real line.

Positive ones (dispersion, residual sd, group sds) move as their logarithm x, and the partial
correlations w of a pooled block, with (w + 1) / 2 ~ Beta(b, b), as x = atanh w.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import beta_parameter, cholesky, pairs
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.families.priors import Prior, log_density, quantile
from clustermodels.spec.names import correlation

# An sd or a dispersion stays within this factor of the middle of its prior, as a log.
WIDEST = 25.0
# Above this, 1 - w^2 has no digits left.
STEEPEST = 9.0


@dataclass(frozen=True)
class Coordinate:
    """One hyperparameter.

    Parameters
    ----------
    name
        Its posterior name; correlations bear their block's, with a number.
    prior
        Of a positive one.
    beta
        The parameter b of the law of a partial correlation.
    """

    name: str
    prior: Prior | None = None
    beta: float = 0.0

    @property
    def start(self) -> float:
        """The prior's median."""
        return 0.0 if self.prior is None else float(np.log(quantile(self.prior, 0.5)))

    def log_prior(self, x: Values) -> Values:
        """Give the log prior density of x, the Jacobian of the transform included."""
        if self.prior is not None:
            return log_density(self.prior, np.exp(x)) + x
        # density of w: (1 - w^2)^(b - 1) / (2^(2b - 1) B(b, b)); dw / dx = 1 - w^2 = 1 / cosh^2 x
        log_cosh = np.logaddexp(x, -x) - np.log(2)
        constant = (2 * self.beta - 1) * np.log(2) + betaln(self.beta, self.beta)
        return np.asarray(-2 * self.beta * log_cosh - constant, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Hyper:
    """All hyperparameters of a design, (d,) at a time.

    Parameters
    ----------
    coordinates
        The family's own parameters, then each pooled block's sds and partial correlations.
    parameters
        The names of the family's own.
    blocks
        The pooled blocks.
    """

    coordinates: tuple[Coordinate, ...]
    parameters: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """How many there are, d."""
        return len(self.coordinates)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which of them move as logarithms, (d,)."""
        return np.array([c.prior is not None for c in self.coordinates], dtype=bool)

    @property
    def start(self) -> Values:
        """The middle of the prior, (d,)."""
        return np.array([coordinate.start for coordinate in self.coordinates])

    def inside(self, x: Values) -> Values:
        """Move x, (..., d), to where numbers are finite."""
        if not self.size:
            return x
        middle = self.start
        reach = np.array([STEEPEST if c.prior is None else WIDEST for c in self.coordinates])
        return np.asarray(np.clip(x, middle - reach, middle + reach), dtype=np.float64)

    def log_prior(self, x: Values) -> Values:
        """Give the log prior density of x, (S, d) -> (S,)."""
        terms = [c.log_prior(x[:, place]) for place, c in enumerate(self.coordinates)]
        return np.sum(terms, axis=0) if terms else np.zeros(len(x))

    def family_parameter(self, x: Values) -> Values:
        """Give the family's own parameter, (S, d) -> (S,); ones where there is none."""
        return np.exp(x[:, 0]) if self.parameters else np.ones(len(x))

    def pooled(self, x: Values) -> dict[str, tuple[Values, Values]]:
        """Give each pooled block's sds (S, k) and Cholesky factors of correlations (S, k, k)."""
        place = len(self.parameters)
        found = {}
        for block in self.blocks:
            k = len(block.terms)
            sds = np.exp(x[:, place : place + k])
            place += k
            among = len(pairs(k))
            partial = np.tanh(x[:, place : place + among])
            place += among
            found[block.name] = (sds, cholesky(partial, k))
        return found


def hyperparameters(design: Design) -> Hyper:
    """List the hyperparameters of a design."""
    own = [Coordinate(name, prior) for name, prior in design.outcome.parameters.items()]
    coordinates = [*own]
    blocks = tuple(block for block in design.blocks if block.pooling == "partial")
    for block in blocks:
        k = len(block.terms)
        coordinates += [Coordinate(term.sd_name or "", term.prior) for term in block.terms]
        coordinates += [
            Coordinate(
                f"{correlation(block.name)}_{number}",
                beta=beta_parameter(block.concentration, k, j),
            )
            for number, (_, j) in enumerate(pairs(k))
        ]
    return Hyper(tuple(coordinates), tuple(design.outcome.parameters), blocks)
