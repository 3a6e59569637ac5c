"""What effects of clusters, years and other factors must be to one another and to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import trend
from clustermodels.spec.treatments import Adoption


def _factors(spec: Spec) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], str] = {}
    for name, factor in spec.fixed_effects.items():
        columns = factor.columns or ()
        key = tuple(sorted(columns))
        if name in (CLUSTER, YEAR) and columns != (name,):
            yield spec.source.problem(
                ("fixed_effects", name),
                f"'{name}' stands for the panel's own {name}",
                fix="Remove 'columns', or choose another key for them.",
            )
        if len(set(columns)) < len(columns):
            yield spec.source.problem(
                ("fixed_effects", name, "columns"),
                "a column is crossed with itself",
                fix="Name each column once.",
            )
        if key in seen:
            yield spec.source.problem(
                ("fixed_effects", name), f"the same columns as '{seen[key]}'", fix="Keep one."
            )
        seen.setdefault(key, name)
        if factor.trend != "none" and name != CLUSTER:
            yield spec.source.problem(
                ("fixed_effects", name, "trend"),
                "trends are the clusters'",
                fix="Move it to 'cluster'."
                if name == YEAR
                else f"Move it to 'cluster', or cross '{name}' with the year.",
            )
        elif factor.trend != "none" and YEAR not in spec.fixed_effects:
            yield spec.source.problem(
                ("fixed_effects", name, "trend"),
                "clusters' trends are around the course that all share, and no effects of years "
                "hold that",
                fix="Add 'year: {}' to the fixed effects.",
            )


def _trends_beside_cohorts(spec: Spec) -> Iterator[Problem]:
    """Refuse free trends beside effects of all years of a cohort: either takes the other."""
    if trend(spec) != "free":
        return
    for name, item in spec.treatments.items():
        if isinstance(item, Adoption) and item.comparison == "never":
            yield spec.source.problem(
                ("treatments", name, "comparison"),
                "with 'never' a cohort has an effect in every year but one, and clusters' free "
                "trends are sums of these: no data can tell the two apart",
                fix="Write 'comparison: not_yet', or 'trend: partial'.",
            )


def _slopes_beside_effects(spec: Spec) -> Iterator[Problem]:
    """Refuse slopes that go with clusters' means where the clusters' effects do not."""
    own = spec.fixed_effects.get(CLUSTER)
    if own is not None and own.pooling != "partial":
        return
    for name, item in spec.treatments.items():
        if item.slope == "correlated":
            yield spec.source.problem(
                ("treatments", name, "slope"),
                "a slope that goes with the clusters' means needs effects of clusters that may go "
                "with them too, because what else clusters with more of the policy have would be "
                "taken for its slope",
                got=f"{'no effects' if own is None else 'partially pooled effects'} of clusters",
                fix="Write 'cluster: {pooling: correlated}' in the fixed effects.",
            )


def _factors_by_role(spec: Spec) -> Iterator[Problem]:
    """Refuse the cluster's or the year's column where the role itself is meant."""
    roles = {spec.data.cluster: CLUSTER, spec.data.year: YEAR}
    for name, factor in spec.fixed_effects.items():
        if name in (CLUSTER, YEAR):
            continue  # the role itself
        columns = factor.columns or ()
        path = ("fixed_effects", name) if columns == (name,) else ("fixed_effects", name, "columns")
        for column in columns:
            role = roles.get(column, column)
            if column not in (CLUSTER, YEAR) and role != column:
                yield spec.source.problem(
                    path, f"'{column}' is the {role} column", fix=f"Write '{role}'."
                )


def _controls_beside_clusters(spec: Spec) -> Iterator[Problem]:
    for name, control in spec.controls.items():
        if control.column == spec.data.cluster:
            yield spec.source.problem(
                ("controls", name),
                f"'{control.column}' is the cluster column, and its effect would be there twice",
                fix="Remove it; 'cluster' stands in the fixed effects.",
            )


RULES: tuple[tuple[Callable[[Spec], Iterator[Problem]], frozenset[str]], ...] = (
    (_factors, frozenset({"fixed_effects"})),
    (_factors_by_role, frozenset({"data", "fixed_effects"})),
    (_trends_beside_cohorts, frozenset({"treatments", "fixed_effects"})),
    (_slopes_beside_effects, frozenset({"treatments", "fixed_effects"})),
    (_controls_beside_clusters, frozenset({"data", "controls"})),
)
