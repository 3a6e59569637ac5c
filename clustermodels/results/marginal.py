"""Predictions, comparisons and slopes: what a model says at rows, a change, or a derivative."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from clustermodels.fits.record import Fit
from clustermodels.results.averages import answered, question
from clustermodels.results.groups import By
from clustermodels.results.measures import COMPARED, PREDICTED, SLOPES, measured, over
from clustermodels.results.places import OBSERVED, Newdata
from clustermodels.results.steps import refuse_steps
from clustermodels.results.variables import Variables, beyond_data, contrasts, derivative

# Of a central difference, in standard deviations of the column (or of its logarithm): the error of
# the formula is of its square, that of rounding of 1e-16 over it.
STEP = 1e-4


def predictions(
    fit: Fit,
    newdata: Newdata = OBSERVED,
    *,
    by: By = None,
    scale: str = "response",
    target: str = "these",
    seed: int | None = None,
    draws: bool = False,
) -> xr.Dataset | xr.DataArray:
    r"""Predict the expected outcome at rows or at points, or its average over groups of them.

    $\hat\mu_g = \frac{1}{n_g} \sum_{i \in g} E(y_i \mid x_i, \theta)$, at every stored draw, so
    that what is not known of clusters' and years' effects is inside every interval.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Where: ``observed``, the rows of the fitted years as they are (those without an outcome
        that are predicted among them); ``mean``, a point with every number at its mean and every
        label at its mode; values by column, for a grid of all their combinations; or a table of
        points, pandas or xarray. What a point does not name is at mean or mode, cluster and year
        are an average one, and a value holds in all years, also those that lags and stocks look
        back on.
    by
        What is averaged over: None, nothing; ``overall``, all; ``cluster``, ``year``, a column or
        several; or ``{column: bins}`` with how many bins, of as many rows each, or their edges.
    scale
        ``response``, in the outcome's units, or ``link``: the linear predictor, there with the
        outcome's past as it was observed.
    target
        ``these``: clusters as fitted. ``average``: what clusters differ by at 0, given what is
        known of them (their means, where effects are ``correlated``). ``new``: one cluster drawn
        from the law of these differences for each draw, given the same.
    seed
        Of a new cluster; the document's own where None.
    draws
        Whether to give all draws.

    Returns
    -------
    Dataset or DataArray
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper``, with what the row is about as
        coordinates; or the draws, (chain, draw, row).

    Raises
    ------
    PanelError, FitError
        If a column, label, cluster or year does not exist, or the question has no answer.

    Notes
    -----
    Rows are evaluated some at a time; all draws of all rows are kept only where asked for.

    Examples
    --------
    Along a policy, for an average cluster in an average year::

        predictions(run, {"policies": [0, 1, 2, 5]})
        predictions(run, by={"centrality": 4})  # in four bins with as many rows each
    """
    asked = question(fit, newdata, by, target, seed)
    measure = measured(PREDICTED, scale, "predictions")
    return answered(asked, [({}, measure, [[]])], draws=draws)


def comparisons(
    fit: Fit,
    variables: Variables,
    newdata: Newdata = OBSERVED,
    *,
    by: By = None,
    scale: str = "response",
    target: str = "these",
    seed: int | None = None,
    draws: bool = False,
) -> xr.Dataset | xr.DataArray:
    r"""Compare expected outcomes at two values of a column, at rows or on average.

    $\frac{1}{n_g} \sum_{i \in g} [E(y_i \mid x_i = b) - E(y_i \mid x_i = a)]$, or
    $\sum_i E(y_i \mid b) / \sum_i E(y_i \mid a)$ for a ratio. The column is moved as an edit of a
    scenario moves it: in all rows, so that every term that reads it follows, lagged doses as a
    whole, stocks by what adds up and the outcome's past by what it leads to; what the fit learned
    stays.

    Parameters
    ----------
    fit
        A fit.
    variables
        Treatments, moderators or controls, or columns that they read, each by itself, in the
        column's own units: one more; ``{name: amount}`` says another step, ``sd`` (from half a
        standard deviation below the mean to half above), ``iqr`` (between the quartiles),
        ``minmax``, or two values, ``(low, high)``, labels of text among them. An adoption: in all
        years against in none.
    newdata, by, target, seed, draws
        As for ``predictions``.
    scale
        ``response``: the mean difference; ``link``: that of the linear predictor, there with the
        outcome's past as it was observed; ``ratio`` of the sums, or its log, ``lnratio``.

    Returns
    -------
    Dataset or DataArray
        As of ``predictions``, with coordinates ``term`` and ``contrast``, and ``probability``: of
        an increase (above 0, or above 1 for a ratio; nan where nothing changes). Where a column is
        moved beyond its range in fitted rows, ``attrs["beyond_data"]`` says so, a sentence each.

    Raises
    ------
    PanelError, FitError
        If a column, label, cluster or year does not exist, a transform does not take a value, or
        the question has no answer.

    Examples
    --------
    One more policy, and gdp from its first to its third quartile::

        comparisons(run, "policies", by="overall")
        comparisons(run, {"policies": (0, 3), "gdp": "iqr"}, by="year", scale="ratio")
    """
    asked = question(fit, newdata, by, target, seed)
    measure = measured(COMPARED, scale, "comparisons")
    moved = contrasts(fit, variables)
    entries = [
        ({"term": one.variable.name, "contrast": one.words}, measure, [[one.low], [one.high]])
        for one in moved
    ]
    found = answered(asked, entries, draws=draws)
    left = [said for one in moved if (said := beyond_data(fit, one))]
    return found.assign_attrs(beyond_data=left) if left else found


def slopes(
    fit: Fit,
    variables: str | Sequence[str],
    newdata: Newdata = OBSERVED,
    *,
    by: By = None,
    scale: str = "response",
    target: str = "these",
    seed: int | None = None,
    draws: bool = False,
) -> xr.Dataset | xr.DataArray:
    r"""Give derivatives of the expected outcome in a column, at rows or on average.

    $\partial E(y_i) / \partial x_i$ by central differences of 1e-4 standard deviations, through the
    same functions as every prediction; of an elasticity
    $\partial \log E(y_i) / \partial \log x_i$. The column is moved in all rows, as in
    ``comparisons``.

    Parameters
    ----------
    fit
        A fit.
    variables
        Numeric columns or what reads them, in the column's own units.
    newdata, by, target, seed, draws
        As for ``predictions``.
    scale
        ``response``, ``link`` or ``elasticity``.

    Returns
    -------
    Dataset or DataArray
        As of ``comparisons``.

    Raises
    ------
    PanelError, FitError
        If a column, label, cluster or year does not exist, or there is no derivative: of a label,
        an adoption, a constant, or where expected outcomes are the mean over counts drawn forward.

    Examples
    --------
    >>> from clustermodels.results.measures import SLOPES
    >>> [*SLOPES]
    ['response', 'link', 'elasticity']
    """
    asked = question(fit, newdata, by, target, seed)
    measure = measured(SLOPES, scale, "slopes")
    refuse_steps(fit, measure)
    relative = scale == "elasticity"
    entries = []
    for name in [variables] if isinstance(variables, str) else variables:
        one = derivative(fit, name, STEP, relative=relative)
        about = {"term": one.variable.name, "contrast": one.words}
        entries.append((about, over(measure, one.width), [[one.low], [one.high]]))
    return answered(asked, entries, draws=draws)
