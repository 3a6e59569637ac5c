"""What every engine reports while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """How far one chain is."""

    finished: int
    total: int
    divergences: int


Progress = Callable[[tuple[Tick, ...]], None]
