"""Compiled models, kept in the process, and handed the numbers of the panel at hand."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import nutpie

from clustermodels.data.panel import Values
from clustermodels.engines.nuts_start import Point
from clustermodels.model.build import EXPECTED
from clustermodels.spec.equations import MARK

# How many structures are kept: a compiled model takes a few MB.
KEPT = 16

# Once PyTensor has warned that it found no BLAS there is nothing that a user could do about it.
_BLAS = "PyTensor could not link to a BLAS"

_made: dict[Hashable, Any] = {}
_lock = threading.Lock()


def compiled(model: Any, kind: Hashable, start: Callable[[int], Point]) -> tuple[Any, set[str]]:
    """Give nutpie's model of a PyMC model, and the names of what it moves in.

    Only the first of a structure is compiled. Everything that a panel changes is data of the
    model, and so are its starting points. Labels of levels are those of the panel that was
    compiled: what is drawn is labelled anew.

    Parameters
    ----------
    model
        As ``build_model`` makes it.
    kind
        Its structure: equal where what is compiled of one is that of the other.
    start
        Makes a starting point of a seed, by the names of what the sampler moves in.
    """
    with _lock:
        made = _made.pop(kind, None) or _compile(model)
        _made[kind] = made
        while len(_made) > KEPT:
            del _made[next(iter(_made))]
    read = {variable.name for variable in made.shared_var_keys}
    data = {data.name: data.get_value() for data in model.data_vars if data.name in read}
    moved = [model.rvs_to_values[variable].name for variable in model.free_RVs]

    def point(seed: int) -> Values:
        begun = start(seed)
        return np.concatenate([begun[name].ravel() for name in moved])

    ready = replace(made.with_data(**data), initial_point_func=point)
    return ready, {variable.name for variable in model.free_RVs}


def _compile(model: Any) -> Any:
    kept = [v.name for v in model.unobserved_RVs if v.name.split(MARK)[-1] != EXPECTED]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_BLAS)
        return nutpie.compile_pymc_model(model, var_names=kept)
