"""The open table of families: those of the package, and any that a user registers."""

from __future__ import annotations

from clustermodels.errors import choices, nearest
from clustermodels.families.bernoulli import BERNOULLI
from clustermodels.families.beta import BETA
from clustermodels.families.binomial import BINOMIAL
from clustermodels.families.family import Family
from clustermodels.families.gamma import GAMMA
from clustermodels.families.gaussian import GAUSSIAN
from clustermodels.families.lognormal import LOGNORMAL
from clustermodels.families.negative_binomial import NEGATIVE_BINOMIAL
from clustermodels.families.poisson import POISSON
from clustermodels.families.student_t import STUDENT_T
from clustermodels.families.zeros import HURDLE_NEGATIVE_BINOMIAL, ZERO_INFLATED_NEGATIVE_BINOMIAL

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        GAUSSIAN,
        STUDENT_T,
        LOGNORMAL,
        GAMMA,
        POISSON,
        NEGATIVE_BINOMIAL,
        ZERO_INFLATED_NEGATIVE_BINOMIAL,
        HURDLE_NEGATIVE_BINOMIAL,
        BERNOULLI,
        BINOMIAL,
        BETA,
    )
}


def register(family: Family) -> None:
    """Add a family to the table, for every document from now on.

    Raises
    ------
    ValueError
        When the name is taken.
    """
    if family.name in FAMILIES:
        raise ValueError(f"the family '{family.name}' is registered already")
    FAMILIES[family.name] = family


def find(name: str) -> Family:
    """Give the family of that name.

    Raises
    ------
    ValueError
        When there is none, with the choices and the nearest of them.

    Examples
    --------
    >>> find("poisson").support
    'whole numbers, 0 or more'
    """
    if name not in FAMILIES:
        meant = nearest(name, FAMILIES)
        hint = f"; did you mean '{meant}'?" if meant else ""
        raise ValueError(f"'{name}' is not a family (choices: {choices(FAMILIES)}){hint}")
    return FAMILIES[name]


def names() -> tuple[str, ...]:
    """List the families, in the order of registration.

    Examples
    --------
    >>> names()[:3]
    ('gaussian', 'student_t', 'lognormal')
    """
    return tuple(FAMILIES)
