"""The mode of a compiled density and its curvature, and exact posteriors of mixed models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import clustermodels as cm
from clustermodels.model.build import EXPECTED
from clustermodels.spec.names import posterior_names

Array = np.ndarray
# Practically flat: the largest coefficient held here is 251, with an error of 7.
WIDE = 1e4


def flat(spec: cm.Spec) -> cm.Spec:
    """Give the document with practically flat priors on every coefficient and free effect."""
    wide = {"distribution": "normal", "mean": 0, "sd": WIDE}
    roles = {entry.name: entry.role for entry in posterior_names(spec)}
    priors = {name: wide for name, role in roles.items() if role in ("coefficient", "effects")}
    plain = spec.plain()
    return cm.read_spec(plain | {"priors": plain["priors"] | priors})


@dataclass(frozen=True, eq=False)
class Mode:
    """Where the density is highest given what is held, and the curvature there."""

    steps: int
    log_density: float
    curvature: Array
    quantities: dict[str, Array]
    slopes: dict[str, Array]
    expected: Array

    @property
    def size(self) -> int:
        return len(self.curvature)

    def value(self, weights: Mapping[str, float]) -> float:
        return float(sum(self.quantities[name] * w for name, w in weights.items()))

    def error(self, weights: Mapping[str, float]) -> float:
        """Give the delta method's error: exact, for quantities are linear in what moves."""
        slope = sum(self.slopes[name] * w for name, w in weights.items())
        return float(np.sqrt(slope @ np.linalg.solve(self.curvature, slope)))

    @property
    def log_integral(self) -> float:
        """Give the log integral over what moves: exact where the log density is quadratic."""
        log_determinant = np.linalg.slogdet(self.curvature)[1]
        return self.log_density + 0.5 * (self.size * np.log(2 * np.pi) - log_determinant)


class Density:
    """The log density that PyMC compiles from a design, with some parameters held."""

    def __init__(self, design: cm.Design, held: tuple[str, ...]) -> None:
        self.design = design
        model = cm.build_model(design)
        self.held = {v: model.values_to_rvs[v] for v in model.value_vars}
        self.held = {v: rv for v, rv in self.held.items() if rv.name.removeprefix("z_") in held}
        assert len(self.held) == len(held), (held, model.free_RVs)
        self.transforms = {v: model.rvs_to_transforms[rv] for v, rv in self.held.items()}
        self.free = [v for v in model.value_vars if v not in self.held]
        self.start = model.initial_point()
        self.names = [v.name for v in model.deterministics if v.name != EXPECTED]
        self.labels = {name: _labels(model, name) for name in self.names}
        # what is held has priors too, which are no part of the density of the rest
        counted = [model.values_to_rvs[v] for v in self.free] + model.observed_RVs
        density = model.logp(vars=counted, jacobian=False)
        gradient = self._flat(pytensor.grad(density, self.free))
        direction = pt.dvector("direction")
        product = self._flat(pytensor.grad((gradient * direction).sum(), self.free))
        outputs = model.replace_rvs_by_values([model[n] for n in (EXPECTED, *self.names)])
        # a large graph pays for compiling it well
        mode = None if sum(np.size(self.start[v.name]) for v in self.free) > 100 else "FAST_COMPILE"

        def compiled(inputs: list[Any], outs: Any) -> Any:
            return pytensor.function(inputs, outs, mode=mode, on_unused_input="ignore")

        self._density = compiled(model.value_vars, [density, gradient])
        self._product = compiled([*model.value_vars, direction], product)
        self._outputs = compiled(model.value_vars, outputs)
        self.inputs = [v.name for v in model.value_vars]

    @staticmethod
    def _flat(parts: list[Any]) -> Any:
        return pt.concatenate([part.flatten() for part in parts])

    def _point(self, x: Array, held: Mapping[str, Any]) -> list[Array]:
        point = dict(self.start) | held
        at = 0
        for variable in self.free:
            shape = np.shape(self.start[variable.name])
            size = int(np.prod(shape))
            point[variable.name] = x[at : at + size].reshape(shape)
            at += size
        return [point[name] for name in self.inputs]

    def _internal(self, held: Mapping[str, float]) -> dict[str, Array]:
        """Put sds and correlations in the user's units on the scale that NUTS moves in."""
        units = {term.sd_name: term.unit for block in self.design.blocks for term in block.terms}
        values = {}
        for variable, rv in self.held.items():
            name = rv.name.removeprefix("z_")
            number = held[name] / units.get(name, 1.0)
            if name.endswith("_correlation"):
                number = np.array([(1 + held[name]) / 2])
            forward = self.transforms[variable].forward(pt.as_tensor(number), *rv.owner.inputs)
            values[variable.name] = np.asarray(forward.eval())
        return values

    def mode(self, **held: float) -> Mode:
        """Climb by Newton steps: one is exact where the log density is quadratic."""
        fixed = self._internal(held)
        x = np.concatenate([np.ravel(self.start[v.name]) for v in self.free])
        height, gradient = self._at(x, fixed)
        steps = 0
        while steps < 60:
            steps += 1
            curvature = self._curvature(x, fixed)
            step = np.linalg.solve(curvature, gradient)
            while True:
                moved = self._at(x + step, fixed)
                if moved[0] >= height - 1e-12 * abs(height):
                    break
                step = step / 2
            x, (height, gradient) = x + step, moved
            curvature = self._curvature(x, fixed)
            if gradient @ np.linalg.solve(curvature, gradient) < 1e-12:
                break
        assert steps < 60, "no mode found"
        return self._mode(x, fixed, steps, float(height), curvature)

    def _at(self, x: Array, fixed: Mapping[str, Any]) -> tuple[Any, Array]:
        # a step of a count model may overshoot to an infinite rate, and is halved then
        with np.errstate(all="ignore"):
            height, gradient = self._density(*self._point(x, fixed))
        return height, gradient

    def _curvature(self, x: Array, fixed: Mapping[str, Any]) -> Array:
        point = self._point(x, fixed)
        return -np.array([self._product(*point, unit) for unit in np.eye(len(x))])

    def _mode(self, x: Array, fixed: Any, steps: int, height: float, curvature: Array) -> Mode:
        def read(at: Array) -> tuple[Array, dict[str, Array]]:
            expected, *values = self._outputs(*self._point(at, fixed))
            pairs = zip(self.names, values, strict=True)
            found = {
                label: number
                for name, value in pairs
                for label, number in zip(self.labels[name], np.ravel(value), strict=True)
            }
            return expected, found

        expected, here = read(x)
        moved = [read(x + unit)[1] for unit in np.eye(len(x))]
        slopes = {k: np.array([there[k] - here[k] for there in moved]) for k in here}
        return Mode(steps, height, curvature, here, slopes, expected)


