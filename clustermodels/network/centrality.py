"""The open table of measures: those of the package, and any that a user registers."""

from __future__ import annotations

from clustermodels.errors import choices
from clustermodels.network.betweenness import BETWEENNESS
from clustermodels.network.brokerage import CLUSTERING, CONSTRAINT, EFFECTIVE_SIZE, EFFICIENCY
from clustermodels.network.distances import CLOSENESS, HARMONIC
from clustermodels.network.measures import Measure, hint
from clustermodels.network.spectral import EIGENVECTOR, KATZ, PAGERANK
from clustermodels.network.volume import CORE_NUMBER, DEGREE, EI_INDEX, INTRAREGIONAL, STRENGTH

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        DEGREE,
        STRENGTH,
        CLOSENESS,
        HARMONIC,
        BETWEENNESS,
        EIGENVECTOR,
        KATZ,
        PAGERANK,
        CONSTRAINT,
        EFFECTIVE_SIZE,
        EFFICIENCY,
        CLUSTERING,
        CORE_NUMBER,
        INTRAREGIONAL,
        EI_INDEX,
    )
}


def register(measure: Measure) -> None:
    """Add a measure to the table, for every document from now on.

    Raises
    ------
    ValueError
        When the name is taken.
    """
    if measure.name in MEASURES:
        raise ValueError(f"the measure '{measure.name}' is registered already")
    MEASURES[measure.name] = measure


def find(name: str) -> Measure:
    """Give the measure of that name.

    Raises
    ------
    ValueError
        When there is none, with the choices and the nearest of them.

    Examples
    --------
    >>> sorted(find("closeness").takes)
    ['exponent', 'normalise', 'variant', 'weighted']
    """
    if name not in MEASURES:
        raise ValueError(
            f"'{name}' is not a measure (choices: {choices(MEASURES, most=len(MEASURES))})"
            f"{hint(name, MEASURES)}"
        )
    return MEASURES[name]


def names() -> tuple[str, ...]:
    """List the measures, in the order of registration.

    Examples
    --------
    >>> names()[:3]
    ('degree', 'strength', 'closeness')
    """
    return tuple(MEASURES)
