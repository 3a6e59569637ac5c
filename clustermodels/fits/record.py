"""A fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.design import Design, design
from clustermodels.data.horizon import extended, last_fitted
from clustermodels.data.learned import Learned
from clustermodels.data.new_levels import with_new_levels
from clustermodels.data.panel import Panel
from clustermodels.spec.document import Spec


@dataclass(frozen=True)
class Independent:
    """What holds of draws that are independent of each other, as those of a chain are not.

    Parameters
    ----------
    draws
        How many there are.
    effective_draws
        How many equally weighted ones they are worth.
    pareto_k
        The shape of the importance weights' tail; nan where no weights were needed, minus infinity
        where none is much larger than the others.
    points
        How many points of hyperparameters and common coefficients were weighted.
    least_acceptance, least_accepted
        The least share of accepted proposals for the own coefficients of a level, and the level;
        1 where these were drawn exactly.
    """

    draws: int
    effective_draws: float
    pareto_k: float
    points: int
    least_acceptance: float = 1.0
    least_accepted: str = ""


@dataclass(frozen=True, eq=False)
class Fit:
    """Draws from a posterior, with everything that made them.

    Parameters
    ----------
    spec
        The document.
    panel
        The panel that was fitted.
    learned
        What that panel taught; every counterfactual is designed with it.
    tree
        DataTree with ``posterior``, ``sample_stats``, ``log_likelihood``, ``log_prior``,
        ``observed_data`` and ``unconstrained_posterior``, as ArviZ names them.
    """

    spec: Spec
    panel: Panel
    learned: Learned
    tree: xr.DataTree

    @property
    def posterior(self) -> xr.Dataset:
        """The posterior draws, in the user's units, dims (chain, draw, ...)."""
        return self.tree["posterior"].to_dataset()

    @property
    def independent(self) -> Independent | None:
        """What the engine says of independent draws; None where draws are of chains."""
        if "sample_stats" not in self.tree.children:
            return None
        said = self.tree["sample_stats"].attrs
        if not said.get("independent"):
            return None
        draws = int(np.prod([self.tree["posterior"].sizes[dim] for dim in ("chain", "draw")]))
        effective = min(float(said["effective_draws"]), float(draws))
        return Independent(
            draws,
            effective,
            float(said["pareto_k"]),
            int(said["points"]),
            float(said.get("least_acceptance", 1.0)),
            str(said.get("least_accepted", "")),
        )

    def design(self, panel: Panel | None = None) -> Design:
        """Build the design of the fitted panel again, or of an edited one."""
        return self._fitted if panel is None else design(self.spec, panel, self.learned)

    def answered(self) -> Design:
        """Build the design of all rows that are predicted: the fitted ones, and others."""
        whole, learned = self.whole
        panel = answered(whole)
        return self.design() if panel is self.panel else design(self.spec, panel, learned)

    def drawn(self) -> dict[str, NDArray[np.float64]]:
        """Give the draws of every name, (S, ...), for the levels of all rows that are predicted."""
        draws = flat(self.posterior)
        if self.spec.horizon is None:
            return draws
        return with_new_levels(self.spec, self.answered(), draws)

    @cached_property
    def whole(self) -> tuple[Panel, Learned]:
        """The panel with the years ahead that the document predicts, and their levels learned."""
        return extended(self.spec, self.panel, self.learned)

    def ahead(self, years: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows are beyond the fitted years, as the document's horizon is."""
        return np.asarray((years > last_fitted(self.panel)) & (self.spec.horizon is not None))

    @cached_property
    def _fitted(self) -> Design:
        return design(self.spec, self.panel, self.learned)


def flat(posterior: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Give every posterior name as (S, ...), chains one after another."""
    stacked = {}
    for name, values in posterior.data_vars.items():
        array = values.transpose("chain", "draw", ...).to_numpy()
        stacked[str(name)] = array.reshape(-1, *array.shape[2:])
    return stacked
