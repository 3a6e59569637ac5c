"""The laws that a prior may follow: one declaration each, in one open table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.errors import choices, nearest

Values = NDArray[np.float64]
Arguments = Mapping[str, float]
Support = Literal["real", "positive", "share"]

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class Distribution:
    """A law of one number.

    Parameters
    ----------
    name
        What a document calls it.
    arguments
        The names of its arguments, in the order in which words give them.
    positive
        Those arguments that must be above 0.
    support
        ``real`` for every number, ``positive`` for numbers of 0 or more, ``share`` for those from
        0 to 1.
    log_density
        The normalised log density at x; minus infinity outside the support.
    quantile
        The value below which a share p of the law lies, p in [0, 1].
    scaled
        The arguments of the law of ``by`` times X, for ``by`` above 0; None for a share.
    words
        The law as a reader sees it.
    """

    name: str
    arguments: tuple[str, ...]
    positive: tuple[str, ...]
    support: Support
    log_density: Callable[[Values, Arguments], Values]
    quantile: Callable[[Values, Arguments], Values]
    scaled: Callable[[Arguments, float], Arguments] | None
    words: Callable[[Arguments], str]


DISTRIBUTIONS: dict[str, Distribution] = {}


def register(distribution: Distribution) -> None:
    """Add a law to the table, for every prior from now on.

    Raises
    ------
    ValueError
        When the name is taken.
    """
    if distribution.name in DISTRIBUTIONS:
        raise ValueError(f"the distribution '{distribution.name}' is registered already")
    DISTRIBUTIONS[distribution.name] = distribution


def check_arguments(name: str, arguments: Arguments) -> str | None:
    """Give what is wrong with a law's arguments as a clause, or None when nothing is.

    Examples
    --------
    >>> check_arguments("normal", {"mean": 0.0, "sd": -1.0})
    "the argument 'sd' of normal must be above 0, not -1"
    >>> check_arguments("normal", {"mean": 0.0, "sd": 1.0}) is None
    True
    """
    if name not in DISTRIBUTIONS:
        meant = nearest(name, DISTRIBUTIONS)
        hint = f"; did you mean '{meant}'?" if meant else ""
        return f"'{name}' is not a distribution (choices: {choices(DISTRIBUTIONS)}){hint}"
    law = DISTRIBUTIONS[name]
    for argument in arguments:
        if argument not in law.arguments:
            return f"{name} has no argument '{argument}' (it takes {choices(law.arguments)})"
    for argument in law.arguments:
        if argument not in arguments:
            return f"{name} needs the argument '{argument}' (it takes {choices(law.arguments)})"
        value = arguments[argument]
        if not math.isfinite(value):
            return f"the argument '{argument}' of {name} must be a finite number, not {value:g}"
        if argument in law.positive and value <= 0:
            return f"the argument '{argument}' of {name} must be above 0, not {value:g}"
    return None


def _on_positive(x: Values, log_density: Callable[[Values], Values]) -> Values:
    """Evaluate where x is 0 or more; elsewhere the density is 0."""
    inside = x >= 0
    return np.where(inside, log_density(np.where(inside, x, 1.0)), -np.inf)


def _log(x: Values) -> Values:
    # At 0 the log is minus infinity, which is the answer wanted, not a reason to warn.
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x), dtype=np.float64)


def _normal_log_density(x: Values, args: Arguments) -> Values:
    z = (x - args["mean"]) / args["sd"]
    return np.asarray(-0.5 * z * z - math.log(args["sd"]) - _LOG_ROOT_TWO_PI, dtype=np.float64)


def _student_t_log_density(x: Values, args: Arguments) -> Values:
    df, z = args["df"], (x - args["mean"]) / args["sd"]
    # The beta function keeps the digits that a difference of log gammas loses at a large df.
    constant = -float(special.betaln(0.5 * df, 0.5)) - 0.5 * math.log(df) - math.log(args["sd"])
    return np.asarray(constant - 0.5 * (df + 1) * np.log1p(z * z / df), dtype=np.float64)


def _student_t_quantile(p: Values, args: Arguments) -> Values:
    # Both halves from the lower tail, which has more digits; SciPy puts its end at plus infinity.
    away = np.abs(special.stdtrit(args["df"], np.minimum(p, 1.0 - p)))
    return np.asarray(args["mean"] + args["sd"] * np.where(p < 0.5, -away, away), dtype=np.float64)


def _half_normal_log_density(x: Values, args: Arguments) -> Values:
    whole: Arguments = {"mean": 0.0, "sd": args["sd"]}
    return _on_positive(x, lambda at: _normal_log_density(at, whole) + math.log(2.0))


def _exponential_log_density(x: Values, args: Arguments) -> Values:
    return _on_positive(x, lambda at: -at / args["mean"] - math.log(args["mean"]))


def _gamma_log_density(x: Values, args: Arguments) -> Values:
    shape, rate = args["shape"], args["rate"]
    constant = shape * math.log(rate) - math.lgamma(shape)
    return _on_positive(x, lambda at: constant + special.xlogy(shape - 1, at) - rate * at)


def _lognormal_log_density(x: Values, args: Arguments) -> Values:
    inside = x > 0
    log_x = _log(np.where(inside, x, 1.0))
    on_log: Arguments = {"mean": math.log(args["median"]), "sd": args["sd"]}
    return np.where(inside, _normal_log_density(log_x, on_log) - log_x, -np.inf)


def _beta_log_density(x: Values, args: Arguments) -> Values:
    alpha, beta = args["alpha"], args["beta"]
    inside = (x >= 0) & (x <= 1)
    at = np.where(inside, x, 0.5)
    found = special.xlogy(alpha - 1, at) + special.xlog1py(beta - 1, -at)
    return np.where(inside, found - special.betaln(alpha, beta), -np.inf)


def _exponential_quantile(p: Values, args: Arguments) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(-args["mean"] * np.log1p(-p), dtype=np.float64)


def _lognormal_quantile(p: Values, args: Arguments) -> Values:
    with np.errstate(over="ignore"):
        return np.asarray(args["median"] * np.exp(args["sd"] * special.ndtri(p)), dtype=np.float64)


def _times(args: Arguments, by: float, *names: str) -> Arguments:
    return {name: value * by if name in names else value for name, value in args.items()}


register(
    Distribution(
        name="normal",
        arguments=("mean", "sd"),
        positive=("sd",),
        support="real",
        log_density=_normal_log_density,
        quantile=lambda p, args: args["mean"] + args["sd"] * special.ndtri(p),
        scaled=lambda args, by: _times(args, by, "mean", "sd"),
        words=lambda args: f"normal({args['mean']:g}, {args['sd']:g})",
    )
)
register(
    Distribution(
        name="student_t",
        arguments=("df", "mean", "sd"),
        positive=("df", "sd"),
        support="real",
        log_density=_student_t_log_density,
        quantile=_student_t_quantile,
        scaled=lambda args, by: _times(args, by, "mean", "sd"),
        words=lambda args: f"student_t({args['df']:g} df, {args['mean']:g}, {args['sd']:g})",
    )
)
register(
    Distribution(
        name="half_normal",
        arguments=("sd",),
        positive=("sd",),
        support="positive",
        log_density=_half_normal_log_density,
        quantile=lambda p, args: args["sd"] * math.sqrt(2.0) * special.erfinv(p),
        scaled=lambda args, by: _times(args, by, "sd"),
        words=lambda args: f"half_normal({args['sd']:g})",
    )
)
register(
    Distribution(
        name="exponential",
        arguments=("mean",),
        positive=("mean",),
        support="positive",
        log_density=_exponential_log_density,
        quantile=_exponential_quantile,
        scaled=lambda args, by: _times(args, by, "mean"),
        words=lambda args: f"exponential(mean {args['mean']:g})",
    )
)
register(
    Distribution(
        name="gamma",
        arguments=("shape", "rate"),
        positive=("shape", "rate"),
        support="positive",
        log_density=_gamma_log_density,
        quantile=lambda p, args: special.gammaincinv(args["shape"], p) / args["rate"],
        scaled=lambda args, by: _times(args, 1.0 / by, "rate"),
        words=lambda args: f"gamma(shape {args['shape']:g}, rate {args['rate']:g})",
    )
)
register(
    Distribution(
        name="lognormal",
        arguments=("median", "sd"),
        positive=("median", "sd"),
        support="positive",
        log_density=_lognormal_log_density,
        quantile=_lognormal_quantile,
        scaled=lambda args, by: _times(args, by, "median"),
        words=lambda args: f"lognormal(median {args['median']:g}, sd of log {args['sd']:g})",
    )
)
register(
    Distribution(
        name="beta",
        arguments=("alpha", "beta"),
        positive=("alpha", "beta"),
        support="share",
        log_density=_beta_log_density,
        quantile=lambda p, args: special.betaincinv(args["alpha"], args["beta"], p),
        scaled=None,
        words=lambda args: f"beta({args['alpha']:g}, {args['beta']:g})",
    )
)
