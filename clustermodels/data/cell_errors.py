"""Columns whose unknown cells cannot be told: none is known, or their errors cannot be."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec

# The least number of known cells that others can be told by.
FEWEST = 2


def nothing_known(spec: Spec, rows: xr.Dataset) -> list[Problem]:
    """Refuse columns of which fewer than two cells are known: what others follow is not told."""
    problems = []
    for (section, name), item in spec.uncertain().items():
        own = spec.predictors()[section, name][0].column
        known = int(np.isfinite(rows[own].to_numpy()).sum())
        if item.missing != "drop" and known < FEWEST:
            problems.append(
                spec.source.problem(
                    (section, name, "missing"),
                    f"the cells of '{own}' cannot be imputed, because {known or 'none'} of them "
                    f"{'is' if known == 1 else 'are'} known",
                    fix="Remove the item, or fill its column.",
                )
            )
    return problems


def impossible_errors(spec: Spec, rows: xr.Dataset) -> list[Problem]:
    """Refuse standard errors that are missing, 0 or below where a value was observed."""
    problems = []
    for (section, name), item in spec.uncertain().items():
        if not isinstance(item.error, str):
            continue
        own = spec.predictors()[section, name][0].column
        error = rows[item.error].to_numpy()
        wrong = np.flatnonzero(~(error > 0) & ~np.isnan(rows[own].to_numpy()))
        if wrong.size:
            spot = int(wrong[0])
            places = rows["cluster"].to_numpy(), rows["year"].to_numpy()
            problems.append(
                spec.source.problem(
                    (section, name, "error"),
                    f"'{item.error}' has {wrong.size} standard error"
                    f"{'s' * (wrong.size > 1)} that cannot be, where '{own}' is there",
                    got=f"{error[spot]:g} in {places[0][spot]} {places[1][spot]}",
                    expected="above 0",
                    fix="Correct the data; of a value without error, write a small one.",
                )
            )
    return problems
