"""Where an outcome lies on its link's scale: what default priors are set by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_ROUNDING = 1e-12


def on_identity(y: Values, size: Values) -> tuple[float, float]:
    """Give the mean and the standard deviation (divisor n), or 1 where nothing varies.

    Examples
    --------
    >>> import numpy as np
    >>> on_identity(np.array([1.0, 3.0]), np.ones(2))
    (2.0, 1.0)
    """
    spread = float(np.std(y))
    # A constant such as 0.1 may have a spread of rounding alone.
    varies = spread > _ROUNDING * float(np.max(np.abs(y)))
    return float(np.mean(y)), spread if varies else 1.0


def on_log(y: Values, size: Values) -> tuple[float, float]:
    """Give the log of the overall rate, and the spread of the log rates but at least 1.

    centre = log(sum y / sum size), spread = max(1, sd of log(max(y, 0.5) / size)). Half a count
    stands for none: in a single row, and in a total of zero.

    Examples
    --------
    >>> import numpy as np
    >>> on_log(np.array([2.0, 0.0]), np.array([1.0, 1.0]))
    (0.0, 1.0)
    """
    centre = math.log(max(float(np.sum(y)), 0.5) / float(np.sum(size)))
    return centre, max(1.0, float(np.std(np.log(np.maximum(y, 0.5) / size))))


def on_log_of_amounts(y: Values, size: Values) -> tuple[float, float]:
    """Give the mean and the standard deviation (divisor n) of log(y / size), 1 where none varies.

    Examples
    --------
    >>> import numpy as np
    >>> on_log_of_amounts(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    (0.0, 1.0)
    """
    return on_identity(np.log(y / size), size)


def on_logit_of_shares(y: Values, size: Values) -> tuple[float, float]:
    """Give the log odds of the mean share, and a spread of 1.5, as ``on_logit`` does.

    Examples
    --------
    >>> import numpy as np
    >>> on_logit_of_shares(np.array([0.25, 0.75]), np.ones(2))
    (0.0, 1.5)
    """
    share = float(np.mean(y))
    return math.log(share) - math.log1p(-share), 1.5


def on_logit(y: Values, size: Values) -> tuple[float, float]:
    """Give the log odds of (sum y + 0.5) in (sum size + 1), and a spread of 1.5.

    The half keeps the log odds finite when all or none succeed. A standard deviation of 1.5
    spreads a probability almost evenly over 0 to 1, whatever the data.

    Examples
    --------
    >>> import numpy as np
    >>> on_logit(np.array([1.0, 0.0]), np.ones(2))
    (0.0, 1.5)
    """
    share = (float(np.sum(y)) + 0.5) / (float(np.sum(size)) + 1.0)
    return math.log(share) - math.log1p(-share), 1.5
