"""Where a derivative can be taken."""

from __future__ import annotations

from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.measures import Measure


def refuse_steps(fit: Fit, measure: Measure) -> None:
    """Refuse derivatives of a mean over outcomes that are drawn: counts move by whole steps.

    Raises
    ------
    FitError
        If expected outcomes are such means.
    """
    family = fit.design().outcome.family
    if fit.spec.lagged() and family.discrete and not measure.link:
        raise FitError(
            "the expected outcome has no slope here because it is the mean over outcomes that are "
            "drawn forward through the years, which move by whole steps. Ask comparisons, or "
            "scale='link' for what a year leads to in itself."
        )
