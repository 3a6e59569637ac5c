"""The coefficients of a policy, as clusters that are left have them."""

from __future__ import annotations

import numpy as np

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.panel import Values
from clustermodels.data.predictor import Draws
from clustermodels.errors import FitError, choices
from clustermodels.fits.record import Fit
from clustermodels.results.effects import own_slope
from clustermodels.spec import names
from clustermodels.spec.products import products


def asked(fit: Fit, treatment: str | None) -> list[tuple[str, str]]:
    """Give the coefficients of a treatment, or of all: treatment and posterior name.

    Raises
    ------
    FitError
        If there is no such treatment, or none at all.
    """
    treatments = [*fit.spec.treatments]
    if not treatments:
        raise FitError("no cluster can be left out because the document has no treatments")
    if treatment is not None and treatment not in treatments:
        raise FitError(
            f"'{treatment}' cannot be followed because it is no treatment of the document. "
            f"Choose among: {choices(treatments)}."
        )
    slopes = fit.learned.slopes.columns if fit.learned.slopes else ()
    found = []
    for one in treatments if treatment is None else [treatment]:
        found.append((one, one))
        # a curve or a bin's effect is no single coefficient to follow
        found += [(one, product.name) for product in products(fit.spec) if product.treatment == one]
        found += [(one, names.by_mean(one))] if one in slopes else []
    return found


def coefficients(fit: Fit, terms: list[tuple[str, str]], draws: Draws, cluster: str) -> Values:
    """Give draws of coefficients, (S, term).

    Parameters
    ----------
    fit
        A fit, its panel without the cluster.
    terms
        As ``asked`` gives them.
    draws
        Its draws, flat.
    cluster
        Which is left out; empty where none is.
    """
    found = []
    for treatment, term in terms:
        if term != treatment:
            found.append(np.asarray(draws[term]))
        elif fit.spec.treatments[term].slope == "free" and term not in by_cohort(fit.spec):
            slopes = fit.posterior[names.by_cluster(term)]
            left = np.flatnonzero(slopes["cluster"].to_numpy().astype(str) != cluster)
            found.append(np.asarray(draws[names.by_cluster(term)])[:, left].mean(axis=1))
        else:
            with np.errstate(
                invalid="ignore"
            ):  # nan where the policy has reached no row that is left
                found.append(own_slope(fit, term, draws))
    return np.stack(found, axis=1)
