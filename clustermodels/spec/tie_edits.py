"""What scenarios may do to ties: change them, join a region to the network, put others in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from clustermodels.errors import choices
from clustermodels.spec.paths import FilePath
from clustermodels.spec.section import WRONG, ColumnName, Finite, Section, refuse, shown

Change = Literal["add", "remove", "scale"]
CHANGES: tuple[Change, ...] = ("add", "remove", "scale")

RegionName = ColumnName
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Tie(Section):
    """A change of the tie of two regions, or of every tie that one region has with others."""

    between: Annotated[tuple[RegionName, ...], Field(strict=False, min_length=1, max_length=2)] = (
        Field(description="two regions; or one, for its ties with all others")
    )
    add: Finite | None = Field(default=None, description="the weight to add, in every year")
    remove: Literal[True] | None = Field(default=None, description="no tie is left")
    scale: Above0 | None = Field(default=None, description="the factor for its weight")

    @model_validator(mode="before")
    @classmethod
    def _one_change(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            found = [change for change in CHANGES if value.get(change) is not None]
            if len(found) != 1:
                raise refuse(
                    "a tie is changed in exactly one way",
                    "Write {between: [A, B], add: 5}, or remove: true, or scale: 2.",
                    got=", ".join(found) or shown(value),
                    expected=choices(CHANGES),
                )
        return value

    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        if self.add is not None and len(self.between) == 1:
            raise refuse(
                "a weight is added to one tie, which has two ends",
                f"Write between: [{self.between[0]}, OTHER], an edit for each tie.",
                got=shown(self.between),
                expected="two regions",
            )
        return self


class Join(Section):
    """A region that has no ties with others comes into the network."""

    region: RegionName = Field(description="a region without ties, or a new one")
    with_: Annotated[dict[RegionName, Above0], Field(min_length=1)] = Field(
        alias="with", description="region: weight of the tie with it, in every year"
    )

    @model_validator(mode="after")
    def _with_others(self) -> Self:
        if self.region in self.with_:
            raise refuse(
                f"'{self.region}' joins itself", "Name the regions that it works with in 'with'."
            )
        return self


def _a_tie(value: Any) -> Any:
    kinds = [type(part) for part in value] if isinstance(value, (list, tuple)) else []
    if len(kinds) != 3 or kinds[:2] != [str, str] or kinds[2] not in (int, float):
        raise refuse(
            WRONG,
            "Write [A, B, WEIGHT]; put quotes around a name that is a number.",
            got=shown(value),
            expected="two regions and the weight of their tie",
        )
    return value


Edge = Annotated[
    tuple[RegionName, RegionName, Annotated[float, Field(ge=0, allow_inf_nan=False)]],
    Field(strict=False),
    BeforeValidator(_a_tie),
]


class Rewire(Section):
    """Other ties in the place of all those of some years."""

    path: FilePath = Field(
        default=None,
        description="a file with the columns of data.ties, relative to this file; its years change",
    )
    edges: Annotated[tuple[Edge, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None, description="[region, region, weight] of each tie, the same in every year"
    )

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if (self.path is None) == (self.edges is None):
            raise refuse(
                "ties come from a file or stand here",
                "Write {path: FILE}, or {edges: [[A, B, 5], [B, C, 2]]}.",
                got="neither" if self.path is None else "both",
            )
        return self
