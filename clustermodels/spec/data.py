"""The section ``data``: where the panel is."""

from __future__ import annotations

from pydantic import Field, field_validator

from clustermodels.spec.section import ColumnName, Section, refuse


class PanelSource(Section):
    """A table with a row per cluster and year."""

    path: str | None = Field(
        default=None,
        description="CSV, Parquet, JSON lines, Stata .dta or DuckDB file, relative to this file; "
        "may be left out where a table is handed over in Python",
    )
    cluster: ColumnName = Field(description="the column that names the cluster")
    year: ColumnName = Field(description="the column that holds the year")
    table: ColumnName | None = Field(
        default=None, description="the table, in a DuckDB file that has several"
    )

    @field_validator("path")
    @classmethod
    def _plain(cls, path: str | None) -> str | None:
        if path is not None and not path.strip():
            raise refuse("a path names one file", "Write its name.", got=repr(path))
        if path is not None and any(mark in path for mark in "*?[\0"):
            raise refuse("a path names one file", "Leave out *, ? and [.", got=repr(path))
        if path is not None and "://" in path:
            raise refuse(
                "a path names a file on this machine", "Save it and name the copy.", got=repr(path)
            )
        return path


class Data(Section):
    """The data that the document names; no other file is read."""

    panel: PanelSource
