"""The whole document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    SerializeAsAny,
    WithJsonSchema,
)

from clustermodels.errors import Problem, SpecError, choices
from clustermodels.families.family import Family
from clustermodels.families.feedback import FED
from clustermodels.families.table import find
from clustermodels.spec import fixed_effects as factors
from clustermodels.spec.cells import WithCells
from clustermodels.spec.clusters import Clusters
from clustermodels.spec.controls import CONTROLS, ColumnControl, Control
from clustermodels.spec.data import Data
from clustermodels.spec.dynamics import Dynamics, rho
from clustermodels.spec.engine import ENGINES, Engine, Nuts
from clustermodels.spec.fixed_effects import FixedEffect
from clustermodels.spec.horizon import Horizon
from clustermodels.spec.moderators import MODERATORS, ColumnModerator, Moderator, NetworkModerator
from clustermodels.spec.outcomes import OUTCOMES, ColumnOutcome, Outcome
from clustermodels.spec.position import Position
from clustermodels.spec.priors import PriorSpec
from clustermodels.spec.reads import Read
from clustermodels.spec.residuals import Residuals
from clustermodels.spec.scenarios import Scenario, rewire_paths
from clustermodels.spec.section import OPEN, Section, filled, refuse, with_column
from clustermodels.spec.source import Source
from clustermodels.spec.treatments import TREATMENTS, Dose, Lags, Treatment


def _of_kind(kinds: Any, name: str) -> tuple[Any, ...]:
    return (PlainValidator(kinds.pick), WithJsonSchema({OPEN: name}))


AnyOutcome = Annotated[SerializeAsAny[Outcome], *_of_kind(OUTCOMES, "Outcome")]
AnyTreatment = Annotated[SerializeAsAny[Treatment], *_of_kind(TREATMENTS, "Treatment")]
AnyModerator = Annotated[SerializeAsAny[Moderator], *_of_kind(MODERATORS, "Moderator")]
AnyControl = Annotated[SerializeAsAny[Control], *_of_kind(CONTROLS, "Control")]
AnyEngine = Annotated[SerializeAsAny[Engine], *_of_kind(ENGINES, "Engine")]


def _with_outside[T](items: Mapping[str, T], marker: Callable[[T, str], T]) -> dict[str, T]:
    """Follow every position that asks for an indicator by the column that marks it."""
    followed: dict[str, T] = {}
    for key, item in items.items():
        followed[key] = item
        if isinstance(item, Position) and item.outside is not None:
            followed[item.outside] = marker(item, item.outside)
    return {**followed, **items}


def _marked_moderators(items: Mapping[str, Moderator]) -> dict[str, Moderator]:
    return _with_outside(
        items,
        lambda item, column: ColumnModerator(
            column=column, moderates=item.moderates, full=item.full, split=item.split
        ),
    )


def _marked_controls(items: Mapping[str, Control]) -> dict[str, Control]:
    return _with_outside(items, lambda _, column: ColumnControl(kind="numeric", column=column))


def _with_lags(items: Mapping[str, Treatment]) -> dict[str, Treatment]:
    """Part a dose that works at several lags into one for each."""
    parted: dict[str, Treatment] = {}
    for key, item in items.items():
        found: Mapping[str, Treatment] = item.parts(key) if isinstance(item, Dose) else {key: item}
        for name in found:
            if name in parted:
                raise refuse(
                    f"the results would hold '{name}' twice: a lag of one treatment is called so",
                    "Choose another key and name the column with 'column:'.",
                )
        parted |= found
    return parted


class Spec(Section):
    """A validated document, its defaults filled in.

    ``spec.source`` knows the file and the line of every path. Make one with ``read_spec``.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema", description="the grammar: 1")
    title: str = Field(default="", description="one line for reports")
    data: Data
    clusters: Clusters | None = Field(
        default=None, description="which regions count as clusters; absent: all of the panel"
    )
    outcomes: Annotated[
        dict[str, AnyOutcome], Field(min_length=1), AfterValidator(filled(with_column))
    ]
    treatments: Annotated[
        dict[str, AnyTreatment],
        AfterValidator(filled(lambda item, key: item.named(key))),
        AfterValidator(_with_lags),
    ] = Field(default_factory=dict)
    moderators: Annotated[
        dict[str, AnyModerator],
        AfterValidator(filled(lambda item, key: item.named(key))),
        AfterValidator(_marked_moderators),
    ] = Field(default_factory=dict)
    controls: Annotated[
        dict[str, AnyControl],
        AfterValidator(filled(with_column)),
        AfterValidator(_marked_controls),
    ] = Field(default_factory=dict)
    fixed_effects: Annotated[dict[str, FixedEffect], AfterValidator(filled(factors.named))] = Field(
        default_factory=lambda: filled(factors.named)(factors.defaults()),
        description="complete where present: a factor that is not listed has no effect",
    )
    dynamics: Dynamics | None = Field(
        default=None, description="the outcome's own past; absent: it has no effect"
    )
    residuals: Residuals | None = Field(
        default=None, description="how what is left of a year goes on; absent: years are apart"
    )
    joint: bool = Field(
        default=False,
        description="fit several outcomes as one model: what clusters vary by, and normal errors, "
        "are correlated across them; else one by one",
    )
    priors: dict[str, PriorSpec] = Field(
        default_factory=dict, description="by posterior name; every other prior is the default"
    )
    engine: AnyEngine = Field(default_factory=Nuts)
    scenarios: dict[str, Scenario] = Field(default_factory=dict)
    horizon: Horizon | None = Field(
        default=None, description="years beyond the panel that are predicted; absent: none"
    )

    _source: Source = PrivateAttr(default_factory=Source)

    @property
    def source(self) -> Source:
        """Where the document came from."""
        return self._source

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the document names: its data, and the ties of its scenarios."""
        return (*self.data.paths, *rewire_paths(self.scenarios))

    @property
    def outcome(self) -> tuple[str, Outcome]:
        """The name and the declaration of the outcome, where there is one.

        Raises
        ------
        SpecError
            If there are several: what asks is about one.
        """
        (first, *others) = self.outcomes.items()
        if others:
            raise SpecError([self._several(first[0])])
        return first

    def _several(self, first: str) -> Problem:
        return self.source.problem(
            ("outcomes",),
            "this is done for one outcome at a time",
            got=choices(self.outcomes),
            fix=f"Take the equation of one: equations(spec)['{first}'].",
        )

    @property
    def family(self) -> Family:
        """How the outcome varies, given its past."""
        family = find(self.outcome[1].family)
        return FED[family.name] if self.feeds else family

    @property
    def feeds(self) -> bool:
        """Whether the outcome's mean keeps a share of the last one."""
        return self.dynamics is not None and self.dynamics.form == "linear_feedback"

    @property
    def predicts_missing(self) -> bool:
        """Whether rows without an outcome are predicted."""
        outcome = self.outcome[1]
        return isinstance(outcome, ColumnOutcome) and outcome.missing == "model"

    def moderated(self) -> list[tuple[str, str]]:
        """Give every (treatment, moderator) pair whose interaction is in the predictor."""
        wholes = self.distributed()
        return [
            (treatment, name)
            for name, moderator in self.moderators.items()
            for treatment in self.treatments
            if moderator.moderates is None
            or {treatment, wholes.get(treatment)} & {*moderator.moderates}
        ]

    def distributed(self) -> dict[str, str]:
        """Give the doses at one of several lags, by name: the key of the whole."""
        return {
            name: item.whole[0]
            for name, item in self.treatments.items()
            if isinstance(item, Dose) and item.whole is not None
        }

    def shaped(self) -> dict[str, tuple[Lags, tuple[str, ...]]]:
        """Give the doses whose lags have a shape, by key: the lags, and the names of all."""
        found: dict[str, tuple[Lags, tuple[str, ...]]] = {}
        for name, item in self.treatments.items():
            whole = item.whole if isinstance(item, Dose) else None
            lags = None if whole is None else whole[1].lags
            if whole is not None and lags is not None and lags.shape != "free":
                found[whole[0]] = (lags, (*found.get(whole[0], (lags, ()))[1], name))
        return found

    def predictors(self) -> dict[tuple[str, str], tuple[Read, ...]]:
        """Give what each treatment, moderator and control reads, by (section, name)."""
        sections: dict[str, Mapping[str, Treatment | Moderator | Control]] = {
            "treatments": self.treatments,
            "moderators": self.moderators,
            "controls": self.controls,
        }
        return {
            (section, name): item.reads()
            for section, items in sections.items()
            for name, item in items.items()
        }

    def uncertain(self) -> dict[tuple[str, str], WithCells]:
        """Give the columns whose cells may be parameters, by (section, name)."""
        sections: dict[str, Mapping[str, object]] = {
            "moderators": self.moderators,
            "controls": self.controls,
        }
        return {
            (section, name): item
            for section, items in sections.items()
            for name, item in items.items()
            if isinstance(item, WithCells) and item.uncertain
        }

    def sampled(self) -> dict[str, NetworkModerator]:
        """Give the moderators whose ties are counts with sampling error, by name."""
        return {
            name: item
            for name, item in self.moderators.items()
            if isinstance(item, NetworkModerator) and item.uncertain == "ties"
        }

    def lagged(self) -> dict[str, Read]:
        """Give what the dynamics read of the outcome's past, by posterior name."""
        if self.dynamics is None:
            return {}
        column = self.outcome[1].column or ""
        return {rho(lag): Read(column, lag) for lag in range(1, self.dynamics.lags + 1)}

    def predetermined(self) -> tuple[str, ...]:
        """Name the treatments, moderators and controls that react to past outcomes."""
        return () if self.dynamics is None else (*self.dynamics.predetermined,)

    def reacting(self) -> frozenset[str]:
        """Name the predetermined columns, and treatments' products with moderators that hold one.

        These are named as their coefficients are.
        """
        own = {*self.predetermined()}
        products = {f"{t}_x_{m}" for t, m in self.moderated() if own & {t, m}}
        return frozenset(own | products)

    def positions(self) -> dict[tuple[str, str], Position]:
        """Give every position in the network, by (section, name)."""
        sections: dict[str, Mapping[str, object]] = {
            "outcomes": self.outcomes,
            "moderators": self.moderators,
            "controls": self.controls,
        }
        return {
            (section, name): item
            for section, items in sections.items()
            for name, item in items.items()
            if isinstance(item, Position)
        }

    def measured(self) -> dict[str, tuple[str, str]]:
        """Give the panel columns that positions make, and the part of the document of each."""
        return {
            column: path
            for path, position in self.positions().items()
            for column in (position.column, position.outside)
            if column is not None
        }

    def plain(self) -> dict[str, Any]:
        """Give the document as plain data that ``read_spec`` takes again."""
        wholes = dict(
            item.whole or (name, item) if isinstance(item, Dose) else (name, item)
            for name, item in self.treatments.items()
        )
        whole = self.model_copy(update={"treatments": wholes})
        return whole.model_dump(mode="json", by_alias=True, exclude_unset=False, exclude_none=True)


def sourced(spec: Spec, source: Source) -> Spec:
    """Give the same spec, knowing its source."""
    copy = spec.model_copy()
    copy._source = source
    return copy
