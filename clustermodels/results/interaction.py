"""What a moderator does to a treatment's effect, on both scales."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.panel import Values
from clustermodels.errors import FitError, choices
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.averages import answered, question
from clustermodels.results.groups import OVERALL, By
from clustermodels.results.intervals import increase, summarised
from clustermodels.results.measures import Measure, averaged, over
from clustermodels.results.places import OBSERVED, Newdata
from clustermodels.results.steps import refuse_steps
from clustermodels.results.variables import Contrast, contrasts, derivative, variable
from clustermodels.spec.bending import interaction as interaction_name
from clustermodels.spec.moderators import in_steps
from clustermodels.spec.products import products

# Of each of the two central differences, in standard deviations: of a second derivative the error
# of rounding is of 1e-16 over the square of the step.
STEP = 1e-3


def interaction(
    fit: Fit,
    treatment: str,
    moderator: str,
    newdata: Newdata = OBSERVED,
    *,
    by: By = OVERALL,
    target: str = "these",
    seed: int | None = None,
) -> xr.Dataset:
    r"""Tell how a moderator bends a treatment's effect, on the link's and the outcome's scale.

    Where the link is not the identity, the coefficient of the product is not the interaction in
    the outcome: that is the cross-derivative $\partial^2 E(y) / \partial D\, \partial Z$, or of an
    adoption $\partial [E(y \mid D = 1) - E(y \mid D = 0)] / \partial Z$, which differs by row, may
    have the other sign, and is not 0 where the coefficient is (Ai & Norton 2003).

    Parameters
    ----------
    fit
        A fit.
    treatment, moderator
        A treatment of the document and one of its moderators, by their keys. Their columns are
        moved in all rows, in their own units, as in ``comparisons``.
    newdata, by, target, seed
        As for ``predictions``; ``by=None`` gives each row.

    Returns
    -------
    Dataset
        As of ``comparisons``: ``link`` and ``response``, the mean cross-derivatives; and before
        them a row of scale ``coefficient``, per unit of both columns as they enter: three where the
        moderator is split, and none along a curve, which has no single coefficient.

    Raises
    ------
    PanelError, FitError
        As for ``slopes``; or if the moderator does not bend the treatment, or does so by steps, or
        this is one lag of several.

    References
    ----------
    Ai, C. and Norton, E. C. (2003). Interaction terms in logit and probit models. Economics Letters
    80, 123-129. https://doi.org/10.1016/S0165-1765(03)00032-6

    Examples
    --------
    The coefficient, and what it means for the outcome::

        interaction(run, "policies", "centrality")
    """
    pairs = fit.spec.moderated()
    if (treatment, moderator) not in pairs:
        known = [f"{one} and {other}" for one, other in pairs]
        raise FitError(
            f"there is no interaction of '{treatment}' and '{moderator}' because the document has "
            f"no such product. Choose among: {choices(known) or 'nothing: it has none'}."
        )
    if treatment in fit.spec.distributed():
        raise FitError(
            f"there is no interaction of '{treatment}' alone because its column is read at several "
            "lags, which move together. Ask comparisons at a grid of the moderator."
        )
    if in_steps(fit.spec.moderators[moderator]):
        raise FitError(
            f"there is no interaction of '{treatment}' and '{moderator}' because effects in bins "
            "and of labels are steps, with no slope. Ask comparisons by its bins."
        )
    one, other = _difference(fit, treatment), _difference(fit, moderator)
    moves = [[a, b] for b in (other.low, other.high) for a in (one.low, one.high)]
    about = {"term": interaction_name(treatment, moderator), "contrast": "d2Y/dXdZ"}
    if one.variable.adoption is not None:
        about["contrast"] = "d(Y1 - Y0)/dZ"
    asked = question(fit, newdata, by, target, seed)
    entries = []
    for scale in ("link", "response"):
        crossed = Measure(scale, scale == "link", _crossed, averaged, 0.0)
        refuse_steps(fit, crossed)
        entries.append((about, over(crossed, one.width * other.width), moves))
    told = answered(asked, entries, draws=False)
    assert isinstance(told, xr.Dataset)
    draws = flat(fit.posterior)
    for product in reversed(products(fit.spec)):
        if (product.treatment, product.moderator) == (treatment, moderator):
            told = _below(draws[product.name], product.name, told)
    return told


def _difference(fit: Fit, name: str) -> Contrast:
    """Give the two values of a column that are compared: close ones, or 0 and 1."""
    if variable(fit, name).adoption is not None:
        return contrasts(fit, name)[0]
    return derivative(fit, name, STEP)


def _crossed(neither: Values, treated: Values, bent: Values, both: Values) -> Values:
    return np.asarray(((both - bent) - (treated - neither))[None])


def _below(coefficient: Values, term: str, told: xr.Dataset) -> xr.Dataset:
    """Put the coefficient above the answers."""
    own = {"term": term, "contrast": "coefficient", "scale": "coefficient"}
    labels = {
        str(name): [own.get(str(name), ""), *cells.to_numpy().tolist()]
        for name, cells in told.coords.items()
        if cells.dims == ("row",) and name != "row"
    }
    first = summarised(coefficient[:, None]) | {"probability": increase(coefficient[:, None])}
    numbers = {name: np.append(values, told[name].to_numpy()) for name, values in first.items()}
    return answers(labels, numbers)
