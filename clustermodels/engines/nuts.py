"""NUTS through nutpie on the compiled PyMC model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import nutpie
import pandas as pd
import xarray as xr

from clustermodels.data.centring import centred, moving_in
from clustermodels.data.coordinates import coordinates
from clustermodels.data.design import Design
from clustermodels.engines.draws import Progress, Tick
from clustermodels.engines.nuts_compiled import compiled
from clustermodels.engines.nuts_start import starts
from clustermodels.errors import FitError
from clustermodels.model.build import build_model
from clustermodels.model.numbers import structure
from clustermodels.spec.engine import Stepping
from clustermodels.spec.equations import MARK

# Measured on two cores: with 85 parameters low rank halves the time of a fit and with 145 it takes
# five times as long, for as many steps.
LOW_RANK_UP_TO = 100


def sample(design: Design, engine: Stepping, progress: Progress | None = None) -> xr.DataTree:
    """Draw from the posterior of a design.

    Parameters
    ----------
    design
        What to fit.
    engine
        Draws, tuning draws, chains, seed, target acceptance.
    progress
        Called about five times a second with a Tick for every chain.

    Returns
    -------
    DataTree
        Groups ``posterior`` (the document's names, in the user's units),
        ``unconstrained_posterior`` (the ``z_`` variables that NUTS moved in, on the scale of the
        model) and ``sample_stats``; the attribute ``centred`` names the pooled terms in whose
        levels it moved directly.

    Raises
    ------
    FitError
        If sampling fails. Interrupting cancels it: no shortened posterior is ever returned.
    """
    moved = centred(design)
    moving = moving_in(design, moved)
    tree = drawn(
        compiled(build_model(moving), structure(moving), starts(moving)),
        coordinates(design),
        engine,
        progress,
    )
    tree.attrs["centred"] = moved
    return tree


def drawn(
    ready: tuple[Any, set[str]],
    labels: Mapping[str, Sequence[Any]],
    engine: Stepping,
    progress: Progress | None,
) -> xr.DataTree:
    """Draw from what was compiled, and label what was drawn."""
    model, free = ready
    ticks: list[Tick] = []

    def note(chains: list[Any]) -> None:
        ticks[:] = [Tick(c.finished_draws, c.total_draws, c.divergences) for c in chains]

    sampler = nutpie.sample(
        model,
        draws=engine.draws,
        tune=engine.tune,
        chains=engine.chains,
        seed=engine.seed,
        target_accept=engine.target_accept,
        adaptation=_adaptation(engine, model.n_dim),
        save_warmup=False,
        progress_bar=False,
        progress_callback=note,
        progress_rate=100,
        blocking=False,
    )
    try:
        while not _finished(sampler):
            time.sleep(0.02)
            if progress is not None and ticks:
                progress(tuple(ticks))
        tree = sampler.wait()
    except RuntimeError as error:
        raise FitError(f"sampling stopped because {error}") from None
    except BaseException:
        # left running, its threads would outlive the interpreter
        sampler.cancel()
        raise
    return _grouped(tree, free, labels)


def _adaptation(engine: Stepping, parameters: int) -> str:
    """Choose the mass matrix: estimating correlations costs the square of the parameters."""
    if engine.adaptation != "auto":
        return engine.adaptation
    return "low_rank" if parameters <= LOW_RANK_UP_TO else "diag"


def _finished(sampler: Any) -> bool:
    """Ask whether all chains are done; a sampler too busy to answer is not."""
    try:
        return bool(sampler.is_finished)
    except TimeoutError:
        return False


def _grouped(tree: xr.DataTree, free: set[str], labels: Mapping[str, Sequence[Any]]) -> xr.DataTree:
    """Part what users read from the standardised variables that NUTS moved in."""
    drawn = tree["posterior"].to_dataset()
    drawn = drawn.assign_coords({dim: pd.Index(labels[dim]) for dim in labels if dim in drawn.dims})
    inside = [name for name in drawn.data_vars if name in free and _standardised(str(name))]
    stats = tree["sample_stats"].to_dataset()
    kept = {name: ours for name, ours in _STATS.items() if name in stats}
    return xr.DataTree.from_dict(
        {
            "posterior": _without_spare_dims(drawn.drop_vars(inside)),
            "unconstrained_posterior": drawn[inside],
            "sample_stats": stats[[*kept]].rename(kept),
        }
    )


def _standardised(name: str) -> bool:
    return name.split(MARK)[-1].startswith("z_")


def _without_spare_dims(drawn: xr.Dataset) -> xr.Dataset:
    used = {dim for values in drawn.data_vars.values() for dim in values.dims}
    return drawn.drop_vars([name for name in drawn.coords if name not in used])


_STATS = {
    "diverging": "diverging",
    "energy": "energy",
    "depth": "tree_depth",
    "maxdepth_reached": "maxdepth_reached",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "logp": "lp",
}
