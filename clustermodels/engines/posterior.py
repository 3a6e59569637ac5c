"""Draws of coefficients to a posterior under the document's names, in the user's units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.data.blocks import Block
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
        (T, d), (T, r) and (k, T, J). The numbers of ``u`` are turned into the answer where they
        stand, as they are many.

    Returns
    -------
    Dataset
        On ``draw``; names and coordinates as those of the compiled model.
    """
    internal = _internal(design, arrow, gamma, u)
    found: Named = {INTERCEPT: ((), internal[INTERCEPT][0, :, 0])}
    common = {name: values[0, :, 0] for name, values in internal.items()}
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
    """Give each block's internal coefficients, (k, T, levels); one level where it has none."""
    beta = gamma @ arrow.basis.T
    found = {}
    for part in arrow.dense:
        k = 1 if part.block is None else len(part.block.terms)
        own = beta[:, part.start : part.start + part.size].reshape(len(beta), k, -1)
        name = INTERCEPT if part.block is None else part.block.name
        found[name] = np.ascontiguousarray(np.moveaxis(own, 1, 0))
    for part in arrow.eliminated:
        block = part.block
        assert block is not None
        own = u[part.start : part.start + part.size]
        if block.pooling == "free":
            # independent effects around the common coefficient: their mean belongs to it
            (term,) = block.terms
            shift = own.mean(axis=2, keepdims=True)
            own -= shift
            target = term.around or INTERCEPT
            found[target] = found[target] + shift
        found[block.name] = own
    return found


def _block(
    block: Block, internal: dict[str, Values], users: dict[str, Values]
) -> Iterator[tuple[str, tuple[tuple[str, ...], Values]]]:
    values = internal[block.name]
    if block.labels is not None:
        units = np.array([term.unit for term in block.terms])
        yield block.name, ((level_dim(block.name),), values[:, :, 0].T * units)
    elif block.factor is not None:
        for term, own in zip(block.terms, values, strict=True):
            own *= term.unit
            if term.around is not None:
                own += users[term.around][:, None]
            if term.along is not None:
                own += users[term.along.name][:, None] * term.along.amount
            yield term.name, ((block.factor.dim,), own)


def _kind(labels: list[Any]) -> type:
    return int if isinstance(labels[0], int) else object
