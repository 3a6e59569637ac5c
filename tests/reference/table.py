"""Print every published number beside ours: python tests/reference/table.py > FILE."""

from __future__ import annotations

import sys
import tempfile
import types
import warnings
from pathlib import Path

if __name__ == "__main__":
    # a dependency ships a package that is called tests too, and would be found first
    tests = types.ModuleType("tests")
    tests.__path__ = [str(Path(__file__).parents[1])]
    sys.modules["tests"] = tests

from tests.reference.cases import ROWS, Number
from tests.reference.fitted import Case, effective, error_factor
from tests.reference.oracles import Mode

HEAD = "| quantity | held against (error) | our mode (error) | our posterior mean (sd) |"


def like(printed: str, number: float) -> str:
    """Show a number with the digits that were printed."""
    _, _, decimals = printed.partition(".")
    return f"{number:.{len(decimals)}f}"


def line(case: Case, number: Number, mode: Mode) -> tuple[str, float]:
    """Give one line of the table, and its effective draws."""
    draws = case.draws(number)
    ours = [
        (mode.value(number.weights), mode.error(number.weights)),
        (draws.mean(), draws.std()),
    ]
    shown = [f"{like(number.value, a)} ({like(number.error, b)})" for a, b in ours]
    published = f"{number.value} ({number.error})"
    if case.row.adjusted_errors:
        plain = float(number.error) / error_factor(case.row, mode)
        published += f", unadjusted {like(number.error, plain)}"
    text = f"| {number.name} | {published} | {shown[0]} | {shown[1]} |"
    if number.name in case.robust and number.clustered:
        robust = like(number.clustered, case.robust[number.name])
        text += f"\n| {number.name}, clustered error | {number.clustered} | | {robust} |"
    return text, effective(draws)


def main() -> None:
    """Fit every row and print the table."""
    warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS")
    wanted = sys.argv[1:]
    print(HEAD)
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for row in ROWS:
            if wanted and row.name not in wanted:
                continue
            case = Case(row, Path(folder))
            mode = case.mode(case.density())
            print(f"| **{row.name}** ({row.source}) | | | |")
            found = [line(case, number, mode) for number in row.numbers]
            print("\n".join(text for text, _ in found), flush=True)
            least = min(size for _, size in found)
            print(f"{row.name}: at least {least:.0f} effective draws", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
