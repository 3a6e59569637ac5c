"""What a change within a cluster does, and what differs between clusters: Mundlak's two slopes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from clustermodels.data.panel import Values
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.intervals import increase, summarised
from clustermodels.spec import names
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.products import products

Labels = tuple[str, str, str]


def within_between(fit: Fit) -> xr.Dataset:
    r"""Set the slope within clusters beside that between them.

    In a predictor with $\beta x_{it} + \gamma \bar x_i$, $\beta$ is what one more unit does within
    a cluster, $\beta + \gamma$ what goes with one more unit between clusters, and $\gamma$ the
    difference (Mundlak 1978): what Hausman's (1978) test asks about, as a posterior. Where it is
    clear of 0, clusters with more of x differ in other ways too, and an effect of clusters that
    ignores it mixes both slopes. With ``dynamics`` the difference is that among clusters with the
    same first outcomes. Curves, bins and labels of moderators have no two slopes, and are left
    out. Of a treatment with ``slope: correlated`` there is besides what its slope
    goes up by with the cluster's mean of it.

    Parameters
    ----------
    fit
        Of a document with a factor of ``pooling: correlated``.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper`` and ``probability`` (of being
        above 0), on the coefficient's scale per unit of the column as it enters; coordinates
        ``factor``, ``term`` and ``slope``: ``within``, ``between``, ``difference``, ``by mean``.

    Raises
    ------
    FitError
        If no factor is correlated with means that vary.

    References
    ----------
    Mundlak, Y. (1978). On the pooling of time series and cross section data. Econometrica 46,
    69-85. https://doi.org/10.2307/1913646. Hausman, J. A. (1978). Specification tests in
    econometrics. Econometrica 46, 1251-1271. https://doi.org/10.2307/1913827
    """
    entries = [*_entries(fit)]
    if not entries and fit.spec.dynamics and fit.spec.dynamics.covariates == "every_year":
        raise FitError(
            "slopes within and between cannot be told apart because clusters' effects are given "
            "columns of each year and no means: write 'covariates: means'"
        )
    if not entries:
        raise FitError(
            "slopes within and between cannot be told apart because no effect is given its means: "
            "write 'pooling: correlated', with columns that vary both ways"
        )
    labels, draws = zip(*entries, strict=True)
    factor, term, slope = zip(*labels, strict=True)
    table = np.stack(draws, axis=1)
    return answers(
        {"factor": factor, "term": term, "slope": slope},
        summarised(table) | {"probability": increase(table)},
    )


def _entries(fit: Fit) -> Iterator[tuple[Labels, Values]]:
    draws = flat(fit.posterior)
    slopes = fit.learned.slopes
    treatments = slopes.columns if slopes else ()
    for treatment in treatments:
        yield (CLUSTER, treatment, "by mean"), np.asarray(draws[names.by_mean(treatment)])
    several = {*map(names.by_mean, treatments)}
    several |= {product.name for product in products(fit.spec) if product.part != "whole"}
    for factor, means in fit.learned.means.items():
        for position, term in enumerate(means.columns):
            # a mean of products is a square or a covariance, and parts of a curve, or labels, have
            # no slope each by itself
            if term in several or term not in draws:
                continue
            within = np.asarray(draws[term])
            difference = np.asarray(draws[names.means(factor)])[:, position]
            yield (factor, term, "within"), within
            yield (factor, term, "between"), within + difference
            yield (factor, term, "difference"), difference
