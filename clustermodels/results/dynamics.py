"""What the outcome's past does: persistence, long-run effects, and responses year by year."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from clustermodels.data.panel import Values
from clustermodels.data.persistence import largest_root
from clustermodels.data.predictor import Draws
from clustermodels.errors import FitError
from clustermodels.families.table import find
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.intervals import increase, summarised
from clustermodels.results.policies import Policy, policies
from clustermodels.results.worlds import world
from clustermodels.spec.names import INTERCEPT

# Clusters times draws that are simulated, about, and the fewest draws.
NUMBERS, FEWEST = 20_000, 100

Row = tuple[str, str, float, str, str, float]


def dynamics(fit: Fit, years: int = 10) -> xr.Dataset:
    r"""Answer how long an effect lasts and where it leads, in a model with the outcome's past.

    With an identity link the response to a step x of a treatment with slope b follows
    $r_h = b x_h + \sum_k \rho_k r_{h-k}$: the long run is $b / (1 - \sum_k \rho_k)$. Otherwise
    clusters at their own mean predictor are led forward with and without the step, counts by the
    same shocks and yes or no by its exact law, and responses are ratios (log link) or differences
    (logit link) of their sums. A stock is moved by a dose, of which $(1 - \delta)^h$ is left; of a
    dose with several lags the whole is followed.

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
        ``treatment``, ``quantity``, ``years_since`` (the policy, of which the first are before it
        works where it is lagged), ``scale``, and ``per``, the step in words.
        Quantities are ``persistence``, the sum of the past's coefficients; ``half_life`` in
        years, infinite where nothing is forgotten, both of the outcome as it enters (of counts
        log(1 + y), so that low counts forget faster; where a share is kept, the count itself);
        ``short_run``, in the first year in which it works, and ``long_run`` effects;
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
    rhos = _rhos(fit, draws)
    simulated = None if link.name == "identity" else world(design, draws, rhos)
    for policy in policies(fit, design, draws):
        if simulated is None:
            one, lasting, end = _followed(rhos, policy, years)
        else:
            one, lasting, end = simulated.responses(policy, years, fit.spec.engine.seed)
        about = (scale, policy.per, none)
        felt = min(part.lag for part in policy.parts)
        if felt <= years:
            yield (policy.name, "short_run", np.nan, *about), lasting[felt]
        yield (policy.name, "long_run", np.nan, *about), end
        for quantity, path in (("one_year", one), ("lasting", lasting)):
            for since, values in enumerate(path):
                yield (policy.name, quantity, float(since), *about), values


def _followed(rhos: Values, policy: Policy, years: int) -> tuple[Values, Values, Values]:
    """Follow a policy through a linear past: once and lasting, (year, S), and its end, (S,)."""
    one = np.array([policy.once(year).mean(axis=1) for year in range(years + 1)])
    for year in range(1, years + 1):
        for lag in range(1, min(year, rhos.shape[1]) + 1):
            one[year] += rhos[:, lag - 1] * one[year - lag]
    total, settles = policy.total.mean(axis=1), largest_root(rhos) < 1
    end = np.where(
        settles, total / np.where(settles, 1 - rhos.sum(axis=1), 1), np.copysign(np.inf, total)
    )
    return one, np.cumsum(one, axis=0), end


def _some(draws: Draws, clusters: int) -> dict[str, Values]:
    """Keep draws evenly, so many that all clusters can be simulated."""
    total = len(draws[INTERCEPT])
    kept = np.linspace(0, total - 1, min(total, max(NUMBERS // clusters, FEWEST))).astype(int)
    return {name: np.asarray(values)[kept] for name, values in draws.items()}
