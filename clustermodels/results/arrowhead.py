"""Equations whose matrix is block diagonal over the levels of a factor, with few columns beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

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
        C - T' A^-1 T, factored.
    """

    inverse: sp.csr_array
    lean: Any
    corner: Any

    def solve(self, right: Values) -> Values:
        """Give x with [[A, T], [T', C]] x = right, (kJ + q,)."""
        size = self.inverse.shape[0]
        above, below = right[:size], right[size:]
        last = self.corner.solve(below - self.lean.T @ above)
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
    return Arrowhead(inverse, lean, splu(sp.csc_array(corner - tied.T @ lean)))
