"""What records, ties, clusters and positions in the network must be to one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices
from clustermodels.spec.conditions import Where
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position
from clustermodels.spec.records import Records
from clustermodels.spec.source import Path


def _counted_columns(spec: Spec) -> Iterator[Problem]:
    """Refuse counts that name a role which is not declared, and conditions by quantile."""
    records = spec.data.records
    if records is None:
        return
    path: Path = ("data", "records", "count")
    for name, count in records.count.items():
        for verb in ("distinct", "sum"):
            given = getattr(count, verb)
            if given in ("organisation", "amount") and getattr(records, given) is None:
                yield spec.source.problem(
                    (*path, name, verb),
                    f"the records declare no '{given}'",
                    fix=f"Add '{given}: COLUMN' to the records, or name a column.",
                )
        yield from _no_quantiles(spec, count.where, (*path, name, "where"))
    ties = spec.data.record_ties
    if ties is not None:
        yield from _no_quantiles(spec, ties.where, ("data", "ties", "where"))


def _no_quantiles(spec: Spec, where: dict[str, Where] | None, path: Path) -> Iterator[Problem]:
    for column, condition in (where or {}).items():
        if condition.below_quantile is not None or condition.above_quantile is not None:
            yield spec.source.problem(
                (*path, column),
                "records are chosen by values, not by quantiles",
                fix="Write below, above or is.",
            )


def _made_columns(spec: Spec) -> Iterator[Problem]:
    """Refuse a column that two parts of the document make, or that is a role of the panel."""
    taken: dict[str, Path] = {spec.data.cluster: ("data",), spec.data.year: ("data",)}
    parts: list[tuple[str, Path]] = [
        (column, ("data", "records", "count", column)) for column in spec.data.counts
    ]
    for path, position in spec.positions().items():
        parts += [(made, path) for made in (position.column, position.outside) if made]
    for column, part in parts:
        if column in taken:
            first = ".".join(map(str, taken[column]))
            yield spec.source.problem(
                part,
                f"it makes the column '{column}', which {first} has already",
                fix="Choose another name, or write 'column: NAME'.",
            )
        taken.setdefault(column, part)


def _positions(spec: Spec) -> Iterator[Problem]:
    """Refuse positions without ties, and networks that cannot be freed of the outcome."""
    for path, position in spec.positions().items():
        if spec.data.ties is None:
            yield spec.source.problem(
                path,
                "a position in a network, and the document has no ties",
                fix="Add data.ties: {path: FILE, source: COLUMN, target: COLUMN, year: COLUMN}"
                ", or {from: records}.",
            )
        elif position.without_own:
            yield from _own_units(spec, position, (*path, "without_own"))
        if position.network == "clusters_only" and spec.clusters is None:
            yield spec.source.problem(
                (*path, "network"),
                "the document has no rule that says which regions are clusters",
                fix="Add 'clusters', or write 'network: all_regions'.",
            )


def _own_units(spec: Spec, position: Position, path: Path) -> Iterator[Problem]:
    """Own units can be told apart only where ties and outcome are counted from one table."""
    records = spec.data.records
    column = spec.outcome[1].column or ""
    if records is None or spec.data.record_ties is None:
        yield spec.source.problem(
            path,
            "ties from a table do not say which units they come from",
            fix="Count the ties from records, or hand over ties without the outcome's own.",
        )
    elif column not in records.count:
        yield spec.source.problem(
            path,
            f"the outcome '{column}' is not counted from the records, so its units are not known",
            expected=choices(records.count) or "a count, and the records have none",
            fix="Count the outcome from the records, or remove 'without_own'.",
        )
    elif position.without_own is True and not records.count[column].where:
        yield spec.source.problem(
            path,
            f"'{column}' counts every unit, so no tie would be left",
            fix="Write 'without_own: half', or give the count a 'where'.",
        )


def _halves(spec: Spec) -> Iterator[Problem]:
    """Refuse to halve an outcome for one network and not for another, or beside whole numbers."""
    asked = {path: p.without_own for path, p in spec.positions().items() if p.without_own}
    for path in [path for path, own in asked.items() if own == "half"][:1]:
        _, outcome = spec.outcome
        if outcome.trials is not None:
            yield spec.source.problem(
                (*path, "without_own"),
                "the outcome would count half of the units, and its trials all of them",
                fix="Remove 'without_own', or choose a family without trials.",
            )
        if spec.clusters is not None and outcome.column in spec.clusters.columns:
            yield spec.source.problem(
                (*path, "without_own"),
                f"'{outcome.column}' would count half of the units, and a rule for clusters reads "
                "it",
                fix="Count the same under another name for the rule.",
            )
    if len(set(asked.values())) > 1:
        path = next(path for path, own in asked.items() if own == "half")
        yield spec.source.problem(
            (*path, "without_own"),
            "another position is made from units that the outcome does not count, and 'half' "
            "changes what the outcome counts",
            fix="Write the same for both.",
        )


def _cluster_rules(spec: Spec) -> Iterator[Problem]:
    """Refuse rules on ties that are not there, and on positions, which are measured later."""
    rules = spec.clusters
    if rules is None:
        return
    collaboration = rules.collaboration
    if collaboration is not None and collaboration.from_ties and spec.data.ties is None:
        yield spec.source.problem(
            ("clusters", "collaboration"),
            "collaboration is judged by the ties, and the document has none",
            fix="Add data.ties, or write {column: COLUMN, at_least: NUMBER}.",
        )
    for column in rules.columns:
        if column in spec.measured():
            yield spec.source.problem(
                ("clusters",),
                f"'{column}' is a position in the network, which is measured once the clusters "
                "are known",
                fix="Name a column of the panel or a count.",
            )
    quotient = rules.location_quotient
    if quotient is None or quotient.reference != "all_regions" or spec.data.panel is None:
        return
    if spec.data.records is not None:
        for role in ("activity", "total"):
            column = getattr(quotient, role)
            if column not in spec.data.counts:
                yield spec.source.problem(
                    ("clusters", "location_quotient", role),
                    f"'{column}' is not counted from the records, so only the panel's regions "
                    "have it",
                    expected=choices(spec.data.counts) or "a count, and the records have none",
                    fix="Write 'reference: panel', or the share as a number.",
                )


def _records_used(spec: Spec) -> Iterator[Problem]:
    """Refuse records that nothing is counted from."""
    records: Records | None = spec.data.records
    if records is not None and not records.count and spec.data.record_ties is None:
        yield spec.source.problem(
            ("data", "records"),
            "nothing is counted from the records",
            fix="Add 'count: {NAME: {rows: true}}', or 'ties: {from: records}'.",
        )


def _sampled(spec: Spec) -> Iterator[Problem]:
    """Refuse sampling error of ties that are no counts, or of a column on the scale of its sd."""
    ties = spec.data.record_ties
    for name, item in spec.sampled().items():
        path: Path = ("moderators", name, "uncertain")
        if ties is not None and ties.counting == "fractional":
            yield spec.source.problem(
                path,
                f"the ties of '{name}' have no sampling error that is known, because fractional "
                "ties are no counts",
                fix="Write 'counting: full' in data.ties, or remove 'uncertain'.",
            )
        if item.transform == "standardise":
            yield spec.source.problem(
                path,
                f"'{name}' cannot be standardised beside it, because its standard deviation holds "
                "the error, too",
                fix="Choose another transform.",
            )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (
    _counted_columns,
    _records_used,
    _made_columns,
    _positions,
    _halves,
    _cluster_rules,
    _sampled,
)
