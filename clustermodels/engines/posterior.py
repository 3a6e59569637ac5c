"""Draws of coefficients to a posterior under the document's names, in the user's units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.data.blocks import Block, Term
from clustermodels.data.coordinates import coordinates
from clustermodels.data.correlations import pairs
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.engines.arrow import Arrow
from clustermodels.engines.hyper import Hyper
from clustermodels.spec.names import INTERCEPT, correlation, level_dim

# Name to dims beside chain and draw, and values (T, ...).
Named = dict[str, tuple[tuple[str, ...], Values]]


def named(
    design: Design, arrow: Arrow, hyper: Hyper, x: Values, gamma: Values, u: Values
) -> xr.Dataset:
    """Name draws as a document does.

    Parameters
    ----------
    design, arrow, hyper
        What was fitted.
    x, gamma, u
        (T, d), (T, r) and (T, J, k).

    Returns
    -------
    Dataset
        On ``draw``; names and coordinates as those of the compiled model.
    """
    internal = _internal(design, arrow, gamma, u)
    found: Named = {INTERCEPT: ((), internal[INTERCEPT][..., 0])}
    common = {name: values[:, 0] for name, values in internal.items()}
    for place, name in enumerate(hyper.parameters):
        found[name] = ((), np.exp(x[:, place]))
    users: dict[str, Values] = {}
    for block in design.blocks:
        if block.factor is None and block.labels is None:
            (term,) = block.terms
            users[term.name] = term.unit * common[block.name]
            found[term.name] = ((), users[term.name])
    for block in design.blocks:
        found |= dict(_block(block, internal, users))
    for name, (sds, factor) in hyper.pooled(x).items():
        (block,) = (one for one in hyper.blocks if one.name == name)
        k = len(block.terms)
        for place, term in enumerate(block.terms):
            found[term.sd_name or ""] = ((), term.unit * sds[:, place])
        if k > 1:
            among = factor @ np.swapaxes(factor, 1, 2)
            values = np.stack([among[:, i, j] for i, j in pairs(k)], axis=1)
            found[correlation(name)] = ((level_dim(correlation(name)),), values)
    return xr.Dataset(
        {name: (("draw", *dims), values) for name, (dims, values) in found.items()},
        coords={dim: np.array(of, dtype=_kind(of)) for dim, of in coordinates(design).items()},
    )


def _internal(design: Design, arrow: Arrow, gamma: Values, u: Values) -> dict[str, Values]:
    """Give each block's internal coefficients: (T, k), or (T, k L) term by term where by level."""
    beta = gamma @ arrow.basis.T
    found = {
        INTERCEPT if part.block is None else part.block.name: beta[
            :, part.start : part.start + part.size
        ]
        for part in arrow.dense
    }
    for part in arrow.eliminated:
        block = part.block
        assert block is not None
        own = u[:, :, part.start : part.start + part.size]
        if block.pooling == "free":
            # independent effects around the common coefficient: their mean belongs to it
            (term,) = block.terms
            shift = own[:, :, 0].mean(axis=1)
            own = own - shift[:, None, None]
            target = term.around or INTERCEPT
            found[target] = found[target] + shift[:, None]
        found[block.name] = np.moveaxis(own, 2, 1).reshape(len(u), -1)
    return found


def _block(
    block: Block, internal: dict[str, Values], users: dict[str, Values]
) -> Iterator[tuple[str, tuple[tuple[str, ...], Values]]]:
    values = internal[block.name]
    if block.labels is not None:
        units = np.array([term.unit for term in block.terms])
        yield block.name, ((level_dim(block.name),), values * units)
    elif block.factor is not None:
        levels = len(block.factor.levels)
        for place, term in enumerate(block.terms):
            own = values[:, place * levels : (place + 1) * levels]
            yield term.name, ((block.factor.dim,), _around(term, own * term.unit, users))


def _around(term: Term, values: Values, users: dict[str, Values]) -> Values:
    return values if term.around is None else values + users[term.around][:, None]


def _kind(labels: list[Any]) -> type:
    return int if isinstance(labels[0], int) else object
