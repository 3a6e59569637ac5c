"""What effects of a position would be if its ties had been counted without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from clustermodels.data.design import Design, design
from clustermodels.data.learned import learn
from clustermodels.data.networks import Networks
from clustermodels.data.panel import Panel, Values, clusters_of
from clustermodels.data.positions import measured, network_of, position_columns
from clustermodels.errors import Finding, FitError
from clustermodels.fits.record import Fit, flat
from clustermodels.network.thinning import thinned
from clustermodels.results.conditional import Conditional, conditional_mode
from clustermodels.results.intervals import LOWER, PROBABILITY, UPPER, Z, sd
from clustermodels.spec.products import products

# How many times the sampling variance of the ties is that of the data: 1 over the share kept.
NOISE = (1.0, 1.25, 1.5, 1.75, 2.0)
# How often ties are thinned at each of them.
REPLICATES = 25
# A correction of so many posterior sds is more than a note.
LARGE = 1.0


def attenuation(fit: Fit, replicates: int = REPLICATES) -> xr.Dataset:
    r"""Take the sampling error of ties out of what a position does, by simulation extrapolation.

    A tie of $n$ joint projects says that $\lambda$ were to be expected, $n \sim$
    Poisson$(\lambda)$. A position measured in such ties has a sampling error, and slopes of it are
    mixed with none. Where each project is kept with the probability $p$, $n / p$ has the mean
    $\lambda$ still and the variance $\lambda / p$, so the error's variance is $1 / p = 1 + \zeta$
    times as large, as in Cook & Stefanski's $W + \sqrt \zeta \sigma U$. The model is fitted again
    to positions in networks thinned to several $p$, each many times, and a parabola in $1 / p$
    through the mean coefficients is followed to $1 / p = 0$ ($\zeta = -1$): ties counted without
    end. With $g_k$ the weight that this gives to level $k$, the correction is $\sum_k g_k
    \theta_k - \theta_1$, and moves the posterior mean. The variance is $\sum_k g_k (\tau^2_k -
    s^2_k)$, $\tau^2$ the mean variance of a fit and $s^2$ that of coefficients between fits
    (Stefanski & Cook 1995), at least the posterior's, plus the simulation's own, $\sum_k g_k^2
    s^2_k / B$. A fit's variance is that over clusters where this is larger than the likelihood's:
    the error of a position times a treatment is a residual whose size goes with the treatment.

    Parameters
    ----------
    fit
        A fit of a document with a moderator that has ``uncertain: ties``.
    replicates
        B, how often ties are thinned at each level.

    Returns
    -------
    Dataset
        Along ``coefficient`` (the moderators, and their products with treatments): ``plug_in`` and
        ``plug_in_sd``, the posterior's; ``corrected``, ``corrected_sd``, ``eti95_lower``,
        ``eti95_upper`` (of a normal); ``attenuation``, plug-in over corrected
        (nan where the interval of the latter holds 0); ``simulation_sd``;
        and along ``noise``, 1 / p, ``at_noise``: the mean coefficients that were extrapolated.

    Raises
    ------
    FitError
        If no moderator has ``uncertain: ties``, a thinned network leaves a position undefined, or
        part of the likelihood is no function of a row's predictor.

    Notes
    -----
    Each fit is a conditional mode: sds and the family's own parameters at the posterior means.
    Fits to thinned networks are never pooled, and are no draws of anything. Projects are taken as
    independent of each other, given the ties' means; where one project makes several ties, the
    error is larger than this. What a thinned network measures is scaled to the observed position
    (divided by its slope on it), which matters where fewer projects make a measure smaller, as a
    degree. Measures of whether there is a tie at all have no error that is exactly in proportion
    to 1 / p, so there the extrapolation is rougher. A parabola tends to correct too little where
    the error is large. Errors of the ties must have nothing to do with those of the outcome: where
    the same projects make both, use ``without_own``.

    References
    ----------
    Cook, J. R. & Stefanski, L. A. (1994). Simulation-extrapolation estimation in parametric
    measurement error models. Journal of the American Statistical Association 89, 1314-1328.
    https://doi.org/10.1080/01621459.1994.10476871. Stefanski, L. A. & Cook, J. R. (1995).
    Simulation-extrapolation: the measurement error jackknife. Journal of the American Statistical
    Association 90, 1247-1256. https://doi.org/10.1080/01621459.1995.10476629
    """
    names = coefficients(fit)
    if not names:
        raise FitError(
            "no sampling error can be taken out because no moderator has 'uncertain: ties'."
        )
    draws = flat(fit.posterior)
    modes, variances, between = (np.zeros((len(NOISE), len(names))) for _ in range(3))
    for level, noise in enumerate(NOISE):
        fits = [conditional_mode(fit, of, draws) for of in _designs(fit, level, noise, replicates)]
        told = np.array([[_told(one, name) for name in names] for one in fits])
        modes[level] = told[:, :, 0].mean(axis=0)
        variances[level] = told[:, :, 1].mean(axis=0)
        between[level] = told[:, :, 0].var(axis=0, ddof=1) if len(fits) > 1 else 0.0
    own = np.column_stack([draws[name] for name in names])
    plug_in, own_sd = own.mean(axis=0), sd(own)
    weight = extrapolation()
    corrected = plug_in + weight @ modes - modes[0]
    simulated = weight**2 @ between / replicates
    sampled = np.maximum(weight @ (variances - between), own_sd**2)
    whole = np.sqrt(sampled + simulated)
    numbers = {
        "plug_in": plug_in,
        "plug_in_sd": own_sd,
        "corrected": corrected,
        "corrected_sd": whole,
        LOWER: corrected - Z * whole,
        UPPER: corrected + Z * whole,
        "attenuation": np.where(np.abs(corrected) > Z * whole, plug_in / corrected, np.nan),
        "simulation_sd": np.sqrt(simulated),
    }
    return xr.Dataset(
        {name: ("coefficient", values) for name, values in numbers.items()}
        | {"at_noise": (("noise", "coefficient"), modes)},
        coords={
            "coefficient": np.array(names, dtype=object),
            "noise": np.array(NOISE),
            "interval": "equal-tailed",
            "interval_probability": PROBABILITY,
        },
        attrs={"replicates": replicates},
    )


def _told(one: Conditional, name: str) -> tuple[float, float]:
    """Give mode and variance, over clusters or of the likelihood, whichever is larger."""
    mode, own = one.coefficient(name)
    return mode, max(own, one.robust.get(name, 0.0)) ** 2


def extrapolation() -> Values:
    """Give what each level weighs in a parabola through all of them, followed to no noise.

    Examples
    --------
    >>> parabola = [2 - 3 * noise + 0.5 * noise**2 for noise in NOISE]
    >>> round(float(extrapolation() @ parabola), 12)
    2.0
    """
    powers = np.vander(np.array(NOISE), 3, increasing=True)
    weight: Values = np.linalg.pinv(powers)[0]
    return weight


def coefficients(fit: Fit) -> list[str]:
    """Name the coefficients that sampling error of ties is in."""
    sampled = fit.spec.sampled()
    return [
        name
        for moderator in sampled
        for name in (
            moderator,
            *(p.name for p in products(fit.spec) if p.moderator == moderator),
        )
    ]


def _designs(fit: Fit, level: int, noise: float, replicates: int) -> Iterator[Design]:
    """Design the panel with positions in thinned networks; once, as it is, without more noise."""
    if noise == 1:
        yield fit.design()
        return
    rng = np.random.default_rng([fit.spec.engine.seed, level])
    made = [_columns(fit, _thinned(fit.panel.networks, 1 / noise, rng)) for _ in range(replicates)]
    scales = _scales(fit, made)
    for columns in made:
        scaled = {name: ("obs", values / scales.get(name, 1.0)) for name, values in columns.items()}
        panel: Panel = replace(fit.panel, rows=fit.panel.rows.assign(scaled), read_as="")
        yield design(fit.spec, panel, learn(fit.spec, panel))


def _thinned(networks: Networks, share: float, rng: np.random.Generator) -> Networks:
    ties, without_own = (
        None if each is None else thinned(each, share, rng)
        for each in (networks.ties, networks.without_own)
    )
    return replace(networks, ties=ties, without_own=without_own)


def _columns(fit: Fit, networks: Networks) -> dict[str, Values]:
    """Measure the positions again, (obs,) each."""
    rows, used = fit.panel.rows, fit.panel.used
    columns: dict[str, Values] = {}
    for name, position in fit.spec.sampled().items():
        network = network_of(position, networks, clusters_of(rows))
        assert network is not None
        own = dict(position_columns(position, measured(position, rows, network)))
        if np.isnan(own[position.column or ""][used]).any():
            raise FitError(
                f"no sampling error can be taken out of '{name}' because '{position.measure}' is "
                "undefined for some clusters in networks of fewer joint projects: write "
                "'disconnected: zero' or 'indicator', or pool more years ('window')."
            )
        columns |= own
    return columns


def _scales(fit: Fit, made: list[dict[str, Values]]) -> Mapping[str, float]:
    """Give each position's slope on the observed one, over fitted rows."""
    used = fit.panel.used
    scales = {}
    for position in fit.spec.sampled().values():
        column = position.column or ""
        seen = fit.panel.rows[column].to_numpy()[used]
        mean = np.mean([columns[column][used] for columns in made], axis=0)
        scales[column] = float(np.cov(mean, seen)[0, 1] / seen.var(ddof=1))
    return scales


