r"""What several outcomes have in common: correlations across the blocks of their equations.

Of every unit (a cluster, a cluster-year) equation e has $k_e$ standard normal numbers $z_e$: what
its coefficients by cluster are made of, or its error. Jointly they are normal with the covariance
$C$, whose blocks on the diagonal are identities: each equation by itself stays as it is, and with
it its priors. Across, the prior of $C$ has the density $|C|^{\eta - 1}$, that of LKJ where each
$k_e$ is 1 (Lewandowski, Kurowicka & Joe 2009, doi 10.1016/j.jmva.2009.04.008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import of_equation
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.joint import EFFECTS, NORMAL, shared


@dataclass(frozen=True, eq=False)
class Pattern:
    """Units that the same equations have.

    Parameters
    ----------
    members
        The equations, positions among those of ``Across``.
    at
        (member, unit): where each has the unit.
    """

    members: tuple[int, ...]
    at: Positions


@dataclass(frozen=True, eq=False)
class Across:
    """One correlation matrix across equations.

    Parameters
    ----------
    name
        In the posterior.
    terms
        By outcome: the names of what is correlated, k of them.
    patterns
        Of the units that two equations or more have.
    concentration
        eta of the prior.
    """

    name: str
    terms: Mapping[str, tuple[str, ...]]
    patterns: tuple[Pattern, ...]
    concentration: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each equation has of a unit."""
        return tuple(len(names) for names in self.terms.values())

    @property
    def labels(self) -> list[str]:
        """Name the pairs of different equations, in the order of the posterior."""
        named = [of_equation(outcome, name) for outcome, own in self.terms.items() for name in own]
        if all(own == (outcome,) for outcome, own in self.terms.items()):
            named = [*self.terms]
        return [f"{named[j]} × {named[i]}" for i, j in pairs(self.sizes)]


def pairs(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """List the pairs (i, j), j < i, of numbers of different equations, row by row.

    Examples
    --------
    >>> pairs([1, 2])
    [(1, 0), (2, 0)]
    """
    ends = np.cumsum([0, *sizes])
    return [
        (i, j) for start, stop in pairwise(ends) for i in range(start, stop) for j in range(start)
    ]


def beta_parameters(sizes: Sequence[int], concentration: float) -> Values:
    r"""Give b of the Beta(b, b) laws by which $C$ is put together, in the order of ``pairs``.

    Equation e, with q numbers before it and r after its own k, has $D = C_{e,<e} M^{-T}$, M the
    Cholesky factor of what is before. The density $|C|^{\eta - 1}$ is in D that of
    $|I - D D'|^{\eta - 1 + r / 2}$; its rows are $d_j = S_j u_j$, $S_j$ a root of
    $I - \sum_{l<j} d_l d_l'$, with $|I - D D'| = \prod_j (1 - |u_j|^2)$, so that $u_j$ in the
    unit ball has the density $(1 - |u|^2)^c$, $c = \eta - 1 + (r + k - 1 - j) / 2$; and of its
    entries, each less what the ones before leave, $(w_m + 1) / 2$ is Beta with
    $b = c + 1 + (q - 1 - m) / 2$.
    """
    found = []
    total, before = sum(sizes), 0
    for k in sizes:
        after = total - before - k
        for j in range(k):
            c = concentration - 1 + (after + k - 1 - j) / 2
            found += [c + 1 + (before - 1 - m) / 2 for m in range(before)]
        before += k
    return np.array(found)


def across(spec: Spec, designs: Mapping[str, Design]) -> tuple[Across, ...]:
    """Give what the equations of a document that is fitted jointly have in common.

    Parameters
    ----------
    spec
        The whole document.
    designs
        By outcome.
    """
    found = []
    for name in shared(spec):
        of = _effects(designs) if name == EFFECTS else _errors(designs)
        terms = {outcome: names for outcome, (names, _) in of.items()}
        patterns = _patterns([labels for _, labels in of.values()])
        found.append(Across(name, terms, patterns, priors.concentration(spec, name)))
    return tuple(found)


def clusters_block(design: Design) -> Block | None:
    """Give the block of what varies over clusters by a normal law."""
    for block in design.blocks:
        if block.sds and block.factor is not None and block.factor.name == CLUSTER:
            return block
    return None


Members = dict[str, tuple[tuple[str, ...], Sequence[object]]]


def _effects(designs: Mapping[str, Design]) -> Members:
    of: Members = {}
    for outcome, design in designs.items():
        block = clusters_block(design)
        assert block is not None
        assert block.factor is not None
        of[outcome] = (tuple(term.name for term in block.terms), block.factor.levels)
    return of


def _errors(designs: Mapping[str, Design]) -> Members:
    return {
        outcome: ((outcome,), [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)])
        for outcome, design in designs.items()
        if design.outcome.family.name in NORMAL
    }


def _patterns(labels: Sequence[Sequence[object]]) -> tuple[Pattern, ...]:
    """Group the units that two equations or more have by which have them."""
    places = [{label: at for at, label in enumerate(own)} for own in labels]
    units = [*dict.fromkeys(label for own in labels for label in own)]
    grouped: dict[tuple[int, ...], list[list[int]]] = {}
    for unit in units:
        members = tuple(e for e, own in enumerate(places) if unit in own)
        if len(members) > 1:
            grouped.setdefault(members, []).append([places[e][unit] for e in members])
    return tuple(Pattern(members, np.array(at).T) for members, at in sorted(grouped.items()))
