"""A progress bar while chains run: draws and divergences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from clustermodels.engines.draws import Progress as Notify
from clustermodels.engines.draws import Tick


@contextmanager
def sampling() -> Iterator[Notify]:
    """Show one bar for all chains on the error stream, so that output can be piped."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[draws]}"),
        TextColumn("{task.fields[divergences]} divergences"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("compiling", total=None, divergences=0, draws="")

        def notify(ticks: tuple[Tick, ...]) -> None:
            bar.update(
                task,
                description="sampling",
                completed=sum(tick.finished for tick in ticks),
                total=sum(tick.total for tick in ticks),
                draws=_draws(ticks),
                divergences=sum(tick.divergences for tick in ticks),
            )

        yield notify


def _draws(ticks: tuple[Tick, ...]) -> str:
    return f"{sum(t.finished for t in ticks)}/{sum(t.total for t in ticks)} draws"
