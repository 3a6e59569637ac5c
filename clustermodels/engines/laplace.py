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
from clustermodels.engines.expansion import expansion
from clustermodels.engines.given import (
    Given,
    dense_precision,
    factor_of,
    given,
    log_dense_prior,
    solve_factored,
)
from clustermodels.engines.hyper import Hyper
from clustermodels.engines.lanes import blocks, filled, together
from clustermodels.engines.likelihoods import CODES, rising_products
from clustermodels.engines.pieces import on_all, pieces
from clustermodels.engines.quadrature import nodes

# Newton steps in the dense coefficients, and the gain in log density at which they end; below the
# same gain the search for the mode of each level's own coefficients ends.
STEPS = 60
CLOSE = 1e-7
# The gain where coefficients are integrated by quadrature: the last step's is foreseen.
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
class Score:
    """The log density of the rows at S points, with the eliminated coefficients integrated out.

    Parameters
    ----------
    height, root
        (S,): the log of the levels' integrals, but for the roots of their curvatures'
        determinants; the logs of these.
    slope, corner
        (S, q) and (S, q, q): gradient, and curvature by Laplace's method.
    """

    height: Values
    root: Values
    slope: Values
    corner: Values


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

    def expand(self, x: Values, near: Expansion | None = None) -> list[Expansion]:
        """Climb to the dense coefficients' modes at points x, (S, d), and integrate around them."""
        arrow = self.arrow
        k = arrow.z.shape[1]
        numbers = (len(arrow.basis) ** 2, arrow.levels * k, self.each**k * k)
        most = together(len(x), int(np.diff(arrow.starts).max()), *numbers)
        x = self.hyper.inside(x)
        parts = [x[start : start + most] for start in range(0, len(x), most)]
        return [found for part in parts for found in self._expand(part, near)]

    def _expand(self, x: Values, near: Expansion | None) -> list[Expansion]:
        arrow, points = self.arrow, len(x)
        at = given(arrow, self.hyper, x)
        prior = dense_precision(arrow, at)
        centre = np.tile(arrow.centre, (points, 1))
        constant = (
            log_dense_prior(arrow, at, centre)
            + self.hyper.log_prior(x)
            + self.constants(at.own)
            + arrow.levels * at.root
        )
        gamma, modes = centre, np.zeros((arrow.levels, arrow.z.shape[1], points))
        if near is not None:
            gamma = np.tile(near.centre, (points, 1))
            # one of a part of the levels says nothing about theirs
            if len(near.u) == arrow.levels:
                modes = np.repeat(near.u[..., None], points, 2)
        if self.each == 1 or near is None:
            gamma, factor, height, root = self._climb(at, prior, gamma, modes, 1)
            height -= root
        if self.each > 1:
            gamma, factor, height, _ = self._climb(at, prior, gamma, modes, self.each)
        logs = constant + height - np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        return [
            Expansion(x[s], float(logs[s]), gamma[s], factor[s], modes[..., s])
            for s in range(points)
        ]

    def _climb(
        self, at: Given, prior: Values, gamma: Values, modes: Values, each: int
    ) -> tuple[Values, Values, Values, Values]:
        """Climb in the dense coefficients by Newton's method, each point for itself.

        With one node of quadrature to the mode of all coefficients, step by step halved where it
        overshoots; with more, to that of the dense ones, the others integrated out at every step.
        The curvature is then that of Laplace's method, which is close: so are the steps.

        Parameters
        ----------
        at, prior, gamma
            S points; (S, r, r); where the climb begins, (S, r).
        modes
            (J, k, S): moved along.
        each
            Nodes of quadrature.

        Returns
        -------
        gamma, factor, height, root
            (S, r); (S, r, r) of the curvature; the log density with its prior's square, and the
            part of it, for one node, that integrating by Laplace's method takes away.
        """
        points, r = gamma.shape
        close = CLOSE if each == 1 else CLOSE_ENOUGH
        gamma, step, halvings = gamma.copy(), np.zeros((points, r)), np.zeros(points, dtype=int)
        factor, height, root = np.empty((points, r, r)), np.full(points, -np.inf), np.empty(points)
        going = np.arange(points)
        for _ in range(STEPS):
            here = modes[:, :, going]
            moved = gamma[going] + step[going]
            found = self.score(moved, at.some(going), here, each)
            gap = moved - self.arrow.centre
            drawn_back = np.einsum("sab,sb->sa", prior[going], gap)
            new = found.height - 0.5 * (gap * drawn_back).sum(axis=1)
            # no number is no climb either: a step may lead beyond their range
            climbed = np.isfinite(new)
            if each == 1:
                climbed &= new >= height[going] - 1e-9 * np.abs(height[going])
            else:
                new = new - found.root
            worse = ~climbed & (halvings[going] < HALVINGS)
            modes[:, :, going[~worse]] = here[..., ~worse]
            step[going[worse]] /= 2
            halvings[going[worse]] += 1
            took, better = going[~worse], ~worse
            if not np.isfinite(new[better]).all():
                raise FloatingPointError("the log density at a mode is no number")
            gamma[took], height[took], root[took] = moved[better], new[better], found.root[better]
            halvings[took] = 0
            basis = self.arrow.basis
            factor[took] = factor_of(basis.T @ found.corner[better] @ basis + prior[took])
            pull = found.slope[better] @ basis - drawn_back[better]
            shift = solve_factored(factor[took], pull)
            gain = (pull * shift).sum(axis=1)
            step[took] = shift
            done = took[gain < close]
            if each > 1:
                height[took] += 0.5 * np.where(gain < close, gain, 0.0)
                gamma[done] += step[done]
            going = np.setdiff1d(going, done)
            if not len(going):
                break
        return gamma, factor, height, root

    def score(self, gamma: Values, at: Given, modes: Values, each: int) -> Score:
        """Give sum_j log p(y_j | gamma), its gradient and its curvature, at S points (S, r).

        ``modes``, (J, k, S), are moved to each level's mode.
        """
        arrow = self.arrow
        points, q = len(gamma), len(arrow.basis)
        x, log_weights = nodes(arrow.z.shape[1], each)
        side = blocks(at.own, gamma @ arrow.basis.T, at.precision, filled(points), runs=False)
        own, beta, precision = side.own[0], side.beta[0], side.precision[0]
        # in C order, which indexing alone does not promise: a kernel is compiled for each order
        lanes, moved = len(own), np.ascontiguousarray(modes[..., side.place[0]])
        close = CLOSE if each == 1 else kernels.CLOSE

        def one(first: int, last: int) -> tuple[Values, ...]:
            found = (
                np.zeros(lanes),
                np.zeros(lanes),
                np.zeros((q, lanes)),
                np.zeros((q, q, lanes)),
            )
            expansion(
                CODES[arrow.family], own, first, last, arrow.rows, beta, precision, moved,
                close, x, log_weights, *found,
            )  # fmt: skip
            return found

        parts = pieces(arrow.starts, points * (1 + len(log_weights) / 4))
        height, root, slope, corner = (
            np.sum(same, axis=0)[..., :points] for same in zip(*on_all(one, parts), strict=True)
        )
        modes[...] = moved[..., :points]
        corner = np.moveaxis(corner, -1, 0)
        corner = np.tril(corner) + np.swapaxes(np.tril(corner, -1), 1, 2)
        return Score(height, root, slope.T, corner)

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
        lanes = together(len(x), int(np.diff(arrow.starts).max()), self.each ** u.shape[1])
        side = blocks(at.own, gamma @ arrow.basis.T, at.precision, lanes, runs=False)
        spots, log_weights = nodes(u.shape[1], self.each)
        u = np.ascontiguousarray(u)

        def one(first: int, last: int) -> Values:
            found = np.zeros(side.own.shape)
            kernels.integrals(
                CODES[arrow.family], side.own, first, last, arrow.rows, side.beta, side.precision,
                u, spots, log_weights, found,
            )  # fmt: skip
            return found

        found = on_all(one, pieces(arrow.starts, len(x) * len(log_weights) / 4))
        total += arrow.levels * at.root + np.sum(found, axis=0).ravel()[: len(x)]
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
