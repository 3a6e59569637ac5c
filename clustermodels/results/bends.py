"""What bends a treatment's slope, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from clustermodels.data.learned import Learned
from clustermodels.data.panel import Positions, Values
from clustermodels.spec.document import Spec
from clustermodels.spec.products import Product, products


def bends(
    spec: Spec,
    learned: Learned,
    treatment: str,
    moderators: Mapping[str, Values],
    cluster: Positions,
) -> Iterator[tuple[Product, Values]]:
    r"""Give what a treatment's slope goes up by with each product's coefficient, row by row.

    With one more of the treatment in a row its slope is $b + \sum_m d_m (z_{it} - c_m)$; of a
    moderator that is split $d^w_m (z_{it} - \bar z_i) + d^b_m (\bar z_i - c_m)$ in place of one
    such term. Means are those that the fit learned, of the moderator and of the treatment: what a
    cluster's mean of the treatment goes with is no effect of a change.

    Parameters
    ----------
    moderators
        By name, as they enter the predictor, (.., obs).
    cluster
        The cluster of each row, (obs,), an index into its levels.
    """
    for product in products(spec):
        if product.treatment != treatment or product.part == "of_mean":
            continue
        if product.moderator not in moderators:
            continue
        scale = learned.scales[product.moderator]
        off = moderators[product.moderator] - scale.centre
        if product.part == "whole":
            yield product, off
            continue
        assert learned.splits is not None
        at = learned.splits.columns.index(product.moderator)
        mean = scale.spread * np.array(learned.splits.values)[:, at][cluster]
        yield product, off - mean if product.part == "within" else np.broadcast_to(mean, off.shape)
