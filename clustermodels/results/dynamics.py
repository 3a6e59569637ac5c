"""What the outcome's past does: persistence, long-run effects, and responses year by year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.persistence import largest_root
from clustermodels.data.predictor import Draws, internal, without_past
from clustermodels.data.transforms import forward
from clustermodels.errors import FitError
from clustermodels.families.family import mean
from clustermodels.families.table import find
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.effects import moderator_values, own_slope
from clustermodels.results.intervals import increase, summarised
from clustermodels.spec import names
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import INTERCEPT

# The long run of a simulated response is the mean of the last of so many years.
LATER, LAST = 60, 20
# Clusters times draws times paths that are simulated, about, and the fewest draws.
NUMBERS, FEWEST = 40_000, 100

Row = tuple[str, str, float, str, str, float]


def dynamics(fit: Fit, years: int = 10) -> xr.Dataset:
    r"""Answer how long an effect lasts and where it leads, in a model with the outcome's past.

    With an identity link the response to a step x of a treatment with slope b follows
    $r_h = b x_h + \sum_k \rho_k r_{h-k}$: the long run is $b / (1 - \sum_k \rho_k)$. Otherwise
    clusters at their own mean outcome and predictor are drawn forward with and without the step, by
    the same shocks, and responses are ratios (log link) or differences (logit link) of their sums.

    Parameters
    ----------
    fit
        Of a document with ``dynamics``.
    years
        How many years responses are followed.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper``, ``probability`` (of being
        above the number that stands for no effect; nan for years), with coordinates
        ``treatment``, ``quantity``, ``years_since``, ``scale``, and ``per``, the step in words.
        Quantities are ``persistence``, the sum of the past's coefficients; ``half_life`` in
        years, infinite where nothing is forgotten; ``short_run`` and ``long_run`` effects;
        ``one_year`` and ``lasting``, the responses to a step that is taken back after a year,
        and to one that stays.

    Raises
    ------
    FitError
        If the document has no dynamics, or the years are negative.

    Notes
    -----
    Treatments move by the step in ``per``, moderators stand at each cluster's mean. A draw whose
    past has a root of 1 or more has no long run: it counts as infinite. Of a yes or no persistence
    is in log odds, and has no half-life.

    References
    ----------
    Hamilton, J. D. (1994). Time Series Analysis. Princeton University Press, chapter 1.
    """
    if years < 0:
        raise FitError(f"responses cannot be followed because {years} years lie in the past")
    if fit.spec.dynamics is None:
        raise FitError(
            "responses over time cannot be given because the document has no 'dynamics': its "
            "outcome does not depend on its own past"
        )
    rows = [*_persistence(fit), *_responses(fit, years)]
    labels, draws = zip(*rows, strict=True)
    *about, neutral = zip(*labels, strict=True)
    numbers = [summarised(values) for values in draws]
    chances = [
        increase(values, none) if np.isfinite(none) else np.nan
        for values, none in zip(draws, neutral, strict=True)
    ]
    return answers(
        dict(zip(("treatment", "quantity", "years_since", "scale", "per"), about, strict=True)),
        {key: np.array([number[key] for number in numbers]) for key in numbers[0]}
        | {"probability": np.array(chances)},
    )


def _persistence(fit: Fit) -> Iterator[tuple[Row, Values]]:
    rhos = _rhos(fit, flat(fit.posterior))
    yield ("", "persistence", np.nan, "coefficient", "", 0.0), rhos.sum(axis=1)
    if find(fit.spec.outcome[1].family).link.name == "logit":
        return  # log odds, of which no half is forgotten in so many years
    yield ("", "half_life", np.nan, "years", "", np.nan), half_life(rhos)


def _rhos(fit: Fit, draws: Draws) -> Values:
    """Give the coefficients of the past, (S, lag)."""
    return np.stack([np.asarray(draws[name]) for name in fit.spec.lagged()], axis=1)


def half_life(rhos: Values) -> Values:
    r"""Give the years until half of a shock is forgotten, (S,): $\log 0.5 / \log |\lambda|$.

    With $\lambda$ the largest root of $\lambda^p - \rho_1 \lambda^{p-1} - \dots - \rho_p$: 0 where
    nothing is remembered, infinite from a modulus of 1.

    Examples
    --------
    >>> half_life(np.array([[0.5], [0.0], [1.0]])).tolist()
    [1.0, 0.0, inf]
    """
    largest = largest_root(rhos)
    inside = (largest > 0) & (largest < 1)
    years = np.log(0.5) / np.log(np.where(inside, largest, 0.5))
    return np.where(inside, years, np.where(largest > 0, np.inf, 0.0))


def _responses(fit: Fit, years: int) -> Iterator[tuple[Row, Values]]:
    design = fit.design()
    link = design.outcome.family.link
    scale = "ratio" if link.effect == "ratio" else "difference"
    none = 1.0 if scale == "ratio" else 0.0
    draws = flat(fit.posterior)
    if link.name != "identity":
        draws = _some(draws, len(np.unique(design.clusters)))
    world = None if link.name == "identity" else _world(fit, design, draws)
    for treatment, item in fit.spec.treatments.items():
        if item.lag < 0:
            continue  # a lead is no effect
        shift, per = _shift(fit, design, treatment, draws)
        if world is None:
            one, lasting, end = _followed(_rhos(fit, draws), shift.mean(axis=1), years)
        else:
            one, lasting, end = world.responses(shift, years, fit.spec.engine.seed)
        about = (scale, per, none)
        yield (treatment, "short_run", np.nan, *about), lasting[0]
        yield (treatment, "long_run", np.nan, *about), end
        for quantity, path in (("one_year", one), ("lasting", lasting)):
            for since, values in enumerate(path):
                yield (treatment, quantity, float(since), *about), values


def _followed(rhos: Values, shift: Values, years: int) -> tuple[Values, Values, Values]:
    """Follow a step through a linear past: once and lasting, (year, S), and its end, (S,)."""
    one = np.zeros((years + 1, len(shift)))
    one[0] = shift
    for year in range(1, years + 1):
        for lag in range(1, min(year, rhos.shape[1]) + 1):
            one[year] += rhos[:, lag - 1] * one[year - lag]
    settles = largest_root(rhos) < 1
    end = np.where(
        settles, shift / np.where(settles, 1 - rhos.sum(axis=1), 1), np.copysign(np.inf, shift)
    )
    return one, np.cumsum(one, axis=0), end


def _some(draws: Draws, clusters: int) -> dict[str, Values]:
    """Keep draws evenly, so many that all clusters can be simulated."""
    total = len(draws[INTERCEPT])
    kept = np.linspace(0, total - 1, min(total, max(NUMBERS // clusters, FEWEST))).astype(int)
    return {name: np.asarray(values)[kept] for name, values in draws.items()}


def _shift(fit: Fit, design: Design, treatment: str, draws: Draws) -> tuple[Values, str]:
    """Give what a step of a treatment adds to the predictor of each cluster, (S, cluster)."""
    scale = fit.learned.scales[treatment]
    by_cluster = draws.get(names.by_cluster(treatment))
    own = own_slope(fit, treatment, draws)[:, None]
    slope = own if by_cluster is None else np.asarray(by_cluster)
    code, size = _clusters(design)
    values = moderator_values(fit)
    for moderator in [m for t, m in fit.spec.moderated() if t == treatment]:
        bend = np.asarray(draws[names.interaction(treatment, moderator)])[:, None]
        at = np.bincount(code, values[moderator]) / size
        slope = slope + bend * (at - fit.learned.scales[moderator].centre)
    return np.broadcast_to(slope * scale.step, (len(slope), len(size))), scale.words


def _clusters(design: Design) -> tuple[Positions, Positions]:
    """Give the cluster of each row as a number, in the order of the levels, and their rows."""
    factors = [block.factor for block in design.blocks if block.factor is not None]
    code = next(
        (factor.codes for factor in factors if factor.name == CLUSTER),
        np.append(0, np.cumsum(design.clusters[1:] != design.clusters[:-1])),
    )
    return code, np.bincount(code)


@dataclass(frozen=True, eq=False)
class _World:
    """Clusters that stay as they are on average, to be drawn forward.

    Parameters
    ----------
    design
        The fitted design.
    eta
        Each cluster's mean predictor without its past, (S, cluster).
    start
        The outcome that paths start from, (cluster,).
    lags
        Of each lagged outcome, its internal coefficient (S,).
    parameters
        Of the family, (S, 1) each.
    largest
        The modulus of the past's largest root, (S,); 0 where the past cannot grow.
    """

    design: Design
    eta: Values
    start: Values
    lags: dict[int, Values]
    parameters: dict[str, Values]
    largest: Values

    def responses(self, shift: Values, years: int, seed: int) -> tuple[Values, Values, Values]:
        """Give responses to a step once and lasting, (year, S), and in the long run, (S,)."""
        total = max(LATER, years + 1)
        once = np.zeros(years + 1)
        once[0] = 1.0
        none = self._drawn(shift, np.zeros(total), seed)
        stays = self._drawn(shift, np.ones(total), seed)
        one = self._against(self._drawn(shift, once, seed), none[: years + 1])
        lasting = self._against(stays[: years + 1], none[: years + 1])
        end = self._against(stays[-LAST:].mean(axis=0), none[-LAST:].mean(axis=0))
        grows = self.largest >= 1
        return one, lasting, np.where(grows, np.inf, end)

    def _against(self, paths: Values, none: Values) -> Values:
        """Set expected outcomes, (..., S, cluster), against those without the step, (..., S)."""
        if self.design.outcome.family.link.effect == "ratio":
            with np.errstate(invalid="ignore"):
                ratio = paths.sum(axis=-1) / none.sum(axis=-1)
            return np.where(np.isnan(ratio), np.inf, ratio)  # both have left all bounds
        return np.asarray((paths - none).mean(axis=-1))

    def _drawn(self, shift: Values, step: Values, seed: int) -> Values:
        """Draw forward by the same shocks for the same seed; expected outcomes, (year, S, J)."""
        rng = np.random.default_rng(seed)
        family = self.design.outcome.family
        made = {
            block.from_outcome.lag: block.from_outcome
            for block in self.design.blocks
            if block.from_outcome is not None
        }
        trials = np.ones(self.eta.shape[1])
        past = [np.broadcast_to(self.start, self.eta.shape)] * max(made)
        expected = []
        for on in step:
            eta = self.eta + on * shift
            for lag, coefficient in self.lags.items():
                column = forward(past[-lag], made[lag].transform)
                column = (column - made[lag].centre) / made[lag].spread
                eta = eta + coefficient[:, None] * column
            expected.append(mean(family, eta, trials, self.parameters))
            past.append(family.steady_draw(rng, eta, trials, self.parameters))
        return np.array(expected)


def _world(fit: Fit, design: Design, draws: Draws) -> _World:
    code, size = _clusters(design)
    order = np.argsort(code, kind="stable")
    first = np.append(0, np.cumsum(size)[:-1])
    eta = without_past(design, draws)
    lags = {
        block.from_outcome.lag: internal(block, 0, draws)
        for block in design.blocks
        if block.from_outcome is not None
    }
    own = np.add.reduceat(eta[:, order], first, axis=1) / size
    start = np.bincount(code, design.outcome.values) / size
    start = np.round(start) if design.outcome.family.discrete else start
    parameters = {name: draws[name][:, None] for name in design.outcome.parameters}
    largest = largest_root(_rhos(fit, draws))
    if design.outcome.family.link.name == "logit":
        largest = np.zeros_like(largest)
    return _World(design, own, start, lags, parameters, largest)
