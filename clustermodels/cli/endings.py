"""How a command ends: its exit code, and what is said of what went wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer

from clustermodels.cli.terminal import complain
from clustermodels.errors import ClusterModelsError, Finding, FitError

# What typer turns Ctrl-C into.
INTERRUPTED = 130


class Severity(StrEnum):
    """From which severity on findings make a command fail."""

    note = "note"
    warning = "warning"
    serious = "serious"
    never = "never"


FailOn = Annotated[
    Severity, typer.Option(help="Exit with 1 where there is a finding of this severity or above.")
]


def fail(found: Iterable[Finding], fail_on: Severity) -> None:
    """End with 1 where the user asked for it."""
    ranks = [*Severity]
    if any(ranks.index(Severity(finding.severity)) >= ranks.index(fail_on) for finding in found):
        raise typer.Exit(1)


def ended(app: typer.Typer) -> int:
    """Run a command to its exit code; say what is wrong in sentences."""
    try:
        code: Any = app(standalone_mode=False)
    except ClusterModelsError as error:
        complain(str(error))
        return 3 if isinstance(error, FitError) else 2
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        return _unexpected(error)
    if code == INTERRUPTED:
        complain("Interrupted: nothing was written.")
        return 3
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception) -> int:
    """Word what typer refuses, and what nobody foresaw, without a traceback."""
    shown = getattr(error, "format_message", None)
    if shown is not None:
        at: Any = getattr(error, "ctx", None)
        inside = at is not None and at.parent is not None
        command = f"clustermodels {at.info_name}" if inside else "clustermodels"
        complain(f"{shown().rstrip('.')}. See '{command} --help'.")
        return 2
    if os.environ.get("CLUSTERMODELS_DEBUG"):
        raise error
    complain(
        f"This is a bug in clustermodels: {type(error).__name__}: {error}. "
        "Run again with CLUSTERMODELS_DEBUG=1 and report what it prints."
    )
    return 3
