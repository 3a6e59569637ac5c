"""Doses whose lags have a shape: a polynomial in the lag, or what fades geometrically."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Decay, Term
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Values
from clustermodels.data.units import unit_of
from clustermodels.families.priors import prior
from clustermodels.spec import names
from clustermodels.spec.bending import interaction
from clustermodels.spec.document import Spec


def basis(count: int, powers: int) -> Values:
    r"""Give orthonormal polynomials in the lag, (lag, power), from degree 0.

    The coefficient at lag l is $\beta_l = \sum_p \theta_p P_p(l)$ (Almon 1965, doi
    10.2307/1911894), in the basis that leaves a normal prior of independent $\beta_l$ with one sd
    as it is on their polynomials.

    Examples
    --------
    >>> basis(3, 2).round(4).tolist()
    [[0.5774, -0.7071], [0.5774, 0.0], [0.5774, 0.7071]]
    """
    lag = np.linspace(-1, 1, count)
    q, r = np.linalg.qr(np.vander(lag, powers, increasing=True))
    found: Values = q * np.sign(np.diag(r))
    found[np.abs(found) < 1e-15] = 0.0
    return found


def faded(first: Values, share: Values, count: int) -> Values:
    """Give the coefficients of a dose that fades, (S, lag): each a share of the one before."""
    return np.asarray(first)[:, None] * np.asarray(share)[:, None] ** np.arange(count)


def shaped_columns(spec: Spec) -> frozenset[str]:
    """Name the columns, and products, that have no coefficient of their own."""
    own = [name for _, names_ in spec.shaped().values() for name in names_]
    products = [interaction(t, m) for t, m in spec.moderated() if t in own]
    return frozenset([*own, *products])


def shape_blocks(
    spec: Spec, columns: Mapping[str, Values], learned: Learned, default: priors.Defaults
) -> list[Block]:
    """Give every dose with a shape, and its products with moderators, their coefficients."""
    blocks = []
    for dose, (lags, parts) in spec.shaped().items():
        if lags.shape == "geometric":
            blocks.append(_fading(spec, dose, parts, columns, learned, default))
            continue
        along = basis(lags.count, lags.powers)
        blocks.append(_polynomial(spec, dose, parts, along, columns, learned, default))
        for moderator in names.bending(spec, dose):
            products = tuple(interaction(part, moderator) for part in parts)
            name = interaction(dose, moderator)
            blocks.append(_polynomial(spec, name, products, along, columns, learned, default))
    return blocks


def _polynomial(
    spec: Spec,
    name: str,
    parts: tuple[str, ...],
    along: Values,
    columns: Mapping[str, Values],
    learned: Learned,
    default: priors.Defaults,
) -> Block:
    """Put the lags of a column together by the polynomials, on one scale for all."""
    units = np.array([unit_of(spec, part, learned)[0] for part in parts])
    unit = float(1 / np.sqrt(np.mean(units**-2.0)))
    lags = np.column_stack([columns[part] for part in parts]) * (unit / units)
    own = priors.coefficient(spec, names.shape(name), default.slope, unit)
    labels = tuple(f"degree {power}" for power in range(along.shape[1]))
    return Block(
        names.shape(name),
        lags @ along,
        tuple(Term(label, own, unit) for label in labels),
        labels=labels,
        makes=tuple(zip(parts, along, strict=True)),
    )


def _fading(
    spec: Spec,
    dose: str,
    parts: tuple[str, ...],
    columns: Mapping[str, Values],
    learned: Learned,
    default: priors.Defaults,
) -> Block:
    terms = []
    for part in parts:
        unit, step, words = unit_of(spec, part, learned)
        own = priors.coefficient(spec, part, default.slope, unit, step)
        terms.append(Term(part, own, unit, step, words))
    share = priors.positive(spec, names.decay(dose), prior("beta", alpha=2.0, beta=2.0))
    values = np.column_stack([columns[part] for part in parts])
    return Block(dose, values, tuple(terms), decay=Decay(names.decay(dose), share))
