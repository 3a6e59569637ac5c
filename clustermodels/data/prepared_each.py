"""Several outcomes of one document: each equation with its own panel, made once for all verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clustermodels.data.across import across
from clustermodels.data.prepared import Prepared, Study, prepare
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import equations
from clustermodels.spec.joint import EFFECTS, RESIDUALS
from clustermodels.spec.read import read_spec


@dataclass(frozen=True, eq=False)
class PreparedEach:
    """A document of one outcome or of several, with what each equation starts from.

    Parameters
    ----------
    spec
        The whole document.
    equations
        By outcome: the equation with its own panel, what that taught, and its numbers. A row that
        lacks one outcome is a row of the others.
    """

    spec: Spec
    equations: Mapping[str, Prepared]


def prepare_each(spec: Study | PreparedEach, data: object = None) -> PreparedEach:
    """Read a document and the panel of each of its outcomes, and design these.

    Each equation reads the files for itself: what is a row, a count or a network of one need not
    be one of the other.

    Parameters
    ----------
    spec
        A Spec, or the path of a document. What has been prepared is given back.
    data
        A table to use instead of the file.

    Raises
    ------
    SpecError, PanelError
        With every problem of the document, or of the data and the scenarios against any equation.
    TypeError
        If there are data for what has been prepared with its own.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...                   "outcomes": {name: {"family": "poisson"} for name in ("a", "b")},
    ...                   "controls": ["x"]})
    >>> table = pd.DataFrame({"city": [*"AABB"], "year": [2020, 2021] * 2, "a": [3, 5, 2, 4],
    ...                       "b": [1, None, 0, 2], "x": [0.1, 0.3, 0.2, 0.5]})
    >>> [len(one.design.years) for one in prepare_each(spec, table).equations.values()]
    [4, 3]
    """
    if isinstance(spec, (Prepared, PreparedEach)) and data is not None:
        raise TypeError("what has been prepared has its data: hand it over alone")
    if isinstance(spec, PreparedEach):
        return spec
    if isinstance(spec, Prepared):
        return PreparedEach(spec.spec, {spec.spec.outcome[0]: spec})
    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    ready: dict[str, Prepared] = {}
    problems: dict[Problem, None] = {}
    for outcome, equation in equations(spec).items():
        try:
            ready[outcome] = prepare(equation, data)
        except PanelError as error:
            problems |= dict.fromkeys(error.problems)
    if not problems:
        problems = dict.fromkeys(_nothing_shared(spec, ready))
    if problems:
        raise PanelError([*problems])
    return PreparedEach(spec, ready)


def _nothing_shared(spec: Spec, ready: Mapping[str, Prepared]) -> Iterator[Problem]:
    """Refuse outcomes to be fitted jointly that no cluster, or no row, has two of."""
    of = {EFFECTS: "cluster", RESIDUALS: "cluster-year"}
    for each in across(spec, {outcome: one.design for outcome, one in ready.items()}):
        if not each.patterns:
            yield spec.source.problem(
                ("joint",),
                f"no {of[each.name]} has two of {choices(each.terms)}, so that no data tell "
                f"{each.name}",
                fix="Remove it: one by one they are fitted just so.",
            )
