"""What scenarios may edit of the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, unknown_among
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import OBSERVED, OF_ADOPTIONS
from clustermodels.spec.treatments import Adoption


def _scenarios(spec: Spec) -> Iterator[Problem]:
    roles = (spec.data.cluster, spec.data.year)
    readable = sorted(
        {
            read.column
            for reads in spec.predictors().values()
            for read in reads
            if read.role != "label"
        }
        - {*roles}
    )
    adopted = sorted(
        item.first_year or item.column or ""
        for item in spec.treatments.values()
        if isinstance(item, Adoption)
    )
    if OBSERVED in spec.scenarios:
        yield spec.source.problem(
            ("scenarios", OBSERVED),
            f"'{OBSERVED}' is what tables call the panel as it is",
            fix="Choose another name.",
        )
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            for column in edit.amounts:
                if edit.verb in OF_ADOPTIONS and column not in adopted:
                    yield spec.source.problem(
                        ("scenarios", name, position, edit.verb, column),
                        f"'{edit.verb}' is for adoptions, and this is none",
                        **unknown_among(column, adopted),
                    )
                    continue
                if column in readable:
                    continue
                what = (
                    "clusters and years say what a row is about, and are not edited"
                    if column in roles
                    else "no treatment, moderator or control reads this column, so editing it "
                    "would change nothing"
                )
                yield spec.source.problem(
                    ("scenarios", name, position, edit.verb, column),
                    what,
                    **unknown_among(column, readable),
                )


RULES: tuple[tuple[Callable[[Spec], Iterator[Problem]], frozenset[str]], ...] = (
    (_scenarios, frozenset({"treatments", "moderators", "controls", "scenarios"})),
)
