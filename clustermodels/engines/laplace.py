"""The marginal density of the hyperparameters: coefficients integrated out.

Nested Laplace (Rue, Martino & Chopin 2009, doi 10.1111/j.1467-9868.2008.00700.x), except that the
coefficients of each level of the eliminated factor are integrated by quadrature: the error of
Laplace's method in each level does not vanish with more levels, it adds up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from clustermodels.data.panel import Values
from clustermodels.engines import kernels
from clustermodels.engines.arrow import Arrow
from clustermodels.engines.given import (
    Given,
    dense_precision,
    factor_of,
    given,
    log_dense_prior,
    solve_factored,
)
from clustermodels.engines.hyper import Hyper
from clustermodels.engines.likelihoods import CODES, rising_products
from clustermodels.engines.newton import curvature
from clustermodels.engines.pieces import on_all, pieces
from clustermodels.engines.quadrature import nodes

# Newton steps, and the gain in log density at which they end.
STEPS = 60
CLOSE = 1e-7
# The same where coefficients are integrated out: the last step's gain is foreseen.
CLOSE_ENOUGH = 0.05
HALVINGS = 25
# Counts up to this are counted one by one.
LISTED = 100_000


@dataclass(frozen=True, eq=False)
class Expansion:
    """The conditional posterior of the dense coefficients at one value of the hyperparameters.

    Parameters
    ----------
    x
        (d,), the hyperparameters.
    log_marginal
        The log of their posterior density, up to a constant.
    centre, factor
        (r,) and (r, r): the free dense coefficients are about N(centre, (R'R)^-1).
    u
        (J, k), the mode of the eliminated ones.
    """

    x: Values
    log_marginal: float
    centre: Values
    factor: Values
    u: Values


@dataclass(frozen=True, eq=False)
class Marginal:
    """The posterior with the eliminated coefficients integrated out.

    Parameters
    ----------
    arrow, hyper
        The design, laid out; its hyperparameters.
    each
        Quadrature nodes in each of the k dimensions.
    above
        Of counts that vary beyond a Poisson: how many rows exceed 0, 1, ..., up to ``LISTED``.
    beyond
        The counts above that.
    """

    arrow: Arrow
    hyper: Hyper
    each: int
    above: Values
    beyond: Values

    def expand(self, x: Values, near: Expansion | None = None) -> Expansion:
        """Climb to the coefficients' mode at x, (d,), and integrate them out around it."""
        arrow = self.arrow
        x = self.hyper.inside(x)
        at = given(arrow, self.hyper, x[None])
        climb = _Climb(arrow, at, dense_precision(arrow, at))
        constant = (
            log_dense_prior(arrow, at, arrow.centre[None])[0]
            + self.hyper.log_prior(x[None])[0]
            + self.constants(at.own)[0]
            + arrow.levels * at.root[0]
        )
        if self.each == 1 or near is None:
            gamma = arrow.centre if near is None else near.centre
            u = np.zeros((arrow.levels, arrow.z.shape[1])) if near is None else near.u
            peak = climb.top(gamma, u)
            gamma, u, factor, height = peak.gamma, peak.u, peak.factor, peak.height - peak.root
        else:
            gamma, u = near.centre, near.u
        if self.each > 1:
            gamma, u, factor, height = self._integrated(gamma, u, at, climb)
        log_marginal = constant + height - np.log(np.diag(factor)).sum()
        return Expansion(x, float(log_marginal), gamma, factor, u)

    def _integrated(
        self, gamma: Values, u: Values, at: Given, climb: _Climb
    ) -> tuple[Values, Values, Values, float]:
        """Climb in the dense coefficients, the eliminated ones integrated out at every step.

        The curvature is that of Laplace's method, which is close: so are the steps.
        """
        arrow, u = self.arrow, u.copy()
        for _ in range(STEPS):
            whole, slope = self.score(gamma, at, u)
            factor = climb.factor(climb.around(gamma, u)[2])
            gap = gamma - arrow.centre
            pull = arrow.basis.T @ slope - climb.prior @ gap
            shift = solve_factored(factor, pull)
            height = whole - 0.5 * gap @ climb.prior @ gap + 0.5 * pull @ shift
            gamma = gamma + shift
            if pull @ shift < CLOSE_ENOUGH:
                break
        return gamma, u, factor, float(height)

    def score(self, gamma: Values, at: Given, u: Values) -> tuple[float, Values]:
        """Give sum_j log p(y_j | gamma) and its gradient in the dense coefficients, (q,).

        ``u`` is moved to each level's mode.
        """
        arrow = self.arrow
        x, log_weights = nodes(u.shape[1], self.each)
        beta = arrow.basis @ gamma
        own, precision = float(at.own[0]), at.precision[0]

        def one(first: int, last: int) -> tuple[float, Values]:
            slope = np.zeros(len(beta))
            total = kernels.score(
                CODES[arrow.family], own, first, last, arrow.rows, beta, precision, u, x,
                log_weights, slope,
            )  # fmt: skip
            return total, slope

        found = on_all(one, pieces(arrow.starts, len(log_weights) / 4))
        return sum(total for total, _ in found), np.sum([slope for _, slope in found], axis=0)

    def log_density(self, x: Values, gamma: Values, u: Values) -> Values:
        """Give the log posterior density of S points, (S, d) and (S, r), up to a constant.

        ``u`` is where the search for each level's mode begins, (J, k).
        """
        arrow = self.arrow
        inside = self.hyper.inside(x)
        away = (inside != x).any(axis=1)
        x = inside
        at = given(arrow, self.hyper, x)
        total = log_dense_prior(arrow, at, gamma) + self.hyper.log_prior(x)
        total += self.constants(at.own)
        beta = np.ascontiguousarray(gamma @ arrow.basis.T)
        spots, log_weights = nodes(u.shape[1], self.each)

        def one(first: int, last: int) -> Values:
            found = np.zeros(len(x))
            kernels.integrals(
                CODES[arrow.family], at.own, first, last, arrow.rows, beta, at.precision,
                at.root, u, spots, log_weights, found,
            )  # fmt: skip
            return found

        found = on_all(one, pieces(arrow.starts, len(x) * len(log_weights) / 4))
        total = total + np.sum(found, axis=0)
        return np.where(away, -np.inf, total)

    def constants(self, own: Values) -> Values:
        """Give what of the rows' log density depends on its own parameter alone, (S,)."""
        if self.arrow.family != "negative_binomial":
            return np.zeros(len(own))
        found = np.array([rising_products(self.above, value) for value in own])
        if len(self.beyond):
            shape, y = 1 / own[:, None], self.beyond
            more = gammaln(y + shape) - gammaln(LISTED + shape) - (y - LISTED) * np.log(shape)
            found += more.sum(axis=1)
        return np.asarray(found, dtype=np.float64)


def marginal(arrow: Arrow, hyper: Hyper, each: int) -> Marginal:
    """Make the posterior of a design with the eliminated coefficients integrated out."""
    counts = arrow.y if arrow.family == "negative_binomial" else np.zeros(1)
    listed = np.bincount(np.minimum(counts, LISTED).astype(np.int64))
    # how many rows have an outcome above 0, 1, ...
    above = np.ascontiguousarray(np.cumsum(listed[:0:-1])[::-1], dtype=np.float64)
    return Marginal(arrow, hyper, each, above, counts[counts > LISTED])


@dataclass(frozen=True, eq=False)
class _Peak:
    gamma: Values
    u: Values
    factor: Values
    height: float
    root: float


class _Climb:
    """Newton's method in all coefficients, step by step halved where it overshoots."""

    def __init__(self, arrow: Arrow, at: Given, prior: Values) -> None:
        self.arrow, self.at, self.prior = arrow, at, prior
        levels, k, q = arrow.levels, arrow.z.shape[1], len(arrow.basis)
        self.inverse, self.band = np.empty((levels, k, k)), np.empty((levels, k, q))
        self.pull = np.empty((levels, k))

    def top(self, gamma: Values, u: Values) -> _Peak:
        """Climb from (gamma, u) to the mode of both."""
        arrow = self.arrow
        height, root, corner, slope = self.around(gamma, u)
        for _ in range(STEPS):
            factor = self.factor(corner)
            uphill = arrow.basis.T @ slope - self.prior @ (gamma - arrow.centre)
            step = solve_factored(factor, uphill)
            whitened = np.einsum("jab,jb->ja", self.inverse, self.pull)
            gain = float(uphill @ step + (whitened**2).sum())
            if gain < CLOSE:
                break
            tied = self.pull - self.band @ (arrow.basis @ step)
            step_u = np.einsum(
                "jab,ja->jb", self.inverse, np.einsum("jab,jb->ja", self.inverse, tied)
            )
            share = 1.0
            for _ in range(HALVINGS):
                moved, moved_u = gamma + share * step, u + share * step_u
                new, root, corner, slope = self.around(moved, moved_u)
                if new >= height - 1e-9 * abs(height):
                    break
                share /= 2
            gamma, u, height = moved, moved_u, new
        return _Peak(gamma, u, factor, height, root)

    def factor(self, corner: Values) -> Values:
        """Give the factor of the dense coefficients' curvature, (r, r)."""
        return factor_of(self.arrow.basis.T @ corner @ self.arrow.basis + self.prior)

    def around(self, gamma: Values, u: Values) -> tuple[float, float, Values, Values]:
        """Expand the log density: its value, and what the next Newton step needs."""
        arrow, at = self.arrow, self.at
        beta = arrow.basis @ gamma
        q = len(beta)

        def one(first: int, last: int) -> tuple[float, float, Values, Values]:
            corner, slope = np.zeros((q, q)), np.zeros(q)
            height, root = curvature(
                CODES[arrow.family], float(at.own[0]), first, last, arrow.rows, beta,
                at.precision[0], u, self.inverse, self.band, self.pull, corner, slope,
            )  # fmt: skip
            return height, root, corner, slope

        found = on_all(one, pieces(arrow.starts))
        corner = np.sum([piece[2] for piece in found], axis=0)
        corner = np.tril(corner) + np.tril(corner, -1).T
        gap = gamma - arrow.centre
        height = sum(piece[0] for piece in found) - 0.5 * float(gap @ self.prior @ gap)
        root = sum(piece[1] for piece in found)
        return height, root, corner, np.sum([piece[3] for piece in found], axis=0)
