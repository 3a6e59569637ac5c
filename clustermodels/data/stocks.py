"""What is left of doses year after year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clustermodels.spec.reads import Stock

Values = NDArray[np.float64]


def accumulated(
    doses: Values, years: NDArray[np.int64], begins: NDArray[np.bool_], stock: Stock
) -> Values:
    """Give the stock of each row, S_t = (1 - d) S_(t-1) + x_t, the perpetual inventory.

    Parameters
    ----------
    doses
        What is added in each row's year, x, (obs,); rows are sorted by cluster and year.
    years, begins
        (obs,): the year of each row, and where the rows of a cluster begin.
    stock
        The share d that is lost in a year, and the stock before each cluster's first row.

    Returns
    -------
    array
        (obs,); nan where a dose is missing, or a year, and in every later year.

    References
    ----------
    Hall, B. H., Mairesse, J. and Mohnen, P. (2010). Measuring the returns to R&D. Handbook of the
    Economics of Innovation 2, 1033-1082. https://doi.org/10.1016/S0169-7218(10)02008-3
    """
    kept = 1.0 - stock.depreciation
    stocks = np.array(doses, dtype=np.float64)
    first = np.flatnonzero(begins)
    size = np.diff(first, append=len(stocks))
    stocks[first] += kept * stock.initial
    for place in range(1, int(size.max(initial=1))):
        rows = first[size > place] + place
        follows = years[rows] == years[rows - 1] + 1
        stocks[rows] += np.where(follows, kept * stocks[rows - 1], np.nan)
    return stocks
