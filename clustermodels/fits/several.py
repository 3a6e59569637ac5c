"""The fits of several outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

import xarray as xr

from clustermodels.errors import FitError, choices
from clustermodels.fits.prefixed import joined
from clustermodels.fits.record import Fit
from clustermodels.spec.document import Spec


@dataclass(frozen=True, eq=False)
class Fits:
    """The fits of a document with several outcomes.

    Every verb answers for one of them: ``summary(made.of("papers"))``, or for each,
    ``{name: summary(run) for name, run in made.runs.items()}``.

    Parameters
    ----------
    document
        The whole document.
    runs
        By outcome: the fit of its equation.
    shared
        Draws of what equations that are fitted jointly have in common, dims (chain, draw, ..):
        ``correlation_of_effects`` and ``correlation_of_residuals``, along pairs of different
        outcomes; empty where they are fitted one by one.
    """

    document: Spec
    runs: Mapping[str, Fit]
    shared: xr.Dataset = field(default_factory=xr.Dataset)

    def of(self, outcome: str) -> Fit:
        """Give the fit of one outcome.

        Raises
        ------
        FitError
            If there is no such outcome.
        """
        if outcome not in self.runs:
            raise FitError(
                f"there is no fit of '{outcome}' because it is no outcome of the document. "
                f"Choose among: {choices(self.runs)}."
            )
        return self.runs[outcome]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes, in the document's order."""
        return (*self.runs,)

    @cached_property
    def tree(self) -> xr.DataTree:
        """The draws of all equations as one DataTree, for ArviZ.

        Names and dimensions carry their outcome (``papers::policies``, ``papers::cluster``);
        ``log_likelihood`` and ``observed_data`` hold a variable by the name of each outcome. A draw
        of one equation and the draw of another in the same place are one draw of all where the
        outcomes are fitted jointly, and ``posterior`` then holds what they share; else they are
        independent. Log likelihoods are each outcome's own.
        """
        whole = joined({outcome: run.tree for outcome, run in self.runs.items()})
        if self.shared.data_vars:
            both = whole["posterior"].to_dataset().merge(self.shared)
            whole["posterior"] = xr.DataTree(both)
        return whole

    def __getattr__(self, name: str) -> NoReturn:
        """Send what is asked of one fit to the fits."""
        raise AttributeError(
            f"these are the fits of {choices(self.__dict__.get('runs', {}))}, and '{name}' is of "
            "one: choose it with .of(OUTCOME)"
        )
