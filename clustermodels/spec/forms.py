"""The form in which a moderator bends an effect: a line, steps, or a curve."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from clustermodels.spec.section import WRONG, Finite, Section, refuse, shown, unknown

MOST_BINS, MOST_KNOTS, MOST_FUNCTIONS = 20, 20, 100
# With so many functions a Gaussian process can have lengths from 0.18 of the range on.
FUNCTIONS = 20

Places = Annotated[tuple[Finite, ...], Field(strict=False, min_length=1, max_length=MOST_KNOTS)]


def _counted(low: int, high: int, what: str) -> BeforeValidator:
    """Refuse a number of bins or knots that there cannot be, with the nearest that there can."""

    def judged(many: object) -> object:
        if isinstance(many, int) and not isinstance(many, bool) and not low <= many <= high:
            raise refuse(
                f"no number of {what} that there can be",
                f"Write {min(max(many, low), high)}.",
                got=shown(many),
                expected=f"{low} to {high}",
            )
        return many

    return BeforeValidator(judged)


def _rising(what: str) -> AfterValidator:
    """Refuse places that are not in order."""

    def judged(places: Any) -> Any:
        if isinstance(places, tuple) and not all(low < high for low, high in pairwise(places)):
            raise refuse(
                f"{what} do not rise",
                f"Write [{', '.join(f'{place:g}' for place in sorted({*places}))}].",
                got=shown(places),
            )
        return places

    return AfterValidator(judged)


class Bins(Section):
    """An effect of its own in each bin."""

    bins: Annotated[
        Annotated[int, Field(ge=2, le=MOST_BINS)] | Places,
        _counted(2, MOST_BINS, "bins"),
        _rising("edges between bins"),
    ] = Field(
        default=3,
        description="how many, with as many rows each; or the edges between them, each edge in "
        "the bin above it",
    )


class Spline(Section):
    """A natural cubic spline: smooth, and straight beyond the data."""

    spline: Annotated[
        Annotated[int, Field(ge=1, le=MOST_KNOTS)] | Places,
        _counted(1, MOST_KNOTS, "knots"),
        _rising("knots"),
    ] = Field(
        default=3, description="how many inner knots, at quantiles of the rows; or where they are"
    )


class Functions(Section):
    """How a Gaussian process is put together."""

    functions: Annotated[int, Field(ge=4, le=MOST_FUNCTIONS)] = Field(
        default=FUNCTIONS, description="how many sine functions stand for it"
    )


class GaussianProcess(Section):
    """A smooth curve whose height and length are estimated."""

    gp: Functions = Field(default_factory=Functions)


Curved = Literal["quadratic"] | Spline | GaussianProcess
AnyForm = Literal["linear"] | Bins | Curved
_SECTIONS: dict[str, type[Bins | Spline | GaussianProcess]] = {
    "bins": Bins,
    "spline": Spline,
    "gp": GaussianProcess,
}
FORMS = ("linear", "quadratic", *_SECTIONS)


def form_named(value: object) -> AnyForm:
    """Give the form that a name, or a mapping with one entry, stands for."""
    if isinstance(value, (Bins, Spline, GaussianProcess)):
        return value
    if value == "linear" or value == "quadratic":
        return value
    if isinstance(value, str):
        if value in _SECTIONS:
            return _SECTIONS[value]()
        raise unknown(value, FORMS, "unknown form")
    if not isinstance(value, Mapping) or len(value) != 1:
        raise refuse(
            WRONG,
            "Write 'form: spline', or 'form: {spline: 3}'.",
            expected="the name of a form, or one form with its setting",
            got=shown(value),
        )
    (name,) = value
    if name not in _SECTIONS:
        raise unknown(str(name), _SECTIONS, "unknown form with a setting")
    return _SECTIONS[name].model_validate(value)


Form = Annotated[
    AnyForm,
    BeforeValidator(
        form_named,
        json_schema_input_type=Literal["linear", "quadratic", "bins", "spline", "gp"]
        | Bins
        | Spline
        | GaussianProcess,
    ),
]
