"""How much each row counts in the likelihood.

Of a row of weight w, precision divides its variance by w; frequency and sampling multiply its log
likelihood by w. Weights of precision and of sampling are divided by their mean over the rows, as
Stata's aweights and pweights are: only their proportions count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Reader, Values
from clustermodels.spec.document import Spec
from clustermodels.spec.reads import Read

Rows = Callable[[Values, Values, Values, Mapping[str, Values]], Values]


@dataclass(frozen=True, eq=False)
class Weighed:
    """Weights of rows.

    Parameters
    ----------
    values
        (obs,), above 0.
    precision
        Whether they divide the variance, instead of multiplying the log likelihood.
    """

    values: Values
    precision: bool

    def parameters(self, given: Mapping[str, Values]) -> dict[str, Values]:
        """Give a family's parameters with the sd of each row, (.., obs)."""
        if not self.precision:
            return dict(given)
        return {**given, "sigma": given["sigma"] / np.sqrt(self.values)}

    def of(self, rows: Rows) -> Rows:
        """Give what weighs the log density of rows, or one of its derivatives."""

        def weighed(y: Values, eta: Values, trials: Values, given: Mapping[str, Values]) -> Values:
            found = rows(y, eta, trials, self.parameters(given))
            return found if self.precision else np.asarray(self.values * found)

        return weighed


def weighed(spec: Spec, rows: Reader) -> Weighed | None:
    """Read the weights of the used rows; None where the document has none."""
    own = spec.outcome[1].weights
    if own is None:
        return None
    values = rows.numbers(Read(own.column))
    scaled = values if own.kind == "frequency" else values / values.mean()
    return Weighed(scaled, own.kind == "precision")