def _labels(model: Any, name: str) -> list[str]:
    dims = model.named_vars_to_dims.get(name)
    if not dims:
        return [name]
    return [f"{name}[{level}]" for level in model.coords[dims[0]]]


@dataclass(frozen=True, eq=False)
class Grid:
    """The exact posterior of a Gaussian mixed model, integrated over its sds on a grid."""

    mean: Array
    sd: Array

    def of(self, position: int) -> tuple[float, float]:
        return float(self.mean[position]), float(self.sd[position])


def integrate(
    y: Array, x: Array, z: Array, precisions: Array, sigma: Array, log_prior: Array
) -> Grid:
    """Integrate a mixed model y = x b + z u + e over sds and correlations; b has a flat prior.

    At fixed sds the posterior of (b, u) is normal with precision
    M = [x z]'[x z] / sigma^2 + diag(0, P), P the prior precision of u, and the restricted
    likelihood is |P|^(1/2) |M|^(-1/2) sigma^(-n) exp{-(y'y / sigma^2 - r' M^-1 r) / 2} with
    r = [x z]'y / sigma^2 (Henderson's equations). The posterior of b is the mixture over the grid.

    Parameters
    ----------
    precisions
        (grid, q, q), P at each point of the grid.
    sigma
        (grid,), the residual sd.
    log_prior
        (grid shape), the log prior at each point with the Jacobian of the grid's spacing.
    """
    p = x.shape[1]
    whole = np.column_stack([x, z])
    cross, right = whole.T @ whole, whole.T @ y
    means, variances, heights = [], [], []
    # in pieces, for the memory of a grid of matrices
    for at in np.array_split(np.arange(len(sigma)), max(1, len(sigma) // 500)):
        m = cross / sigma[at, None, None] ** 2
        m[:, p:, p:] += precisions[at]
        r = right / sigma[at, None] ** 2
        inverse = np.linalg.inv(m)
        b = np.einsum("gij,gj->gi", inverse, r)
        heights.append(
            0.5 * np.linalg.slogdet(precisions[at])[1]
            - 0.5 * np.linalg.slogdet(m)[1]
            - len(y) * np.log(sigma[at])
            - 0.5 * (y @ y / sigma[at] ** 2 - (r * b).sum(axis=1))
        )
        means.append(b[:, :p])
        variances.append(np.diagonal(inverse, axis1=1, axis2=2)[:, :p])
    height = np.concatenate(heights).reshape(log_prior.shape) + log_prior
    weight = np.exp(height - height.max())
    weight /= weight.sum()
    edge = max(
        np.take(weight, end, axis=axis).sum() for axis in range(weight.ndim) for end in (0, -1)
    )
    assert edge < 2e-4, f"the grid is too narrow: {edge} of the weight is at its edge"
    w = weight.ravel()[:, None]
    b, v = np.concatenate(means), np.concatenate(variances)
    mean = (w * b).sum(axis=0)
    return Grid(mean, np.sqrt((w * (v + (b - mean) ** 2)).sum(axis=0)))
