"""Compile a density once, and give it the outcomes of the replicates that follow.

Replicates of one document differ in their outcome, and in the coordinates that ``cm.fit`` chooses
by it: one density is compiled for each choice. Compiling takes most of a fit; everything else of
``cm.fit`` runs as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pymc as pm
import pytest
from pytensor.graph.traversal import ancestors

from clustermodels.engines import nuts

OUTCOME = "replicate"


def let_the_outcome_vary(model: pm.Model) -> np.ndarray:
    """Turn the observed outcome into data of the model, and give its values."""
    (likelihood,) = model.observed_RVs
    observed = model.rvs_to_values[likelihood]
    values = np.asarray(observed.eval())
    with model:
        data = pm.Data(OUTCOME, values)
    model.rvs_to_values[likelihood] = data
    model.values_to_rvs[data] = model.values_to_rvs.pop(observed)
    return values


def coordinates(model: pm.Model) -> tuple[tuple[str, bool], ...]:
    """Tell for every free variable whether its law depends on another one."""
    free = set(model.free_RVs)
    return tuple(
        (variable.name, len(free & set(ancestors([variable]))) > 1) for variable in model.free_RVs
    )


@contextmanager
def compiled_once() -> Iterator[None]:
    compile_model: Callable[..., Any] = nuts.nutpie.compile_pymc_model
    made: dict[Any, Any] = {}

    def compiled(model: pm.Model, var_names: list[str]) -> Any:
        values = let_the_outcome_vary(model)
        chosen = coordinates(model)
        if chosen not in made:
            made[chosen] = compile_model(model, var_names=var_names)
        return made[chosen].with_data(**{OUTCOME: values})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nuts.nutpie, "compile_pymc_model", compiled)
        yield
