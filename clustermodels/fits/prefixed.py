"""Groups of several equations as one: names and dimensions carry their outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.spec.equations import MARK, of_equation

# Dimensions that all equations share.
SHARED = ("chain", "draw")


def joined(trees: Mapping[str, xr.DataTree]) -> xr.DataTree:
    """Put the groups of each equation's tree together, by outcome.

    A likelihood bears its outcome's name, and keeps it.
    """
    groups: dict[str, xr.Dataset] = {}
    for group in dict.fromkeys(name for tree in trees.values() for name in tree.children):
        parts = {
            outcome: tree[group].to_dataset()
            for outcome, tree in trees.items()
            if group in tree.children
        }
        renamed = [_prefixed(part, outcome) for outcome, part in parts.items()]
        whole = xr.merge(renamed, join="exact", combine_attrs="drop")
        groups[group] = whole.assign_attrs(joined_attrs({o: p.attrs for o, p in parts.items()}))
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = joined_attrs({outcome: tree.attrs for outcome, tree in trees.items()})
    return tree


def parted(tree: xr.DataTree, outcome: str) -> xr.DataTree:
    """Give the tree of one equation out of several that were put together."""
    groups = {name: _own(node.to_dataset(), outcome) for name, node in tree.children.items()}
    one = xr.DataTree.from_dict(
        {name: part for name, part in groups.items() if part.data_vars or part.attrs}
    )
    one.attrs = own_attrs(tree.attrs, outcome)
    return one


def shared_of(posterior: xr.Dataset) -> xr.Dataset:
    """Give what is of no single equation."""
    return posterior[[name for name in posterior.data_vars if MARK not in str(name)]].drop_attrs()


def joined_attrs(each: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    """Put attributes together: once where they are the same in all, else by outcome."""
    names = dict.fromkeys(str(name) for attrs in each.values() for name in attrs)
    whole: dict[str, Any] = {}
    for name in names:
        values = {outcome: attrs[name] for outcome, attrs in each.items() if name in attrs}
        if len(values) == len(each) and _alike(values.values()):
            whole[name] = next(iter(values.values()))
        else:
            whole |= {of_equation(outcome, name): value for outcome, value in values.items()}
    return whole


def own_attrs(attrs: Mapping[Any, Any], outcome: str) -> dict[str, Any]:
    """Give the attributes of one equation: those of all, and its own."""
    mark = of_equation(outcome, "")
    shared = {str(name): value for name, value in attrs.items() if MARK not in str(name)}
    own = {str(n).removeprefix(mark): v for n, v in attrs.items() if str(n).startswith(mark)}
    return shared | own


def _alike(values: Iterable[Any]) -> bool:
    first, *others = values
    return all(type(other) is type(first) and np.array_equal(first, other) for other in others)


def _prefixed(part: xr.Dataset, outcome: str) -> xr.Dataset:
    names = {*part.variables, *part.dims} - {*SHARED, outcome}
    return part.rename({name: of_equation(outcome, str(name)) for name in names})


def _own(whole: xr.Dataset, outcome: str) -> xr.Dataset:
    mark = of_equation(outcome, "")
    kept = [n for n in whole.data_vars if str(n).startswith(mark) or n == outcome]
    part = whole[kept]
    mine = [str(n) for n in {*part.variables, *part.dims} if str(n).startswith(mark)]
    part = part.rename({name: name.removeprefix(mark) for name in mine})
    return part.assign_attrs(own_attrs(whole.attrs, outcome))
