"""What the data tell of effects by cohort and year and of slopes by cluster, and what priors do.

A coefficient is told where no change of it can be made up for by others: where its column is no
sum of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import bsr_array, csr_array, hstack

from clustermodels.data.blocks import Block
from clustermodels.data.cohorts import by_cohort
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Positions, Values
from clustermodels.spec import names
from clustermodels.spec.bending import curves
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR

Mask = NDArray[np.bool_]
type Sparse = csr_array[np.float64, tuple[int, int]]
# Of a column's sum of squares: less than this is rounding.
NOTHING = 1e-10


@dataclass(frozen=True, eq=False)
class Told:
    """What the data tell of a design's effects by cohort and year.

    Parameters
    ----------
    levels
        By the posterior name of effects of cohorts and years, after adoption or before it: which
        of its levels are told, (level,).
    beside
        By the same name: the columns that make up for levels which are not.
    """

    levels: Mapping[str, Mask]
    beside: Mapping[str, tuple[str, ...]]


def told(spec: Spec, of: Design, *, drifts: bool = True) -> Told:
    r"""Tell which effects by cohort and year the data tell.

    With X all columns of the model, a coefficient is told where every null vector of $X'X$ is 0 at
    it. Effects of clusters and years count as free however they are pooled: what only a
    comparison of clusters with each other tells, the data do not.

    Parameters
    ----------
    spec, of
        The document and the fitting panel's design.
    drifts
        Whether clusters' own trends and free slopes are among the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustermodels.data.prepared import prepare
    >>> from clustermodels.spec.read import read_spec
    >>> law = {"kind": "adoption", "first_year": "g", "by": "cohort_year", "slope": "free"}
    >>> ready = prepare(read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...     "outcomes": {"y": {"family": "gaussian"}}, "treatments": {"law": law}}),
    ...     pd.DataFrame({"city": [*"AABB"], "year": [1, 2] * 2, "g": [2, 2, 1, 1], "y": [*"1243"]}
    ...     ).astype({"y": float}))
    >>> told(ready.spec, ready.design).levels
    {'law_by_cohort_year': array([False, False, False])}
    """
    groups = {
        name: block
        for treatment in by_cohort(spec)
        for name in (names.by_cohort_year(treatment), names.before(treatment))
        for block in of.blocks
        if block.name == name
    }
    common = {
        block.name: csr_array(block.values)
        for block in of.blocks
        if block.factor is None
        and (block.labels is None or block.name in curves(spec))
        and block.name not in by_cohort(spec)
    }
    others = [
        _by_level(block, block.factor)
        for block in of.blocks
        if block.factor is not None
        and block.name not in groups
        and block.factor.name != CLUSTER
        and (block.pooling == "free" or block.factor.name == YEAR)
    ]
    parts = [_cells(block) for block in groups.values()] + [*common.values(), *others]
    columns = csr_array(hstack(parts, format="csr"))
    null = _null(columns, *_of_clusters(spec, of, drifts=drifts))
    sizes = [part.shape[1] for part in parts]
    begins = np.cumsum([0, *sizes])
    spans = [slice(low, high) for low, high in pairwise(begins)]
    levels, beside = {}, {}
    for name, span in zip(groups, spans, strict=False):
        levels[name] = np.diagonal(null)[span] < np.sqrt(NOTHING)
        shared = zip(common, spans[len(groups) :], strict=False)
        beside[name] = tuple(
            other for other, at in shared if np.abs(null[at, span]).max() > np.sqrt(NOTHING)
        )
    return Told(levels, beside)


def told_slopes(of: Design) -> dict[str, Mask]:
    """Tell of which clusters the data tell the slopes that are free by cluster, (cluster,) each.

    Where a policy never changes, its slope there is not told; nor where it changes just as a trend
    or another policy with free slopes does.
    """
    drifting = _drifting(of)
    if not drifting:
        return {}
    codes = pd.factorize(of.clusters)[0]
    columns = np.column_stack([np.ones(len(codes)), *(block.values[:, 0] for block in drifting)])
    null = _projected(_products(codes, columns))
    found = np.diagonal(null, axis1=1, axis2=2) < np.sqrt(NOTHING)
    return {
        block.name: found[:, position]
        for position, block in enumerate(drifting, start=1)
        if block.terms[0].around is not None
    }


def _drifting(of: Design) -> list[Block]:
    """Give the blocks with a free coefficient for each cluster, but for their effects."""
    return [
        block
        for block in of.blocks
        if block.factor is not None
        and block.factor.name == CLUSTER
        and block.pooling == "free"
        and bool((block.values != 1).any())
    ]


def _cells(block: Block) -> Sparse:
    """Give the column of each cohort and year, one where a row is in it."""
    if block.factor is None:
        return csr_array((block.values != 0).astype(float))
    return _indicators(block.factor.codes, len(block.factor.levels), block.values[:, 0] != 0)


def _indicators(codes: Positions, levels: int, on: Mask | None = None) -> Sparse:
    rows = np.arange(len(codes)) if on is None else np.flatnonzero(on)
    return csr_array((np.ones(len(rows)), (rows, codes[rows])), shape=(len(codes), levels))


def _by_level(block: Block, of: Factor) -> Sparse:
    """Give the columns of coefficients by level: the block's own column where a row has each."""
    rows = np.arange(len(of.codes))
    shape = (len(of.codes), len(of.levels))
    return csr_array((block.values[:, 0], (rows, of.codes)), shape=shape)


