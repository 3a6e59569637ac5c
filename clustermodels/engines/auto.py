"""The fast engine where it can be trusted, NUTS where it cannot."""

from __future__ import annotations

import xarray as xr

from clustermodels import engines
from clustermodels.data.design import Design
from clustermodels.engines.classes import outside
from clustermodels.engines.draws import Progress
from clustermodels.errors import FitError
from clustermodels.spec.engine import Auto

# Poor draws of more rows than this are kept, with a finding: NUTS would take hours.
MOST_ROWS = 20_000
# Weights with a heavier tail, or draws worth fewer independent ones, are not to be relied on.
HEAVIEST = 0.7
FEWEST = 400
# More quadrature nodes may move the log density by so much over the posterior.
UNSETTLED = 0.1
# The least share of accepted proposals for a level's own coefficients.
REPEATED = 0.2


def sample(design: Design, engine: Auto, progress: Progress | None = None) -> xr.DataTree:
    """Draw by the latent Gaussian engine, or by NUTS, and say which and why.

    Parameters
    ----------
    design, engine, progress
        As for either engine.

    Returns
    -------
    DataTree
        As either engine gives it, with the attributes ``engine``, and ``engine_because``, a
        clause.
    """
    reason = outside(design)
    if reason is None:
        try:
            tree: xr.DataTree = engines.latent_gaussian.sample(design, engine, progress)
        except FitError as error:
            reason = f"the fast engine failed: {error}"
            return _said(engines.nuts.sample(design, engine, progress), "nuts", reason)
        doubts = _doubts(tree)
        if doubts is None or len(design.outcome.values) > MOST_ROWS:
            why = "the document is a latent Gaussian model"
            if doubts is not None:
                why += f"; {doubts}, but the panel has more than {MOST_ROWS:,} rows"
            return _said(tree, "latent_gaussian", why)
        reason = doubts
    return _said(engines.nuts.sample(design, engine, progress), "nuts", reason)


def _doubts(tree: xr.DataTree) -> str | None:
    """Say what speaks against draws of the latent Gaussian engine, a clause."""
    about = tree["sample_stats"].attrs
    drawn = tree["sample_stats"]["lp"].size
    if about["pareto_k"] > HEAVIEST:
        return f"the fast engine's weights have a Pareto k of {about['pareto_k']:.2f}"
    if not about["effective_draws"] >= min(FEWEST, 0.5 * drawn):
        return f"the fast engine's draws are worth {about['effective_draws']:.0f} independent ones"
    if about.get("quadrature_change", 0.0) > UNSETTLED:
        return "quadrature over each level's coefficients has not settled"
    if about.get("least_acceptance", 1.0) < REPEATED:
        return f"the fast engine's draws for {about['least_accepted']} repeat each other"
    return None


def _said(tree: xr.DataTree, engine: str, because: str) -> xr.DataTree:
    tree.attrs = {**tree.attrs, "engine": engine, "engine_because": because}
    return tree
