"""A document with several outcomes, as one document for each: everything else is said of all."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from clustermodels.spec.document import Spec, sourced
from clustermodels.spec.names import posterior_names
from clustermodels.spec.source import Path

# Between the outcome and a name of its equation: papers::policies.
MARK = "::"


def of_equation(outcome: str, name: str) -> str:
    """Name something of one equation among several.

    Examples
    --------
    >>> of_equation("papers", "policies")
    'papers::policies'
    """
    return f"{outcome}{MARK}{name}"


def equations(spec: Spec) -> dict[str, Spec]:
    """Give a document of one outcome for each outcome, by its name.

    The outcomes share all other sections. A prior under ``papers::policies`` is that of one
    equation; one under ``policies`` is that of every equation that has the name and no prior of
    its own for it.

    Parameters
    ----------
    spec
        A document. One with a single outcome is given back as it is.

    Returns
    -------
    dict
        Outcome to Spec, in the document's order. Lines in messages are those of the document.

    Examples
    --------
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({
    ...     "data": {"panel": {"path": "panel.csv", "cluster": "city", "year": "year"}},
    ...     "outcomes": {"patents": {"family": "poisson"}, "papers": {"family": "poisson"}},
    ...     "treatments": ["policies"]})
    >>> {name: [*one.outcomes] for name, one in equations(spec).items()}
    {'patents': ['patents'], 'papers': ['papers']}
    """
    if len(spec.outcomes) == 1:
        return dict.fromkeys(spec.outcomes, spec)
    return {name: _equation(spec, name) for name in spec.outcomes}


def _equation(spec: Spec, outcome: str) -> Spec:
    one = spec.model_copy(
        update={"outcomes": {outcome: spec.outcomes[outcome]}, "priors": {}, "joint": False}
    )
    keys = _keys(spec, outcome, {entry.name for entry in posterior_names(one)})
    one = one.model_copy(update={"priors": {name: spec.priors[key] for name, key in keys.items()}})
    moved: dict[Path, Path] = {("priors", name): ("priors", key) for name, key in keys.items()}
    text = json.dumps(one.plain(), ensure_ascii=False, indent=2)
    return sourced(one, replace(spec.source, text=text, moved=moved))


def _keys(spec: Spec, outcome: str, known: Collection[str]) -> dict[str, str]:
    """Give the keys of the priors that an equation is told, by its own names."""
    shared = {key: key for key in spec.priors if key in known}
    own = {
        key.removeprefix(of_equation(outcome, "")): key
        for key in spec.priors
        if key.startswith(of_equation(outcome, ""))
    }
    return shared | own
