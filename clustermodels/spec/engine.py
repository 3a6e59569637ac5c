"""The section ``engine``: how draws are made."""

from __future__ import annotations

from abc import ABC
from typing import Annotated, Literal

from pydantic import Field

from clustermodels.spec.section import Kinds, Section


class Engine(Section, ABC):
    """What every engine has: how many draws, and from which seed."""

    kind: str
    draws: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1000, description="kept draws per chain"
    )
    chains: Annotated[int, Field(ge=1, le=256)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1


class Stepping(Engine, ABC):
    """What engines have whose draws are steps of a chain, or may be."""

    tune: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1000, description="draws per chain spent on adaptation, then thrown away"
    )
    adaptation: Literal["auto", "low_rank", "diag"] = Field(
        default="auto",
        description="the mass matrix: diagonal, or with the strongest correlations added "
        "(low_rank: slow where there are many parameters); auto: low_rank up to 100 of them",
    )
    target_accept: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.9, description="raise towards 0.99 where transitions diverge"
    )


ENGINES: Kinds[Engine] = Kinds("engine", default="nuts")


@ENGINES.register
class Nuts(Stepping):
    """The no-U-turn sampler: slow, general, the reference."""

    kind: Literal["nuts"] = "nuts"


@ENGINES.register
class LatentGaussian(Engine):
    """Independent draws without a sampler's steps, for latent Gaussian models: seconds."""

    kind: Literal["latent_gaussian"] = "latent_gaussian"


@ENGINES.register
class Auto(Stepping):
    """latent_gaussian where the document allows and its draws can be trusted, else nuts."""

    kind: Literal["auto"] = "auto"
