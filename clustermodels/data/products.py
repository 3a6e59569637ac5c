"""Products of treatments and moderators, as columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data.factors import Factor
from clustermodels.data.means import Means, means_of
from clustermodels.data.panel import Positions, Values
from clustermodels.errors import PanelError
from clustermodels.spec.document import Spec
from clustermodels.spec.products import products


def split_means(spec: Spec, columns: Mapping[str, Values], cluster: Factor) -> Means | None:
    """Average what split products are made of over each cluster's rows.

    Parameters
    ----------
    spec
        The document.
    columns
        Standardised, (obs,).
    cluster
        The clusters' factor.

    Raises
    ------
    PanelError
        If a treatment or moderator never changes within clusters, or its mean is the same in all:
        then there is nothing to split.
    """
    split = [product for product in products(spec) if product.part == "within"]
    if not split:
        return None
    asked = dict.fromkeys(n for product in split for n in (product.treatment, product.moderator))
    found = means_of({name: columns[name] for name in asked}, cluster)
    missing = dict.fromkeys(
        (product.moderator, name)
        for product in split
        for name in (product.treatment, product.moderator)
        if name not in found.columns
    )
    problems = [
        spec.source.problem(
            ("moderators", moderator, "split"),
            f"'{moderator}' cannot be split into its change within clusters and its mean, because "
            f"'{name}' never changes within a cluster, or its mean is the same in all of them",
            fix="Write 'split: none'.",
        )
        for moderator, name in missing
    ]
    if problems:
        raise PanelError(problems)
    return found


def multiplied(
    spec: Spec, columns: Mapping[str, Values], means: Means | None, cluster: Positions
) -> dict[str, Values]:
    r"""Multiply treatments with moderators that are split.

    With $d$ and $z$ standardised, and their means over a cluster's fitted rows, a split product
    is $(d - \bar d_i)(z - \bar z_i)$, $(d - \bar d_i) \bar z_i$ and $\bar d_i (z - \bar z_i)$.
    With $\bar d_i \bar z_i$, which effects of clusters hold, these add up to $d z$.

    Parameters
    ----------
    columns
        Standardised, (obs,).
    means
        Over clusters, as ``split_means`` gives them.
    cluster
        The cluster of each row, (obs,), an index into its levels.

    Returns
    -------
    dict
        (obs,) each, by the name of its coefficient.
    """
    found = {}
    for product in products(spec):
        if product.part == "whole":
            continue
        assert means is not None
        d, z = columns[product.treatment], columns[product.moderator]
        d_mean, z_mean = (
            np.array(means.values)[:, means.columns.index(name)][cluster]
            for name in (product.treatment, product.moderator)
        )
        found[product.name] = {
            "within": (d - d_mean) * (z - z_mean),
            "between": (d - d_mean) * z_mean,
            "of_mean": d_mean * (z - z_mean),
        }[product.part]
    return found
