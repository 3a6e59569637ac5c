"""The kernels' functions of a row, called from Python."""

import numpy as np
from numba import njit

from clustermodels.engines.likelihoods import add_values, write_slopes


@njit
def three(family, y, trials, own, eta):
    """Give the value, the first and the negative second derivative of rows, (3, n)."""
    found = np.zeros((3, y.size))
    alike = np.full(1, own)
    for t in range(y.size):
        here = slice(t, t + 1)
        add_values(family, y[t], trials[t], alike, eta[here], found[0, here])
        write_slopes(family, y[t], trials[t], alike, eta[here], found[1, here], found[2, here])
    return found


@njit
def side_by_side(family, y, trials, own, eta, total, first, weight):
    """Add a row's value at L points to ``total``, and write its derivatives."""
    add_values(family, y, trials, own, eta, total)
    write_slopes(family, y, trials, own, eta, first, weight)
