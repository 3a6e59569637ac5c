"""The likelihood of a model with predetermined columns, its cluster effects integrated out.

Written from the formulas, on the numbers of a Design; it shares no code with the compiled model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from clustermodels.data.design import Design

Array = np.ndarray
HALF = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True, eq=False)
class Marginal:
    """p(outcomes, predetermined columns | coefficients, sds), all on the internal scale.

    A point holds the outcome's coefficients, the sd of effects, log sigma; then of each column its
    coefficients, loadings and log sds.
    """

    design: Design
    x: Array
    cluster: Array

    @property
    def sizes(self) -> list[int]:
        sizes = [self.x.shape[1], 1, 1]
        for each in self.design.feedback:
            count = max(len(each.equations), 1)
            sizes += [each.values.shape[1], count, count]
        return sizes

    def parts(self, point: Array) -> list[Array]:
        return np.split(point, np.cumsum(self.sizes)[:-1])

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Give the log density and its gradient, the latter by Fisher's identity."""
        beta, tau, log_sigma, *rest = self.parts(point)
        sigma2 = np.exp(2 * log_sigma)
        pieces = [(self.design.outcome.values - self.x @ beta, self.cluster, tau[0], sigma2[0])]
        for at, each in enumerate(self.design.feedback):
            b, load, log_s = rest[3 * at : 3 * at + 3]
            s2, e = np.exp(2 * log_s), each.equation
            left = each.response - each.values @ b
            pieces.append((left, self.cluster[each.rows], load[e], s2[e]))
        total, a, told = 0.0, np.ones(self.cluster.max() + 1), 0.0
        for left, of, load, s2 in pieces:
            total += float(np.sum(-0.5 * left**2 / s2 - 0.5 * np.log(s2) - HALF))
            a = a + np.bincount(of, load**2 / s2 + 0 * left)
            told = told + np.bincount(of, load * left / s2)
        mean, var = told / a, 1 / a
        total += float(np.sum(0.5 * told * mean - 0.5 * np.log(a)))
        gradient = []
        for k, (left, of, load, s2) in enumerate(pieces):
            m, v = mean[of], var[of]
            values = self.x if k == 0 else self.design.feedback[k - 1].values
            e = 0 * of if k == 0 else self.design.feedback[k - 1].equation
            gradient.append(values.T @ ((left - load * m) / s2))
            gradient.append(np.bincount(e, (m * left - load * (m**2 + v)) / s2))
            gradient.append(np.bincount(e, ((left - load * m) ** 2 + load**2 * v) / s2 - 1))
        return total, np.concatenate(gradient)


def marginal(design: Design) -> Marginal:
    """Take the outcome's columns: 1, common blocks, and years but the first."""
    columns = [np.ones((len(design.years), 1))]
    for block in design.blocks:
        if block.factor is None:
            columns.append(block.values)
        elif block.pooling == "free":
            columns.append(block.factor.codes[:, None] == np.arange(1, len(block.factor.levels)))
        else:
            cluster = block.factor.codes
    return Marginal(design, np.column_stack(columns).astype(float), cluster)


def highest(of: Marginal) -> tuple[Array, Array]:
    """Climb to the maximum; give it and the covariance that the curvature there says."""
    start = []
    for k, size in enumerate(of.sizes):
        start.append(np.zeros(size) if k % 3 != 1 else np.full(size, 0.5))
    y, each = of.design.outcome.values, of.design.feedback
    start[0] = np.linalg.lstsq(of.x, y, rcond=None)[0]
    start[1], start[2] = np.array([y.std() / 2]), np.log([y.std()])
    for k, one in enumerate(each, 1):
        start[3 * k] = np.linalg.lstsq(one.values, one.response, rcond=None)[0]
    point = np.concatenate(start)

    def down(at: Array) -> tuple[float, Array]:
        value, slope = of(at)
        return -value, -slope

    point = minimize(down, point, jac=True, method="L-BFGS-B", options={"maxiter": 3000}).x
    for _ in range(20):
        curvature = hessian(of, point)
        step = np.linalg.solve(curvature, of(point)[1])
        point = point + step
        if np.abs(step).max() < 1e-8:
            break
    return point, np.linalg.inv(hessian(of, point))


def hessian(of: Marginal, point: Array) -> Array:
    """Give minus the second derivatives, by differences of the gradient."""
    rows = []
    for i in range(len(point)):
        h = np.zeros(len(point))
        h[i] = 1e-5 * max(1.0, abs(point[i]))
        rows.append((of(point - h)[1] - of(point + h)[1]) / (2 * h[i]))
    curvature = np.array(rows)
    return (curvature + curvature.T) / 2
