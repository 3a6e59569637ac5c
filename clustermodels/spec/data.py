"""The section ``data``: the panel, the ties and the records, and who is who in them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from clustermodels.spec.paths import FilePath
from clustermodels.spec.records import Records
from clustermodels.spec.section import ColumnName, Section, refuse
from clustermodels.spec.ties import AnyTies, RecordTies, TieTable


class PanelSource(Section):
    """A table with a row per cluster and year."""

    path: FilePath = None
    cluster: ColumnName = Field(description="the column that names the cluster")
    year: ColumnName = Field(description="the column that holds the year")
    table: ColumnName | None = Field(
        default=None, description="the table, in a DuckDB file that has several"
    )


class Data(Section):
    """The data that the document names; no other file is read."""

    panel: PanelSource | None = Field(
        default=None, description="a table; may be left out where records are counted"
    )
    records: Records | None = Field(
        default=None, description="microdata from which columns and ties are counted"
    )
    ties: AnyTies | None = Field(default=None, description="who works with whom, by year")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.panel is None and self.records is None:
            raise refuse(
                "neither a panel nor records",
                "Write panel: {path: FILE, cluster: COLUMN, year: COLUMN}, or records: {...}.",
            )
        if isinstance(self.ties, RecordTies) and self.records is None:
            raise refuse(
                "ties from records, and there are no records",
                "Add 'records', or name a table of ties: {path: FILE, source: ..., target: ...}.",
            )
        return self

    @property
    def cluster(self) -> str:
        """The column that names the cluster: the panel's, or the records' region."""
        if self.panel is not None:
            return self.panel.cluster
        regions = self.records.regions if self.records is not None else ()
        return regions[0] if len(regions) == 1 else "cluster"

    @property
    def year(self) -> str:
        """The column that holds the year: the panel's, or the records'."""
        source = self.panel or self.records
        return source.year if source is not None else "year"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the document names."""
        named = (self.panel, self.records, self.tie_table)
        return tuple(part.path for part in named if part is not None and part.path is not None)

    @property
    def counts(self) -> tuple[str, ...]:
        """The panel columns that are counted from the records."""
        return tuple(self.records.count) if self.records is not None else ()

    @property
    def tie_table(self) -> TieTable | None:
        """The table of ties, where they come from one."""
        return self.ties if isinstance(self.ties, TieTable) else None

    @property
    def record_ties(self) -> RecordTies | None:
        """How ties are counted, where they come from the records."""
        return self.ties if isinstance(self.ties, RecordTies) else None
