"""Products of treatments and moderators: one, or three where a moderator is split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clustermodels.spec.bending import interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import in_steps

# Of a split product: what bends by a cluster's change, by what it is on average, and the nuisance
# that has to stand beside these.
Part = Literal["whole", "within", "between", "of_mean"]


@dataclass(frozen=True)
class Product:
    """One product in the predictor.

    Parameters
    ----------
    name
        The posterior name of its coefficient.
    treatment, moderator
        What is multiplied.
    part
        ``whole``: D Z, centred; with means over a cluster's rows ``within``: (D - mean D)(Z - mean
        Z), ``between``: (D - mean D) mean Z, ``of_mean``: mean D (Z - mean Z).
    """

    name: str
    treatment: str
    moderator: str
    part: Part


def products(spec: Spec) -> tuple[Product, ...]:
    """List products of treatments and moderators in the predictor, moderator by moderator.

    Those of moderators along which effects change by a straight line.

    Examples
    --------
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...                   "outcomes": {"y": {"family": "poisson"}}, "treatments": ["law"],
    ...                   "moderators": {"rank": {"split": "within_between"}}})
    >>> [product.name for product in products(spec)]
    ['law_x_rank_within', 'law_x_rank_between', 'law_mean_x_rank']
    """
    found: list[Product] = []
    for treatment, moderator in spec.moderated():
        name, item = interaction(treatment, moderator), spec.moderators[moderator]
        if item.form != "linear" or in_steps(item):
            continue
        if item.split == "none":
            found.append(Product(name, treatment, moderator, "whole"))
            continue
        found += [
            Product(f"{name}_within", treatment, moderator, "within"),
            Product(f"{name}_between", treatment, moderator, "between"),
            Product(interaction(f"{treatment}_mean", moderator), treatment, moderator, "of_mean"),
        ]
    return tuple(found)
