"""Findings on what the design's columns can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.factors import residual
from clustermodels.data.panel import Values
from clustermodels.errors import Finding, choices
from clustermodels.spec.bending import curves
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import by_mean, shape
from clustermodels.spec.products import products

# A column is absorbed when the factors leave less than this share of its variance.
ABSORBED = 1e-8
# Variance inflation: above it two columns are hard to tell apart, and further above impossible.
INFLATED = 30.0
SAME = 1e8
FEW_CHANGING = 5
FEW_ROWS = 20


def identification(spec: Spec, of: Design) -> Iterator[Finding]:
    """Find columns without variation of their own, collinear ones, and separation in counts."""
    common = [block for block in of.blocks if block.factor is None and block.labels is None]
    # of a dose with a shape, what all its lags add up to
    common += [
        replace(block, name=dose, labels=None)
        for dose in spec.shaped()
        for block in of.blocks
        if block.name == shape(dose)
    ]
    # of a curve, its line: what is known of that is told first
    common += [
        replace(block, labels=None, values=block.values[:, :1])
        for block in of.blocks
        if block.labels is not None and block.smooth is None and block.name in curves(spec)
    ]
    yield from _within(spec, of, common)
    yield from _few_changes(spec, of, common)
    yield from _incidental(spec, of)
    free = [
        block.factor
        for block in of.blocks
        if block.factor
        and block.pooling == "free"
        and block.terms[0].around is None
        and not block.adrift
    ]
    drifts = [block for block in of.blocks if block.factor and block.adrift]
    trends = [(b.factor.codes, b.values[:, 0]) for b in drifts if b.factor]
    columns = {block.name: block.values[:, 0] for block in common}
    codes = [factor.codes for factor in free]
    left = {name: residual(values, codes, trends) for name, values in columns.items()}
    share = {
        name: float(left[name].var() / values.var()) if values.var() > 0 else 0.0
        for name, values in columns.items()
    }
    absorbing = [factor.name for factor in free] + [block.name for block in drifts]
    yield from _absorbed(spec, columns, share, absorbing)
    # the means of a correlated factor leave slopes to what varies within it, as free effects do
    correlated = {n for n, item in spec.fixed_effects.items() if item.pooling == "correlated"}
    within = free + [b.factor for b in of.blocks if b.factor and b.factor.name in correlated][:1]
    kept = {
        name: residual(values, [factor.codes for factor in within], trends)
        for name, values in columns.items()
        if share[name] > ABSORBED
    }
    yield from _collinear(spec, {n: v for n, v in kept.items() if v.var() > ABSORBED})
    yield from _separated(spec, of, columns)


def _place(spec: Spec, name: str) -> tuple[str, int | None]:
    for section in ("treatments", "moderators", "controls"):
        if name in getattr(spec, section):
            return f"{section}.{name}", spec.source.line((section, name))
    if name in spec.shaped():
        return f"treatments.{name}", spec.source.line(("treatments", name))
    if name in spec.lagged():
        return "dynamics", spec.source.line(("dynamics",))
    for treatment in spec.treatments:
        if name == by_mean(treatment):
            return f"treatments.{treatment}.slope", spec.source.line(("treatments", treatment))
    for product in products(spec):
        if name == product.name:
            own = ("moderators", product.moderator)
            return ".".join(own), spec.source.line(own)
    return "", 1


def _within(spec: Spec, of: Design, common: list[Block]) -> Iterator[Finding]:
    """Find treatments and moderators that never change within a cluster."""
    code, _ = pd.factorize(of.clusters)
    size = np.bincount(code)
    asked = {
        **dict.fromkeys((*spec.treatments, *spec.shaped()), "treatment"),
        **dict.fromkeys(spec.moderators, "moderator"),
    }
    for block in common:
        if block.name not in asked:
            continue
        values = block.values[:, 0]
        mean = np.bincount(code, values) / size
        if np.abs(values - mean[code]).max() > 1e-9:
            continue
        what = asked[block.name]
        own = spec.fixed_effects.get(CLUSTER)
        free = own is not None and own.pooling == "free"
        if what == "moderator" and not free:
            continue  # a fixed moderator is ordinary: the interaction still varies within
        yield Finding(
            "no_within_variation",
            "serious" if what == "treatment" else "note",
            f"the {what} '{block.name}' never changes within a cluster",
            "Free cluster effects absorb it: its own coefficient comes from the prior alone."
            if free
            else "Its effect compares clusters with each other, and whatever else differs between "
            "them is in it.",
            "Use a policy that changes over time, or pool the cluster effects."
            if free
            else "Use a policy that changes over time, or add what else differs as controls.",
            *_place(spec, block.name),
        )


def _few_changes(spec: Spec, of: Design, common: list[Block]) -> Iterator[Finding]:
    """Find treatments that change within a handful of clusters only."""
    # rows are sorted by cluster
    first = np.flatnonzero(np.append(True, of.clusters[1:] != of.clusters[:-1]))
    for block in common:
        if block.name not in (*spec.treatments, *spec.shaped()):
            continue
        values = block.values[:, 0]
        range_within = np.maximum.reduceat(values, first) - np.minimum.reduceat(values, first)
        changing = [str(name) for name in of.clusters[first[range_within > 1e-9]]]
        if 0 < len(changing) < FEW_CHANGING < len(first):
            yield Finding(
                "few_treated",
                "warning",
                f"'{block.name}' changes in {len(changing)} cluster{'s' * (len(changing) > 1)} "
                f"only: {choices(changing)}",
                "The answer is about these, and whatever else happened in them is in it; the "
                "cluster-robust sd is far too small there.",
                "Say so beside the answer, and do not quote robust_sd.",
                *_place(spec, block.name),
            )


def _incidental(spec: Spec, of: Design) -> Iterator[Finding]:
    """Find free effects of many small levels beside a logit link, which inflate slopes.

    Roughly by T / (T - 1) with T rows a level (Hsiao 2014, doi 10.1017/CBO9781139839327).
    """
    if of.outcome.family.link.name != "logit":
        return
    for name, item in spec.fixed_effects.items():
        factor = next((b.factor for b in of.blocks if b.factor and b.factor.name == name), None)
        if item.pooling != "free" or factor is None or name == YEAR:
            continue
        rows = len(factor.codes) / len(factor.levels) * float(np.mean(of.outcome.trials))
        if rows < FEW_ROWS:
            yield Finding(
                "incidental_parameters",
                "serious",
                f"'{name}' has a free effect for each of {len(factor.levels)} levels with "
                f"{rows:.3g} trials each, beside a logit link",
                "Slopes come out too large: with free effects a logit model learns nothing of "
                "its own about each level, and the error does not shrink with more levels.",
                "Write pooling: correlated, which keeps differences between levels out too.",
                f"fixed_effects.{name}",
                spec.source.line(("fixed_effects", name)),
            )


def _absorbed(
    spec: Spec, columns: dict[str, Values], share: dict[str, float], free: list[str]
) -> Iterator[Finding]:
    names = choices(free)
    for name, values in columns.items():
        if values.var() == 0:
            what, why = f"'{name}' takes one value only", "A constant has no effect to estimate."
        elif share[name] <= ABSORBED and free:
            what = f"'{name}' is a sum of the free effects of {names}"
            why = "They absorb it: its coefficient comes from the prior alone."
        else:
            continue
        yield Finding(
            "absorbed",
            "serious",
            what,
            why,
            "Remove it, or pool the factor that absorbs it (pooling: partial).",
            *_place(spec, name),
        )


def _collinear(spec: Spec, columns: dict[str, Values]) -> Iterator[Finding]:
    """Find columns that the others nearly make up, by their variance inflation factor."""
    names = list(columns)
    if len(names) < 2:
        return
    table = np.column_stack([values / values.std() for values in columns.values()])
    correlations = table.T @ table / len(table)
    # the smallest ridge that keeps an exactly collinear pair invertible
    inflation = np.diag(np.linalg.inv(correlations + 1e-10 * np.eye(len(names))))
    told: set[frozenset[str]] = set()
    for position in np.argsort(-inflation):
        if inflation[position] < INFLATED:
            break
        name = names[position]
        among = np.abs(correlations[position])
        among[position] = 0
        other = names[int(among.argmax())]
        if frozenset((name, other)) in told:
            continue
        told.add(frozenset((name, other)))
        exact = inflation[position] > SAME
        yield Finding(
            "collinear",
            "serious" if exact else "warning",
            f"'{name}' is {'exactly' if exact else 'nearly'} made up by the other columns "
            f"(variance inflation {inflation[position]:.2g}), most of all by '{other}' "
            f"(correlation {correlations[position, names.index(other)]:.3f})",
            "The data cannot tell their effects apart: each one's interval is wide, and the prior "
            "decides between them.",
            "Remove one, or combine them.",
            *_place(spec, name),
        )


def _separated(spec: Spec, of: Design, columns: dict[str, Values]) -> Iterator[Finding]:
    """Find treatments that are on only where a count is zero, and levels that are all zero.

    Then the likelihood rises without end as the coefficient falls (Correia, Guimaraes & Zylkin
    2019, doi 10.48550/arXiv.1903.01633).
    """
    if not of.outcome.family.discrete:
        return
    y = of.outcome.values
    for name in [*spec.treatments, *spec.controls]:
        if name not in columns:
            continue
        values = columns[name]
        usual = np.bincount(np.unique(values, return_inverse=True)[1]).max()
        off = values == _mode(values)
        on = ~off
        if on.any() and usual >= 2 and (y[on] == 0).all() and (y[off] > 0).any():
            yield Finding(
                "separation",
                "serious",
                f"the outcome is zero in all {int(on.sum())} cluster-years where '{name}' is not "
                f"at its usual value",
                "The likelihood has no maximum: the size of the effect comes from the prior.",
                "Check the data; state a prior for it if they are right.",
                *_place(spec, name),
            )
    for block in of.blocks:
        if block.factor is None or block.name not in spec.controls:
            continue
        total = np.bincount(block.factor.codes, y, minlength=len(block.factor.levels))
        empty = [level for level, sum_ in zip(block.factor.levels, total, strict=True) if not sum_]
        if empty:
            yield Finding(
                "separation",
                "warning",
                f"the outcome is all zero at {choices(empty)} of '{block.name}'",
                "The effect of that level comes from the prior.",
                "Join it with another level, or check the data.",
                *_place(spec, block.name),
            )


def _mode(values: Values) -> float:
    levels, counts = np.unique(values, return_counts=True)
    return float(levels[counts.argmax()])
