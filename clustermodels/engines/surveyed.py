"""The hyperparameters' posterior: where it is, its shape, what coefficients do along it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.engines.bent import Bent, Folded, Sampled
from clustermodels.engines.conditional import Conditional, conditional
from clustermodels.engines.explore import adapted, peak, polished, proposal
from clustermodels.engines.hyper import Hyper
from clustermodels.engines.laplace import Expansion

Expand = Callable[[Values, Expansion | None], list[Expansion]]

# Rows that all points of one round of importance sampling may visit together, and how few and how
# many points a round may have: these, and these for each hyperparameter.
VISITS = 600_000
FEWEST, MOST_EACH = 24, 10
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Survey:
    """What the survey found.

    Parameters
    ----------
    mode, sds
        (d,): of the hyperparameters.
    among
        A proposal that covers their posterior.
    given
        The dense coefficients given them.
    top
        The best expansion that was met.
    """

    mode: Values
    sds: Values
    among: Folded
    given: Conditional
    top: Expansion


class _Recorder:
    """The log marginal density, and every expansion that was made for it."""

    def __init__(self, expand: Expand, near: Expansion | None) -> None:
        self.expand, self.near = expand, near
        self.top: Expansion | None = None
        self.points: list[Expansion] = []

    def __call__(self, x: Values) -> Values:
        if self.top is None and len(x) > 1:
            # the way to the first mode is long: one goes it for all
            return np.concatenate([self(x[:1]), self(x[1:])])
        found = self.expand(x, self.top or self.near)
        best = max(found, key=lambda point: point.log_marginal)
        if self.top is None or best.log_marginal > self.top.log_marginal:
            # a copy, as modes of other points stand between its own
            self.top = replace(best, u=best.u.copy())
        self.points += [replace(point, u=np.empty((0, 0))) for point in found]
        return np.array([point.log_marginal for point in found])


def survey(
    expand: Expand, hyper: Hyper, rows: int, rng: np.random.Generator, pilot: Survey | None = None
) -> Survey:
    """Find the hyperparameters' posterior.

    Parameters
    ----------
    expand
        Expands around points of the hyperparameters, from an expansion nearby.
    hyper
        The hyperparameters.
    rows
        How many rows an expansion visits.
    rng
        The generator of points.
    pilot
        A survey of a part of the rows, from which to start.
    """
    if not hyper.size:
        (top,) = expand(np.empty((1, 0)), None if pilot is None else pilot.top)
        none = np.empty(0)
        bent = Bent(np.empty(0, dtype=bool), none)
        among = Folded(bent, proposal(none, np.empty((0, 0))))
        return Survey(none, none, among, conditional([top], bent), top)
    record = _Recorder(expand, None if pilot is None else pilot.top)
    if pilot is None:
        mode, covariance = peak(record, hyper.start)
    else:
        mode, covariance = polished(record, pilot.mode, pilot.sds)
    # where the climb came from says little about where draws will be
    record.points = record.points[-2 * hyper.size**2 :]
    bent = Bent(hyper.positive, mode)
    slopes = np.where(hyper.positive, np.tanh(np.arcsinh(1.0)), 1.0)
    first = proposal(bent.y(mode), covariance * np.outer(slopes, slopes))
    among = Folded(bent, first)
    most = MOST_EACH * hyper.size + FEWEST
    count = int(np.clip(VISITS // rows, FEWEST, most))
    sampled = Sampled(np.empty((0, hyper.size)), np.empty(0), (), ())
    for _ in range(ROUNDS if pilot is None and count == most else 1):
        x = among.draw(rng, count)
        logs = record(x)
        sampled = sampled.joined(x, logs, among)
        among = Folded(bent, adapted(bent.y(sampled.x), sampled.weights(), first, rng))
    assert record.top is not None
    sds = np.sqrt(np.diag(covariance))
    return Survey(mode, sds, among, conditional(record.points, bent), record.top)
