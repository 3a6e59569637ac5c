"""What a path in a document may be: one plain file on this machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from clustermodels.spec.section import refuse


def _plain(path: str) -> str:
    if not path.strip():
        raise refuse("a path names one file", "Write its name.", got=repr(path))
    if any(mark in path for mark in "*?[\0"):
        raise refuse("a path names one file", "Leave out *, ? and [.", got=repr(path))
    if "://" in path:
        raise refuse(
            "a path names a file on this machine", "Save it and name the copy.", got=repr(path)
        )
    return path


FilePath = Annotated[
    Annotated[str, AfterValidator(_plain)] | None,
    Field(
        description="CSV, Parquet, JSON lines, Stata .dta or DuckDB file, relative to this file; "
        "may be left out where a table is handed over in Python",
    ),
]