def _of_clusters(spec: Spec, of: Design, *, drifts: bool) -> tuple[Positions, Values]:
    """Give each row's cluster, and the columns with a coefficient for each of them, (obs, p)."""
    ones = np.ones(len(of.years))
    own = [block.values[:, 0] for block in _drifting(of)] if drifts else []
    if CLUSTER not in spec.fixed_effects and not own:
        return np.zeros(len(ones), dtype=np.int64), ones[:, None]
    return pd.factorize(of.clusters)[0], np.column_stack([ones, *own])


def _products(codes: Positions, columns: Values) -> Values:
    """Give the sums of products of columns by group, (group, p, p)."""
    wide = range(columns.shape[1])
    rows = [[np.bincount(codes, columns[:, i] * columns[:, j]) for j in wide] for i in wide]
    return np.moveaxis(np.array(rows), 2, 0)


def _null(columns: Sparse, codes: Positions, own: Values) -> Values:
    """Project on the null space of columns, what clusters' own make up taken out, (k, k)."""
    groups, wide = int(codes.max()) + 1, own.shape[1]
    places = (codes[:, None] * wide + np.arange(wide)).ravel()
    each = np.arange(0, len(codes) * wide + 1, wide)
    spread = csr_array((own.ravel(), places, each), shape=(len(codes), groups * wide))
    inverse = bsr_array(
        (
            np.linalg.pinv(_products(codes, own), rcond=NOTHING, hermitian=True),
            np.arange(groups),
            np.arange(groups + 1),
        ),
        shape=(groups * wide, groups * wide),
    )
    across = spread.T @ columns
    whole = (columns.T @ columns).toarray()
    left = whole - (across.T @ (inverse @ across)).toarray()
    return _projected(left, np.diagonal(whole))


def _projected(products: Values, whole: Values | None = None) -> Values:
    """Project on the null space of sums of products, (.., k, k), columns of any size.

    Parameters
    ----------
    products
        (.., k, k).
    whole
        (.., k), the sums of squares that columns had to begin with; the products' own by default.
    """
    squares = np.diagonal(products, axis1=-2, axis2=-1)
    gone = squares <= NOTHING * np.maximum(squares if whole is None else whole, 1e-300)
    scale = np.where(gone, 0.0, 1 / np.sqrt(np.where(gone, 1.0, squares)))
    values, vectors = np.linalg.eigh(products * scale[..., :, None] * scale[..., None, :])
    flat = vectors * (values < NOTHING)[..., None, :]
    return np.asarray(flat @ np.swapaxes(flat, -1, -2))
