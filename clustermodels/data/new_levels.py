"""Effects of levels that the fit has not seen: of the years ahead."""

from __future__ import annotations

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.data.predictor import Draws
from clustermodels.spec.document import Spec
from clustermodels.spec.horizon import Given

# Beside the document's own seed: of effects that are drawn.
STREAM = 7


def with_new_levels(spec: Spec, design: Design, draws: Draws) -> dict[str, Values]:
    """Give draws with a number for every level of a design, the new ones last.

    Pooled effects of new levels are drawn from their law, Normal(0, sd), one for each draw and
    level; free ones are what the document says. All designs share them.

    Parameters
    ----------
    spec
        The document.
    design
        With the years ahead.
    draws
        Posterior names to arrays (S, ...), in the user's units.
    """
    whole = {name: np.asarray(values) for name, values in draws.items()}
    rng = np.random.default_rng([spec.engine.seed, STREAM])
    for block in design.blocks:
        if block.factor is None:
            continue
        for term in block.terms:
            have = whole[term.name]
            new = block.factor.levels[have.shape[1] :]
            if not new:
                continue
            more = (
                _free(spec, block, have, new)
                if term.sd_name is None
                else whole[term.sd_name][:, None] * rng.standard_normal((len(have), len(new)))
            )
            whole[term.name] = np.concatenate([have, more], axis=1)
    return whole


def _free(spec: Spec, block: Block, have: Values, new: tuple[str, ...]) -> Values:
    """Give free effects of years ahead, (S, level)."""
    assert spec.horizon is not None
    assert block.factor is not None
    said = spec.horizon.year_effect
    if isinstance(said, Given):
        return np.broadcast_to([said.given[int(year)] for year in new], (len(have), len(new)))
    known = np.array([int(level) for level in block.factor.levels[: have.shape[1]]])
    last = have[:, [int(known.argmax())]]
    return np.repeat(last if said == "last" else np.zeros_like(last), len(new), axis=1)
