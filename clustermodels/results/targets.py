"""Whose outcome is predicted: these clusters', an average cluster's, or a new one's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import matrix
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor, factor_columns
from clustermodels.data.panel import Values, reader
from clustermodels.data.predictor import Draws
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit, flat
from clustermodels.spec import names
from clustermodels.spec.fixed_effects import CLUSTER

Aim = Callable[[Design], Design]


def aimed(fit: Fit, target: str, seed: int | None) -> tuple[Aim, Draws]:
    """Give what turns a design into that of a target, and the draws to evaluate it at.

    Parameters
    ----------
    fit
        A fit.
    target
        ``these``: clusters as fitted. ``average``: what clusters differ by at 0, given what is
        known of them (their means, where effects are ``correlated``). ``new``: instead drawn from
        the law that it follows, once for each draw, given the same.
    seed
        Of a new cluster; the document's own where None.

    Raises
    ------
    FitError
        If the target is none of these, or there is no law of a new cluster.
    """
    draws = flat(fit.posterior)
    match target:
        case "these":
            return lambda made: made, draws
        case "average":
            return lambda made: _without_clusters(fit, made), draws
        case "new":
            return _new(fit, draws, fit.spec.engine.seed if seed is None else seed)
        case _:
            raise FitError(
                f"nothing is predicted for '{target}' because it is no target. Choose among: "
                "these, average, new."
            )


def _of_clusters(fit: Fit, block: Block) -> bool:
    """Tell whether a block is of what clusters differ by, or cluster-years."""
    if block.factor is None:
        return False
    columns = factor_columns(fit.spec, reader(fit.panel)).get(block.factor.name, ((), 0))[0]
    return block.serial is not None or CLUSTER in columns


def _without_clusters(fit: Fit, made: Design) -> Design:
    kept = tuple(block for block in made.blocks if not _of_clusters(fit, block))
    return replace(made, blocks=kept)


def _new(fit: Fit, draws: dict[str, Values], seed: int) -> tuple[Aim, Draws]:
    own = [block for block in fit.design().blocks if _of_clusters(fit, block)]
    lawless = [b.name for b in own if not b.sds or b.serial is not None or not _by_cluster(b)]
    effects = any(term.around is None and term.name != names.TREND for b in own for term in b.terms)
    if lawless or not effects:
        because = (
            f"'{lawless[0]}' follows no law that one could be drawn from by itself"
            if lawless
            else "clusters have no effects, so that a new one is like all others"
        )
        raise FitError(
            f"nothing is predicted for a new cluster because {because}. Pool the effects of "
            "clusters ('pooling: partial' or 'correlated'), or ask for target='average'."
        )
    (block,) = own
    factor = block.factor
    assert factor is not None
    deviations = _drawn(block, draws, np.random.default_rng(seed))
    centres = [0.0 if t.around is None else np.asarray(draws[t.around]) for t in block.terms]
    terms = tuple(replace(term, along=None) for term in block.terms)
    found = {
        term.name: (centre + deviations[:, position])[:, None]
        for position, (term, centre) in enumerate(zip(terms, centres, strict=True))
    }

    def renewed(made: Design) -> Design:
        of = Factor("new cluster", factor.dim, ("new",), np.zeros_like(made.years))
        blocks = [
            replace(each, factor=of, terms=terms) if each.name == block.name else each
            for each in made.blocks
        ]
        return replace(made, blocks=tuple(blocks))

    return renewed, draws | found


def _by_cluster(block: Block) -> bool:
    return block.factor is not None and block.factor.name == CLUSTER


def _drawn(block: Block, draws: Draws, rng: np.random.Generator) -> Values:
    """Draw what one cluster differs by, (S, k), in the user's units."""
    sds = np.stack([np.asarray(draws[name]) for name in block.sds], axis=1)
    normal = rng.standard_normal(sds.shape)
    if sds.shape[1] > 1:
        among = matrix(np.asarray(draws[names.correlation(block.name)]), sds.shape[1])
        normal = np.einsum("sij,sj->si", np.linalg.cholesky(among), normal)
    return np.asarray(sds * normal)
