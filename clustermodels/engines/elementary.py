"""The exponential and the logarithm without branches, so that a compiler can vectorise them.

A pass over rows and quadrature nodes spends its time in these two. numba calls the C library for
each number, 5 ns for exp and 15 ns for log1p; these take about 1 ns each where eight numbers fit a
register, to within two units in the last place.

The logarithm's series in s = f / (2 + f), with its seven coefficients, is that of the C library
``fdlibm`` (Sun Microsystems 1993); the exponential is Taylor's series after the argument has lost
its multiple of log 2.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# What a kernel may assume: sums may be taken in any order, so that they are vectorised.
SUMS = {"reassoc", "contract", "nsz"}

_TO_LOG2 = 1.4426950408889634
_LOG2_HIGH = 6.93147180369123816490e-01
_LOG2_LOW = 1.90821492927058770002e-10
# Beyond these the result would not be a normal double.
_LEAST, _MOST = -708.0, 709.0

_MANTISSA_BITS = 52
_MANTISSA = 0xFFFFFFFFFFFFF
_BIAS = 1023
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD

# 1 / n!, n = 13 ... 2
_E13, _E12, _E11, _E10 = 1 / 6227020800, 1 / 479001600, 1 / 39916800, 1 / 3628800
_E9, _E8, _E7, _E6, _E5, _E4, _E3 = 1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6

_L1, _L2, _L3 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01
_L4, _L5, _L6 = 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01


@njit(inline="always", error_model="numpy")
def exp(x: float) -> float:
    """Give e^x for x between -708 and 709, and the ends' values beyond."""
    x = min(max(x, _LEAST), _MOST)
    k = np.floor(x * _TO_LOG2 + 0.5)
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    p = _E12 + r * _E13
    p = _E10 + r * (_E11 + r * p)
    p = _E8 + r * (_E9 + r * p)
    p = _E6 + r * (_E7 + r * p)
    p = _E4 + r * (_E5 + r * p)
    p = 1.0 + r * (1.0 + r * (0.5 + r * (_E3 + r * p)))
    bits = (np.int64(k) + np.int64(_BIAS)) << np.int64(_MANTISSA_BITS)
    scale: float = np.int64(bits).view(np.float64)
    value: float = p * scale
    return value


@njit(inline="always", error_model="numpy")
def log(x: float) -> float:
    """Give the natural logarithm of a positive normal number."""
    bits = np.float64(x).view(np.int64) - np.int64(_ROOT_HALF_BITS)
    k = np.float64(bits >> np.int64(_MANTISSA_BITS))
    mantissa = (bits & np.int64(_MANTISSA)) + np.int64(_ROOT_HALF_BITS)
    f = np.int64(mantissa).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    tail = z * (_L1 + z * (_L2 + z * (_L3 + z * (_L4 + z * (_L5 + z * (_L6 + z * _L7))))))
    half = 0.5 * f * f
    found: float = k * _LOG2_HIGH - ((half - (s * (half + tail) + k * _LOG2_LOW)) - f)
    return found