def attenuation_findings(fit: Fit, table: xr.Dataset | None = None) -> tuple[Finding, ...]:
    """Say what the sampling error of ties does to coefficients.

    Parameters
    ----------
    fit, table
        A fit, and its ``attenuation`` where that is at hand; made otherwise. Without ``uncertain:
        ties`` nothing is found.
    """
    if not coefficients(fit):
        return ()
    table = attenuation(fit) if table is None else table
    found = []
    for moderator in fit.spec.sampled():
        own = [moderator, *(p.name for p in products(fit.spec) if p.moderator == moderator)]
        rows = [table.sel(coefficient=name) for name in own]
        said = [
            f"{name} is {float(row['plug_in']):.3g} (sd {float(row['plug_in_sd']):.2g}), and "
            f"{float(row['corrected']):.3g} (sd {float(row['corrected_sd']):.2g}) without it"
            for name, row in zip(own, rows, strict=True)
        ]
        moved = [abs(float(r["corrected"] - r["plug_in"]) / float(r["plug_in_sd"])) for r in rows]
        found.append(
            Finding(
                "sampled_ties",
                "warning" if max(moved) > LARGE else "note",
                f"the ties of '{moderator}' are counts with a sampling error: {'; '.join(said)}",
                "Slopes of a position that is measured with error are mixed with none, and "
                "interactions most.",
                "Report both; pool more years of ties ('window') to have less of it.",
                f"moderators.{moderator}",
                fit.spec.source.line(("moderators", moderator)),
            )
        )
    return tuple(found)
