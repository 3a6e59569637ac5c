"""While an engine draws: a bar with draws and divergences, or lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from clustermodels.engines.draws import Progress as Notify
from clustermodels.engines.draws import Tick


@contextmanager
def sampling() -> Iterator[Notify]:
    """Report on the error stream, so that output can be piped."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[draws]}"),
        TextColumn("{task.fields[divergences]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("compiling", total=None, divergences="", draws="")

        def notify(ticks: tuple[Tick, ...]) -> None:
            finished, total, divergences = _together(ticks)
            bar.update(
                task,
                description="sampling",
                completed=finished,
                total=total,
                draws=f"{finished}/{total} draws",
                divergences=_counted(divergences),
            )

        yield notify


def _lines() -> Notify:
    """Print a line at every quarter, for logs."""
    told = -1

    def notify(ticks: tuple[Tick, ...]) -> None:
        nonlocal told
        finished, total, divergences = _together(ticks)
        quarter = 4 * finished // total
        if quarter < told:  # the next equation begins
            told = -1
        if quarter > told:
            told = quarter
            said = (f"sampling: {finished} of {total} draws", _counted(divergences))
            typer.echo(", ".join(filter(None, said)), err=True)

    return notify


def _counted(divergences: int) -> str:
    """Count divergences where there are any: not every engine can have some."""
    return f"{divergences} divergence{'s' * (divergences > 1)}" if divergences else ""


def _together(ticks: tuple[Tick, ...]) -> tuple[int, int, int]:
    return (
        sum(tick.finished for tick in ticks),
        sum(tick.total for tick in ticks),
        sum(tick.divergences for tick in ticks),
    )
