"""What the tests and the table do with a case: read it, build its density, fit it."""

from __future__ import annotations

import runpy
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import arviz_stats
import numpy as np

import clustermodels as cm
from clustermodels.results.summary import summary
from tests.reference.cases import SPECS, Number, Row
from tests.reference.oracles import Density, Mode, flat

# Enough for 4,000 effective draws of every quantity compared, also of its sd.
DRAWS = 5000


@dataclass(frozen=True, eq=False)
class Case:
    """A row with a folder of its own, where a shipped example makes its panel."""

    row: Row
    folder: Path

    @cached_property
    def spec(self) -> cm.Spec:
        if not isinstance(self.row.document, str):
            return cm.read_spec(self.row.document)
        for name in ("spec.yaml", "make_panel.py"):
            shutil.copy(SPECS / self.row.document / name, self.folder / name)
        runpy.run_path(str(self.folder / "make_panel.py"), run_name="__main__")
        return cm.read_spec(self.folder / "spec.yaml")

    @cached_property
    def table(self):
        return self.row.table() if self.row.table else None

    @cached_property
    def held(self) -> dict[str, float]:
        """The printed sds of a pooled row, as our variables mean them."""
        held = {name: float(value) for name, value in self.row.held.items()}
        if "at_0" not in held:
            return held
        # a + b t = (a + 4.5 b) + b (t - 4.5): our cluster effects are those of the mean day
        a, b, r = held.pop("at_0"), held["day_sd"], held.pop("correlation")
        covariance = r * a * b + 4.5 * b**2
        at_mean = np.sqrt(a**2 + 2 * 4.5 * r * a * b + (4.5 * b) ** 2)
        held["cluster_effect_sd"] = float(at_mean)
        held["cluster_effect_correlation"] = float(covariance / (at_mean * b))
        return held

    def density(self, *, own_priors: bool = False) -> Density:
        """Compile the density: with flat priors, or with those of the document itself."""
        spec = self.spec if own_priors else flat(self.spec)
        panel = cm.read_panel(self.spec, self.table)
        design = cm.design(spec, panel, cm.learn(spec, panel))
        return Density(design, tuple(self.held) or tuple(design.outcome.parameters))

    def mode(self, density: Density) -> Mode:
        """Give the mode at the printed sds, or at the residual sd sqrt(RSS / (N - K))."""
        if self.held:
            return density.mode(**self.held)
        if "sigma" not in density.design.outcome.parameters:
            return density.mode()
        rough = density.mode(sigma=1.0)
        y = density.design.outcome.values
        left = len(y) - rough.size
        return density.mode(sigma=float(np.sqrt(np.sum((y - rough.expected) ** 2) / left)))

    @cached_property
    def fit(self) -> cm.Fit:
        """Fit the document as it stands, with more draws than it asks for."""
        engine = self.spec.engine.model_copy(update={"draws": DRAWS})
        return cm.fit(self.spec.model_copy(update={"engine": engine}), self.table)

    def draws(self, number: Number) -> np.ndarray:
        """Give the draws of a number's quantity, (chain, draw)."""
        posterior = self.fit.posterior
        total = np.zeros((posterior.sizes["chain"], posterior.sizes["draw"]))
        for name, weight in number.weights.items():
            base, _, level = name.partition("[")
            values = posterior[base]
            if level:
                (dim,) = set(values.dims) - {"chain", "draw"}
                levels = [str(label) for label in values[dim].to_numpy()]
                values = values.isel({dim: levels.index(level.rstrip("]"))})
            total += weight * values.to_numpy()
        return total

    @cached_property
    def robust(self) -> dict[str, float]:
        """The cluster-robust sd of every quantity that has one."""
        table = summary(self.fit)
        pairs = zip(table["quantity"].values, table["robust_sd"].values, strict=True)
        return {str(name): float(sd) for name, sd in pairs if np.isfinite(sd)}


def effective(draws: np.ndarray) -> float:
    """Give the smaller effective sample size: of the mean (bulk), or of the sd."""
    return float(min(arviz_stats.ess(draws, method=kind) for kind in ("bulk", "sd")))


def half_a_digit(printed: str) -> float:
    """Give the most that rounding to the printed digits can have moved a number."""
    _, _, decimals = printed.partition(".")
    return 0.5 * 10.0 ** -len(decimals) * (1 + 1e-9)


def error_factor(row: Row, mode: Mode) -> float:
    """Give what the printed errors are multiplied by.

    Some packages multiply every error by sqrt((N - 1) / (N - K)), which a Poisson likelihood does
    not have; K counts every coefficient.
    """
    n = len(mode.expected)
    return float(np.sqrt((n - 1) / (n - mode.size))) if row.adjusted_errors else 1.0
