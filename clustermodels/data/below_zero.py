"""Counts and amounts that a scenario leads below zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from clustermodels.data.findings import SHOWN
from clustermodels.data.panel import Values
from clustermodels.errors import Problem, choices
from clustermodels.spec.document import Spec


def below_zero(
    spec: Spec, before: xr.Dataset, after: xr.Dataset, scenario: str
) -> Iterator[Problem]:
    """Find columns that an edit makes what they cannot be, and name the cluster-years.

    A column of counts, or one of amounts that reach 0, has nothing below it: what is there has
    no meaning, though the model would give it an answer.

    Parameters
    ----------
    spec
        The document.
    before, after
        A panel's rows, and the same after all edits of a scenario.
    scenario
        Its name.
    """
    names = {column for edit in spec.scenarios[scenario] for column in edit.amounts}
    for column in sorted(names):
        values = after[column].to_numpy()
        wrong = np.flatnonzero(values < 0)
        if not wrong.size or not has_floor(before[column].to_numpy()):
            continue
        places = [
            f"{values[row]:g} in {after['cluster'].to_numpy()[row]} {after['year'].to_numpy()[row]}"
            for row in wrong
        ]
        at = next(
            position
            for position, edit in enumerate(spec.scenarios[scenario])
            if column in edit.amounts
        )
        verb = spec.scenarios[scenario][at].verb
        yield spec.source.problem(
            ("scenarios", scenario, at, verb, column),
            f"'{column}' is nowhere below 0 in the data, and the scenario makes it negative in "
            f"{wrong.size} cluster-year{'s' * (wrong.size > 1)}",
            got=choices(places, SHOWN),
            expected="0 or more",
            fix="Edit less, or only where there is enough: 'where: {"
            + f"{column}: {{above: ..}}}}'.",
        )


def has_floor(values: Values) -> bool:
    """Tell counts, and amounts that reach 0, from what may as well be negative."""
    known = values[~np.isnan(values)]
    whole = bool((known == np.floor(known)).all())
    return bool(known.size and (known >= 0).all() and (whole or (known == 0).any()))
