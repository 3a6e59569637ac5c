"""Equations whose matrix is block diagonal over the levels of a factor, with few columns beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp  # loads its room of algebra when it is first used

from clustermodels.data.panel import Values


@dataclass(frozen=True, eq=False)
class Arrowhead:
    """The symmetric matrix [[A, T], [T', C]], ready to solve with.

    Parameters
    ----------
    inverse
        A^-1, (kJ, kJ).
    lean
        A^-1 T, (kJ, q).
    corner
        What solves with C - T' A^-1 T.
    """

    inverse: sp.csr_array
    lean: Any
    corner: Callable[[Values], Values]

    def solve(self, right: Values) -> Values:
        """Give x with [[A, T], [T', C]] x = right, (kJ + q,)."""
        size = self.inverse.shape[0]
        above, below = right[:size], right[size:]
        last = self.corner(below - self.lean.T @ above)
        return np.concatenate([self.inverse @ above - self.lean @ last, last])


def arrowhead(own: Values, tied: Any, corner: Any) -> Arrowhead:
    """Eliminate the levels, block by block.

    Parameters
    ----------
    own
        (J, k, k): A's block of each level; coefficient i of level j has place i J + j.
    tied
        T, (kJ, q), dense or sparse.
    corner
        C, (q, q), dense or sparse.
    """
    blocks = np.linalg.inv(own)
    k = own.shape[1]
    inverse = sp.csr_array((0, 0))
    if k:
        diagonals = [[sp.diags_array(blocks[:, i, c]) for c in range(k)] for i in range(k)]
        inverse = sp.csr_array(sp.block_array(diagonals))
    lean = inverse @ tied
    left = corner - tied.T @ lean
    if isinstance(left, np.ndarray):
        return Arrowhead(inverse, lean, partial(np.matmul, np.linalg.inv(left)))
    return Arrowhead(inverse, lean, sp.linalg.splu(sp.csc_array(left)).solve)
