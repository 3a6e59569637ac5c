"""The piece that a predictor is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clustermodels.data.factors import Factor
from clustermodels.data.panel import Positions, Values
from clustermodels.data.serial import Serial
from clustermodels.families.priors import Prior
from clustermodels.spec.transforms import Transform


@dataclass(frozen=True, eq=False)
class Along:
    """What level coefficients go with: they rise by ``name`` with each unit of ``amount``.

    Parameters
    ----------
    name
        The common coefficient of the column that holds the product.
    amount
        (level,), in the user's units, off the average level's.
    """

    name: str
    amount: Values


@dataclass(frozen=True)
class Term:
    """The coefficient of one column of a block.

    Parameters
    ----------
    name
        Its posterior name.
    prior
        On the internal scale: of the coefficient; of its sd where pooled; of the deviations,
        before they are made to sum to zero, where free by level.
    unit
        Coefficient in the user's units = unit x internal coefficient.
    step
        The change, in the user's units, that effects are quoted for.
    words
        That change in words: ``one more policies``.
    sd_name
        The posterior name of the sd over levels, where pooled.
    around
        The common coefficient that level coefficients vary around, where there is one: the
        posterior then holds their sum.
    along
        What they go with beside it, whose part the posterior holds in the sum, too.
    centred
        Where pooled: whether a sampler moves in the levels' deviations themselves, instead of
        standardised ones.
    """

    name: str
    prior: Prior
    unit: float = 1.0
    step: float = 1.0
    words: str = ""
    sd_name: str | None = None
    around: str | None = None
    along: Along | None = None
    centred: bool = False


@dataclass(frozen=True)
class Lagged:
    """How a column is made of the outcome ``lag`` years before: (f(y) - centre) / spread."""

    lag: int
    transform: Transform
    centre: float
    spread: float


@dataclass(frozen=True, eq=False)
class Unknown:
    """How a column depends on cells that are parameters: values + multiplier x cells[at].

    Parameters
    ----------
    name
        The cells' posterior name; they are in the user's units, after the transform.
    at
        Which cell each row has, (obs,); 0 where its cell is known.
    multiplier
        (obs,); 0 where the cell is known.
    """

    name: str
    at: Positions
    multiplier: Values


@dataclass(frozen=True)
class Decay:
    """How the coefficients of a block fade: each is this share of the one before.

    Parameters
    ----------
    name
        The share's posterior name.
    prior
        Its law, on (0, 1).
    """

    name: str
    prior: Prior


@dataclass(frozen=True)
class Smooth:
    """How the coefficients of a Gaussian process vary: with its height and its length.

    The one of the sine with frequency w is normal around 0 with the sd ``amplitude`` times
    (2 pi)^(1/4) sqrt(l) exp(-l^2 w^2 / 4), l the length in half ranges of the moderator.

    Parameters
    ----------
    amplitude, length
        Their posterior names.
    height, reach
        Their priors, internal scale: the amplitude's, and the length's in half ranges.
    units
        What leads from each back to the user's units.
    """

    amplitude: str
    length: str
    height: Prior
    reach: Prior
    units: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Block:
    """One piece of the predictor: columns, and a rule for their coefficients.

    Its contribution to row n is sum_j values[n, j] * coefficient[j], with one coefficient a
    column where ``factor`` is None, else one a column and level, taken at the row's level.

    Parameters
    ----------
    name
        The block's name.
    values
        (obs, k), standardised columns.
    terms
        The k columns' coefficients.
    factor
        What the coefficients vary by.
    pooling
        ``common`` (no factor); ``free``: summing to zero over levels; ``partial``: normal over
        levels, with a k x k covariance.
    labels
        Where the k coefficients are one vector of the posterior: its labels, along ``NAME_level``.
    concentration
        Of the LKJ prior of the k x k correlations.
    from_outcome
        Where the column is the outcome's past: how it is made, so that a prediction can walk
        through the years. ``values`` hold what was observed.
    serial
        Where levels are the rows themselves, and what they vary by carries over from each to the
        next of its cluster.
    unknown
        Where the block's one column has cells that are parameters; ``values`` are then what it
        is where these are 0.
    makes
        What follows from coefficients that are one vector: names, and the weights of each, (k,),
        in the user's units.
    decay
        Where all coefficients, in the user's units, follow from the first: how they fade.
    smooth
        Where columns are the sines of a Gaussian process: how their coefficients vary. The terms'
        own priors are then what that is at the middle of the priors of height and length, for
        what needs one normal law.
    """

    name: str
    values: Values
    terms: tuple[Term, ...]
    factor: Factor | None = None
    pooling: Literal["common", "free", "partial"] = "common"
    labels: tuple[str, ...] | None = None
    concentration: float = 2.0
    from_outcome: Lagged | None = None
    serial: Serial | None = None
    unknown: Unknown | None = None
    makes: tuple[tuple[str, Values], ...] = ()
    decay: Decay | None = None
    smooth: Smooth | None = None

    @property
    def adrift(self) -> bool:
        """Whether free effects sum to zero around no coefficient, as trends of clusters do.

        Those of an indicator are around the intercept.
        """
        (term, *_) = self.terms
        return self.pooling == "free" and term.around is None and bool((self.values != 1).any())

    @property
    def sds(self) -> tuple[str, ...]:
        """The posterior names of the terms' sds over levels, where pooled."""
        return tuple(term.sd_name for term in self.terms if term.sd_name is not None)
