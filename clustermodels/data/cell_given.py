"""What the unknown cells of a column are given."""

from __future__ import annotations

from collections.abc import Mapping

from clustermodels.data.factors import factor, labels_of
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Reader, Values
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import YEAR
from clustermodels.spec.reads import Read


def given_columns(
    spec: Spec,
    rows: Reader,
    section: str,
    name: str,
    columns: Mapping[str, Values],
    learned: Learned,
) -> dict[str, tuple[Values, float]]:
    """Give the columns that unknown cells are given, standardised, with their spreads.

    Those of the predictor are among them: cells that were drawn as if they had nothing to do
    with these would take their share of the effects wrongly. So are years that have effects.
    """
    unknown = {other for _, other in spec.uncertain()}
    given: dict[str, tuple[Values, float]] = {}
    read = set()
    reads = {key: each[0] for (_, key), each in spec.predictors().items()} | spec.lagged()
    for other, values in columns.items():
        if other not in unknown:
            scale = learned.scales[other]
            given[other] = ((values - scale.centre) / scale.spread, scale.spread)
            read.add(reads[other].column)
    beside = spec.predictors()[section, name][1:]
    item = spec.uncertain()[section, name]
    declared = beside[: len(item.given)]
    for each, (centre, spread) in zip(declared, learned.cells[name].given, strict=True):
        if each.column not in read or each.lag:
            given[_said(each, given)] = ((rows.numbers(each) - centre) / spread, spread)
    if YEAR in spec.fixed_effects:
        years = labels_of(rows, ((YEAR,), 0))
        codes = factor(YEAR, years, learned.levels[YEAR]).codes
        for at, label in enumerate(learned.levels[YEAR][1:], 1):
            here = (codes == at).astype(float)
            given[f"year {label}"] = (here - here.mean(), 1.0)
    return given


def _said(read: Read, given: Mapping[str, object]) -> str:
    """Call a column by its name, and by its lag too where that is taken."""
    return read.column if read.column not in given else f"{read.column}, {read.lag} back"
