"""Posteriors of latent Gaussian models without a sampler's steps.

The coefficients of each level of the largest factor are integrated level by level, the few
hyperparameters are explored, the dense coefficients are drawn given them, and one weight for each
draw of both corrects what was approximate. Given those, each level's own coefficients are drawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.engines import kernels, node_counts
from clustermodels.engines.arrow import Arrow, arrow, thinned
from clustermodels.engines.classes import outside
from clustermodels.engines.collapse import collapsed
from clustermodels.engines.condensed import condensed, exact_coefficients
from clustermodels.engines.draws import Progress, Tick
from clustermodels.engines.given import given
from clustermodels.engines.hyper import Hyper, hyperparameters
from clustermodels.engines.lanes import blocks, together
from clustermodels.engines.laplace import marginal
from clustermodels.engines.likelihoods import CODES
from clustermodels.engines.pieces import on_all, pieces
from clustermodels.engines.points import Drawn, drawn, drawn_exactly
from clustermodels.engines.posterior import named
from clustermodels.engines.surveyed import survey
from clustermodels.errors import FitError
from clustermodels.spec.engine import Engine

# Up to so many levels, Laplace's method finds where weights take over; with more, it is tried on
# about so many of them first.
FEW_LEVELS = 400
# And, where that is a small part, on so many times as many before all: steps on all are dear.
MIDDLE = 16
# With more levels, a Gaussian posterior too is first looked for on a part of them.
MANY_LEVELS = 6000
# However costly, so many points are weighted.
FEWEST_POINTS = 150
# How many products of sums of squares weighing the points of a Gaussian posterior may take.
PRODUCTS = 20_000_000_000
# Where these pay for no more than so many points, the fewest do: with as many levels a regression
# of the log weights leaves next to nothing.
DEAR_POINTS = 600
# How often a row and a node may be visited to weigh points.
VISITS = 200_000_000
# Proposals for a level's coefficients in each draw: the fewest and the most, and how many rows they
# may visit together in between.
PROPOSALS = (2, 4)
PROPOSED_ROWS = 20_000_000
# Proposals for the first draw of a lane, whose chain has no draw before it, in place of those; and
# the fewest draws that a lane has.
EARLY, SHORTEST = 8, 8


def sample(design: Design, engine: Engine, progress: Progress | None = None) -> xr.DataTree:
    """Draw from the posterior of a latent Gaussian design.

    Parameters
    ----------
    design
        What to fit.
    engine
        Draws, chains, seed.
    progress
        Called with one Tick after each part of the work.

    Returns
    -------
    DataTree
        ``posterior``, the document's names in the user's units; ``unconstrained_posterior``, the
        hyperparameters on the real line; ``sample_stats``, ``lp`` (the log posterior density that
        draws were weighted by, up to a constant: of hyperparameters and dense coefficients, for a
        Gaussian outcome of hyperparameters alone; a fitted one with many rows), with the
        attributes ``independent`` (1), ``pareto_k`` of the importance weights,
        ``effective_draws``, ``points`` (how many were weighted), ``nodes`` (of quadrature, in each
        dimension), ``quadrature_change`` (the sd over the posterior of what more nodes change in
        the log density); for other outcomes than Gaussian ones ``acceptance`` (the share of
        accepted proposals for levels' own coefficients), ``least_acceptance`` (that of the level
        where it is lowest) and ``least_accepted`` (which one).

    Raises
    ------
    FitError
        If the design is outside the class.
    """
    reason = outside(design)
    if reason is not None:
        raise FitError(
            f"the latent Gaussian engine cannot fit this document because {reason}. "
            "Write engine.kind: nuts, or auto to have it chosen."
        )
    laid, hyper = arrow(design), hyperparameters(design)
    rng = np.random.default_rng(engine.seed)
    size = engine.draws * engine.chains
    tell = _Teller(progress, size)
    fit = _gaussian if laid.family == "gaussian" else _approximate
    try:
        result, u, stats = fit(laid, hyper, rng, size, tell)
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        raise FitError(
            f"the posterior could not be approximated because of its numbers ({error}); "
            "NUTS may draw from it (engine.kind: nuts)"
        ) from None
    posterior = named(design, laid, hyper, result.x, result.gamma, u)
    own = xr.Dataset(
        {
            f"z_{coordinate.name}": ("draw", result.x[:, place])
            for place, coordinate in enumerate(hyper.coordinates)
        }
    )
    about = {"independent": 1, "pareto_k": result.pareto_k, "effective_draws": result.effective}
    about |= {"points": result.points}
    lp = xr.Dataset({"lp": ("draw", result.log_density)}, attrs=about | stats)
    tell(1.0)
    return xr.DataTree.from_dict(
        {
            "posterior": _chains(posterior, engine),
            "unconstrained_posterior": _chains(own, engine),
            "sample_stats": _chains(lp, engine),
        }
    )


Tell = Callable[[float], None]
Result = tuple[Drawn, Values, dict[str, float | str]]


def _gaussian(laid: Arrow, hyper: Hyper, rng: np.random.Generator, size: int, tell: Tell) -> Result:
    whole = condensed(laid, hyper)
    pilot = None
    if laid.levels > MANY_LEVELS:
        part = thinned(laid, laid.levels // FEW_LEVELS)
        pilot = survey(condensed(part, hyper).expand, hyper, len(part.y), rng)
    # an expansion costs as much for any number of rows a level
    found = survey(whole.expand, hyper, laid.levels, rng, pilot)
    tell(0.4)
    q = len(laid.basis)
    cost = laid.levels * (laid.z.shape[1] + 1) * q * q
    affordable = PRODUCTS // cost
    if affordable <= DEAR_POINTS:
        affordable = FEWEST_POINTS
    result = drawn_exactly(whole.expand, found.among, found.given, rng, size, affordable)
    tell(0.7)
    at = given(laid, hyper, result.x)
    beta = (result.gamma - whole.reference) @ laid.basis.T
    side = blocks(at.own, beta, at.precision, together(size, 1), runs=False)
    u = np.empty((laid.z.shape[1], size, laid.levels))

    def one(first: int, last: int, generator: np.random.Generator) -> None:
        exact_coefficients(
            first, last, whole.own, whole.tied, side.own, side.precision, side.beta, generator, u
        )

    _by_piece(one, laid, size, rng)
    return result, u, {"nodes": 0, "quadrature_change": 0.0}


def _approximate(
    laid: Arrow, hyper: Hyper, rng: np.random.Generator, size: int, tell: Tell
) -> Result:
    laid = collapsed(laid)
    every = max(1, laid.levels // FEW_LEVELS)
    part = thinned(laid, every) if every > 1 else laid
    rough = marginal(part, hyper, 1)
    found = survey(rough.expand, hyper, len(part.y), rng)
    each, change = node_counts.settled(rough, found, every, rng)
    steep = max(each if every > 1 else 1, node_counts.steep(rough, found.top, every))
    if every >= 2 * MIDDLE:
        middle = marginal(thinned(laid, every // MIDDLE), hyper, steep)
        found = survey(middle.expand, hyper, len(middle.arrow.y), rng, found)
    if steep > 1 or every > 1:
        found = survey(marginal(laid, hyper, steep).expand, hyper, len(laid.y), rng, found)
    whole = marginal(laid, hyper, each)
    tell(0.4)
    u = np.ascontiguousarray(found.top.u)
    visits = len(laid.y) * (each ** laid.z.shape[1] + 8)
    result = drawn(
        lambda x, gamma: whole.log_density(x, gamma, u),
        found.among,
        found.given,
        rng,
        size,
        max(FEWEST_POINTS, VISITS // visits),
    )
    tell(0.7)
    own, accepted = _own_coefficients(laid, hyper, result, u, rng)
    about: dict[str, float | str] = {"nodes": each, "quadrature_change": change}
    if len(accepted):
        (block, *_) = (part.block for part in laid.eliminated)
        assert block is not None
        assert block.factor is not None
        worst = int(accepted.argmin())
        about |= {
            "acceptance": float(accepted.mean()),
            "least_acceptance": float(accepted[worst]),
            "least_accepted": f"{block.factor.name} {block.factor.levels[worst]}",
        }
    return result, own, about


def _own_coefficients(
    laid: Arrow, hyper: Hyper, result: Drawn, start: Values, rng: np.random.Generator
) -> tuple[Values, Values]:
    """Draw the eliminated coefficients, (k, T, J); give each level's share of accepted proposals.

    There are no shares, (0,), where nothing is eliminated.
    """
    at = given(laid, hyper, result.x)
    beta = result.gamma @ laid.basis.T
    size, k = len(beta), laid.z.shape[1]
    u = np.empty((k, size, laid.levels))
    if not k:
        return u, np.empty(0)
    longest = int(np.diff(laid.starts).max())
    lanes = together(max(1, size // SHORTEST), longest)
    side = blocks(at.own, beta, at.precision, lanes, runs=True)
    proposals = int(np.clip(PROPOSED_ROWS // (size * len(laid.y)), *PROPOSALS))

    accepted = np.zeros(laid.levels, dtype=np.int64)

    def one(first: int, last: int, generator: np.random.Generator) -> None:
        kernels.coefficients(
            CODES[laid.family], side.own, first, last, laid.rows, side.beta, side.precision, start,
            proposals, EARLY, generator, u, accepted,
        )  # fmt: skip

    _by_piece(one, laid, size, rng)
    return u, accepted / (lanes * (EARLY + proposals * (len(side.own) - 1)))


def _by_piece(
    draw: Callable[[int, int, np.random.Generator], None],
    laid: Arrow,
    size: int,
    rng: np.random.Generator,
) -> None:
    """Draw in every piece with a generator of its own: the same numbers on any number of cores."""
    parts = pieces(laid.starts, size)
    own = {part[0]: child for part, child in zip(parts, rng.spawn(len(parts)), strict=True)}
    on_all(lambda first, last: draw(first, last, own[first]), parts)


def _chains(draws: xr.Dataset, engine: Engine) -> xr.Dataset:
    """Part draws along ``draw`` into chains, as every engine's results have them."""
    shape = (engine.chains, engine.draws)
    parted = {
        name: (("chain", *values.dims), values.to_numpy().reshape(*shape, *values.shape[1:]))
        for name, values in draws.data_vars.items()
    }
    coords = {"chain": np.arange(engine.chains), "draw": np.arange(engine.draws)}
    return xr.Dataset(parted, coords=coords | dict(draws.coords), attrs=draws.attrs)


class _Teller:
    """Tells how far the work is, as so many of the draws."""

    def __init__(self, progress: Progress | None, size: int) -> None:
        self.progress, self.size = progress, size

    def __call__(self, share: float) -> None:
        if self.progress is not None:
            self.progress((Tick(round(share * self.size), self.size, 0),))
