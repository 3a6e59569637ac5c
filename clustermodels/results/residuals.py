"""Doubts about residuals that carry over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.errors import Finding
from clustermodels.fits.record import Fit
from clustermodels.spec.residuals import EFFECT_SD

# Where the logs of two spreads are correlated by less, the data say their sum and not each.
APART = -0.6


def residual_findings(fit: Fit) -> Iterator[Finding]:
    """Find counts whose spread could be the dispersion's or the years' effects'."""
    draws = fit.posterior
    if fit.spec.residuals is None or not {"dispersion", EFFECT_SD} <= set(draws):
        return
    pair = [np.log(draws[name].to_numpy().ravel()) for name in ("dispersion", EFFECT_SD)]
    among = float(np.corrcoef(pair)[0, 1])
    if among > APART:
        return
    name, _ = fit.spec.outcome
    yield Finding(
        "spread_twice",
        "warning",
        f"dispersion and {EFFECT_SD} make up for each other: their logs have a correlation of "
        f"{among:.2f}",
        "Both let a count vary from year to year, and the data cannot tell one from the other: the "
        "correlation of years is blurred, and the sampler moves slowly.",
        "Write 'family: poisson': the effect of each cluster and year takes up all that counts "
        "vary beyond it.",
        f"outcomes.{name}.family",
        fit.spec.source.line(("outcomes", name, "family")),
    )
