"""Does a policy follow past outcomes? What a dynamic model that takes it for given would miss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from clustermodels.data.factors import residual
from clustermodels.data.panel import Panel, Positions, Values, reader
from clustermodels.data.persistence import bias_corrected
from clustermodels.errors import Finding
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import form_of
from clustermodels.spec.reads import Read
from clustermodels.spec.treatments import Dose

# A z value beyond it is no accident, though several policies are asked.
CLEAR = 3.0
# With fewer clusters a sum over them has no law to speak of.
FEWEST = 10


def follows_findings(spec: Spec, panel: Panel) -> Iterator[Finding]:
    r"""Find doses that next year's value of goes with this year's error of the outcome.

    Within clusters and years, the outcome is regressed on its past, on the dose, and on the dose
    one year later, a lead: $y_{it} = \rho y_{i,t-1} + \beta x_{it} + \gamma x_{i,t+1} + ..$. Where
    the policy reacts to no outcome, the lead says nothing. The past's coefficient is first freed of
    the within estimator's bias, which would spill over to it. Its z value is by clusters; counts
    and amounts enter as logs of one more.
    """
    if spec.dynamics is None:
        return
    column = spec.outcome[1].column or ""
    for name, dose in spec.treatments.items():
        if name in spec.predetermined() or name in spec.distributed() or not isinstance(dose, Dose):
            continue
        z = _lead(spec, panel, Read(column), dose)
        if abs(z) < CLEAR:
            continue
        gaussian = spec.outcome[1].family == "gaussian"
        yield Finding(
            "follows_outcome",
            "warning",
            f"{name} a year later goes with {column} of this year (z = {z:.1f}), given the "
            f"outcome's past and {name} itself, within clusters and years",
            "The policy may follow past outcomes. Then its means hold errors that are yet to come, "
            "and its effect is off in a short panel.",
            "Write 'dynamics: {predetermined: [" + name + "]}'."
            if gaussian
            else "Compare a gaussian outcome, its log, with 'dynamics: {predetermined: ["
            + name
            + "]}'; or read the effect with that doubt.",
            f"treatments.{name}",
            spec.source.line(("treatments", name)),
        )


def _lead(spec: Spec, panel: Panel, outcome: Read, dose: Dose) -> float:
    """Give the z value of the dose one year later; 0 where it cannot be told."""
    rows, (read,) = reader(panel), dose.reads()
    later = Read(read.column, read.lag - 1)
    y = rows.numbers(outcome)
    past = [rows.numbers(each) for each in spec.lagged().values()]
    if form_of(find(spec.outcome[1].family)) != "level":
        y, past = np.log1p(np.maximum(y, 0)), [np.log1p(np.maximum(each, 0)) for each in past]
    table = np.column_stack([rows.numbers(later), rows.numbers(read), *past, y])
    known = np.isfinite(table).all(axis=1)
    cluster, _ = pd.factorize(rows.clusters[known])
    year, _ = pd.factorize(rows.years[known])
    if not known.any() or cluster.max() + 1 < FEWEST:
        return 0.0
    within = np.column_stack([residual(each, [cluster, year]) for each in table[known].T])
    y, doses, past_within = within[:, -1], within[:, :2], within[:, 2:-1]
    columns, clusters = np.column_stack([past_within, doses]), int(cluster.max()) + 1
    periods, lags = len(y) / clusters, past_within.shape[1]
    if periods <= lags + 1:
        return 0.0
    rhos, _ = bias_corrected(y, columns, clusters, periods, lags=lags, years=int(year.max()))
    return _z(y - past_within @ rhos, doses, cluster)


def _z(y: Values, x: Values, cluster: Positions) -> float:
    """Give the first coefficient by its cluster-robust error (Liang & Zeger 1986)."""
    if np.linalg.matrix_rank(x) < x.shape[1] or x[:, 0].std() == 0:
        return 0.0
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    scores = (x @ bread[0]) * (y - x @ beta)
    groups = int(cluster.max()) + 1
    variance = float((np.bincount(cluster, scores) ** 2).sum()) * groups / (groups - 1)
    return float(beta[0] / np.sqrt(variance)) if variance > 0 else 0.0
