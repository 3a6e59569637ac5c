"""A table as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem


@dataclass(frozen=True, eq=False)
class Table:
    """One table as it was read: whole columns, nothing cast yet.

    Parameters
    ----------
    name
        The file as the user named it, for messages.
    columns
        Name to values, (row,): float64, int64 or bool; or object, of text or None.
    available
        Every column of the file, read or not.
    lines
        The line of the file that each row starts on, where the file has lines.
    sha256
        Of the file's bytes, or of the values that were handed over.
    """

    name: str
    columns: Mapping[str, NDArray[np.generic]]
    available: tuple[str, ...]
    lines: NDArray[np.int64] | None = None
    sha256: str = ""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def line(self, row: int) -> int | None:
        """Give the file's line of a row, where it has one."""
        return None if self.lines is None else int(self.lines[row])


def refused(name: str, what: str, fix: str, line: int | None = None) -> PanelError:
    """Make the error for a file that cannot be used."""
    return PanelError([Problem(what, fix, file=name, line=line)])
