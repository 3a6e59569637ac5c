"""What a document's ``residuals`` add to a design: dependent errors, or effects of counts."""

from __future__ import annotations

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Term
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Reader
from clustermodels.data.serial import Serial, gaps
from clustermodels.families.priors import prior
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.names import level_dim
from clustermodels.spec.residuals import CARRIED, EFFECT, EFFECT_SD

FACTOR = "residual"


def serial_errors(spec: Spec, rows: Reader) -> Serial | None:
    """Give how normal errors carry over; None where they do not, or the outcome is a count."""
    if spec.residuals is None or find(spec.outcome[1].family).discrete:
        return None
    return _serial(spec, rows)


def residual_blocks(spec: Spec, rows: Reader, default: priors.Defaults) -> list[Block]:
    """Give a count an effect of each cluster and year, carried over to the next."""
    if spec.residuals is None or not find(spec.outcome[1].family).discrete:
        return []
    labels = zip(rows.clusters.tolist(), rows.years.tolist(), strict=True)
    levels = tuple(f"{cluster} {year}" for cluster, year in labels)
    codes = np.arange(len(levels))
    spread = priors.positive(spec, EFFECT_SD, prior("half_normal", sd=default.level_sd))
    return [
        Block(
            EFFECT,
            np.ones((len(levels), 1)),
            (Term(EFFECT, spread, sd_name=EFFECT_SD),),
            Factor(FACTOR, level_dim(FACTOR), levels, codes),
            "partial",
            serial=_serial(spec, rows),
        )
    ]


def _serial(spec: Spec, rows: Reader) -> Serial:
    return Serial(gaps(rows.clusters, rows.years), priors.concentration(spec, CARRIED))
