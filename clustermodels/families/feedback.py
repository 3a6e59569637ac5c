"""Counts whose mean keeps a share of the last year's count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clustermodels.families.family import (
    Family,
    OfOutcome,
    OfPredictor,
    Parameter,
    Parameters,
    Ranks,
    Values,
)
from clustermodels.families.negative_binomial import NEGATIVE_BINOMIAL
from clustermodels.families.poisson import POISSON
from clustermodels.families.priors import prior

KEPT = "rho"


def _whole(eta: Values, before: Values, parameters: Parameters) -> Values:
    """Give log mu."""
    with np.errstate(divide="ignore"):
        carried = np.log(parameters[KEPT] * before)
    return np.asarray(np.logaddexp(eta, carried), dtype=np.float64)


def _of_predictor(plain: OfPredictor) -> OfPredictor:
    return lambda eta, before, parameters: plain(
        _whole(eta, before, parameters), np.ones_like(before), parameters
    )


def _of_outcome(plain: OfOutcome) -> OfOutcome:
    return lambda y, eta, before, parameters: plain(
        y, _whole(eta, before, parameters), np.ones_like(before), parameters
    )


def _ranked(plain: Ranks | None) -> Ranks | None:
    """Give ranks at the mean with what it keeps."""
    if plain is None:
        return None
    reached = plain.quantile
    return Ranks(
        _of_outcome(plain.below),
        _of_outcome(plain.above),
        lambda below, above, eta, before, parameters: reached(
            below, above, _whole(eta, before, parameters), np.ones_like(before), parameters
        ),
    )


def with_feedback(plain: Family) -> Family:
    r"""Let the mean of a count keep a share of the last year's count.

    $\mu = \rho y_{-1} + e^\eta$ with $0 \le \rho < 1$, the linear feedback model. In place of
    trials its functions take the last year's outcome. With $w = e^\eta / \mu$ and the derivatives
    l' and l'' in log mu, those in eta are $l' w$ and $l'' w^2 + l' w (1 - w)$.

    Parameters
    ----------
    plain
        A family of counts with the log link.

    References
    ----------
    Blundell, R., Griffith, R. and Windmeijer, F. (2002). Individual effects and dynamics in count
    data models. Journal of Econometrics 108, 113-131.
    https://doi.org/10.1016/S0304-4076(01)00108-7
    """

    def first(y: Values, eta: Values, before: Values, parameters: Parameters) -> Values:
        log_mu = _whole(eta, before, parameters)
        return np.asarray(plain.first(y, log_mu, before, parameters) * np.exp(eta - log_mu))

    def second(y: Values, eta: Values, before: Values, parameters: Parameters) -> Values:
        log_mu = _whole(eta, before, parameters)
        new = np.exp(eta - log_mu)
        bent = plain.second(y, log_mu, before, parameters) * new**2
        return np.asarray(bent + plain.first(y, log_mu, before, parameters) * new * (1 - new))

    density: OfOutcome = plain.log_density
    drawn, coupled = plain.draw, plain.steady_draw
    return replace(
        plain,
        name=f"{plain.name} with linear feedback",
        parameters=(
            *plain.parameters,
            Parameter(
                KEPT,
                prior("beta", alpha=1.0, beta=1.0),
                scaled=False,
                words="the share of the last year's outcome that carries over",
            ),
        ),
        log_density=lambda y, eta, before, parameters: density(
            y, _whole(eta, before, parameters), before, parameters
        ),
        first=first,
        second=second,
        variance=_of_predictor(plain.variance),
        draw=lambda rng, eta, before, parameters: drawn(
            rng, _whole(eta, before, parameters), before, parameters
        ),
        coupled=lambda rng, eta, before, parameters: coupled(
            rng, _whole(eta, before, parameters), before, parameters
        ),
        split=None,
        expected=lambda eta, before, parameters: np.asarray(
            np.exp(_whole(eta, before, parameters)), dtype=np.float64
        ),
        effect_of="what is new in a year",
        feeds=True,
        ranks=_ranked(plain.ranks),
    )


#: By the plain family's name.
FED = {plain.name: with_feedback(plain) for plain in (POISSON, NEGATIVE_BINOMIAL)}
