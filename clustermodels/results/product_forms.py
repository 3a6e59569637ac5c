"""The forms that a product of treatments and a moderator can take, each as a design."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Term
from clustermodels.data.design import Design, design
from clustermodels.data.learned import Learned, learn
from clustermodels.errors import PanelError
from clustermodels.families.priors import prior
from clustermodels.fits.record import Fit
from clustermodels.spec.bending import interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.products import Product, products

PLAIN, PARTED = "plain product", "within and between"
CHANGES, ALONE = "product of changes", "moderator's change"
SQUARED = "{}, with the square"
# What is left of a square, as a share, where a straight line stands for it, as with a switch.
STRAIGHT = 1e-8

Form = tuple[str, Design, tuple[Product, ...]]


def forms(fit: Fit, moderator: str) -> Iterator[Form]:
    """Give the forms of a moderator's products: name, design, and the products to tell of it."""
    spec = _with_split(fit, moderator, "none")
    learned = learn(spec, fit.panel)
    plain, whole = design(spec, fit.panel, learned), _of(spec, moderator)
    yield PLAIN, plain, whole
    squares = [*_squares(spec, learned, plain, [product.treatment for product in whole])]
    if squares:
        yield SQUARED.format(PLAIN), _with(plain, squares), whole
    spec = _with_split(fit, moderator, "within_between")
    try:
        parted = design(spec, fit.panel, learn(spec, fit.panel))
    except PanelError:  # what never changes within clusters has nothing to part
        return
    parts = _of(spec, moderator)
    yield PARTED, parted, parts
    within = tuple(product for product in parts if product.part == "within")
    others = {product.name for product in parts} - {product.name for product in within}
    yield CHANGES, _without(parted, others), within
    yield ALONE, *_moderator_alone(parted, parts)
    if squares:
        yield SQUARED.format(PARTED), _with(parted, squares), parts


def _of(spec: Spec, moderator: str) -> tuple[Product, ...]:
    return tuple(product for product in products(spec) if product.moderator == moderator)


def _with_split(fit: Fit, moderator: str, split: str) -> Spec:
    """Give the document with a moderator split or not.

    A prior that it states of the whole product is that of each part.
    """
    items = dict(fit.spec.moderators)
    items[moderator] = items[moderator].model_copy(update={"split": split})
    spec = fit.spec.model_copy(update={"moderators": items})
    stated = dict(spec.priors)
    for product in products(spec):
        whole = spec.priors.get(interaction(product.treatment, product.moderator))
        if whole is not None:
            stated.setdefault(product.name, whole)
    return spec.model_copy(update={"priors": stated})


def _without(of: Design, names: set[str]) -> Design:
    return replace(of, blocks=tuple(block for block in of.blocks if block.name not in names))


def _with(of: Design, blocks: list[Block]) -> Design:
    return replace(of, blocks=(*of.blocks, *blocks))


def _moderator_alone(of: Design, parts: tuple[Product, ...]) -> tuple[Design, tuple[Product, ...]]:
    """Put D (Z - mean Z) in place of the parts: those within and of the mean together."""
    named = {block.name: block for block in of.blocks}
    made, asked = [], []
    for treatment in dict.fromkeys(product.treatment for product in parts):
        own = {product.part: product for product in parts if product.treatment == treatment}
        within, of_mean = named[own["within"].name], named[own["of_mean"].name]
        name = interaction(treatment, own["within"].moderator)
        values = within.values + of_mean.values
        made.append(Block(name, values, (replace(within.terms[0], name=name),)))
        asked.append(Product(name, treatment, own["within"].moderator, "whole"))
    return _with(_without(of, {product.name for product in parts}), made), tuple(asked)


def _squares(spec: Spec, learned: Learned, of: Design, treatments: list[str]) -> Iterator[Block]:
    """Give the squares of treatments, and their means where effects are given means."""
    default = priors.defaults(spec, learned)
    named = {block.name: block for block in of.blocks}
    factors = {block.factor.name: block.factor for block in of.blocks if block.factor is not None}
    for treatment in treatments:
        d = named[treatment].values[:, 0]
        square = d**2 - (d**2).mean()
        line = np.column_stack([np.ones(len(d)), d])
        left = square - line @ np.linalg.lstsq(line, square, rcond=None)[0]
        if (left**2).sum() <= STRAIGHT * (square**2).sum():
            continue
        unit = 1 / learned.scales[treatment].spread ** 2
        law = prior("normal", mean=0.0, sd=default.slope)
        name = interaction(treatment, treatment)
        yield Block(name, square[:, None], (Term(name, law, unit),))
        for factor in learned.means:
            codes = factors[factor].codes
            mean = (np.bincount(codes, square) / np.bincount(codes))[codes]
            spread = float(mean.std()) or 1.0
            law = prior("normal", mean=0.0, sd=default.level)
            own = f"{name}::{factor}"
            yield Block(own, (mean / spread)[:, None], (Term(own, law),))
