"""In which clusters a policy works best, and how sure the order is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws
from clustermodels.data.told import told_slopes
from clustermodels.errors import FitError, choices, nearest
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.effects import as_effect
from clustermodels.results.intervals import PROBABILITY, increase, summarised
from clustermodels.results.policies import clusters_of_rows, policies
from clustermodels.spec import names
from clustermodels.spec.fixed_effects import CLUSTER

At = Literal["own", "centre"]

# A cluster is asked to be among so many at the top, or among a quarter of few clusters.
TOP = 5
# A policy that moves by less than this share of its spread stands still.
STILL = 1e-9
_TAIL = (1 - PROBABILITY) / 2
_SHARES = {"rank_median": 0.5, "rank_eti95_lower": _TAIL, "rank_eti95_upper": 1 - _TAIL}


def rank_clusters(
    fit: Fit,
    treatment: str | None = None,
    *,
    at: At = "own",
    top: int | None = None,
    draws: bool = False,
) -> xr.Dataset:
    r"""Rank clusters by what a policy does in each, with the uncertainty of the ranks.

    The effect in cluster i is that of the step in ``per`` at its slope, on the scale of
    ``effects``: exp(step x slope) for a ratio or odds ratio, step x slope for a difference. With
    moderators the slope is $b_i + \sum_m d_m (\bar z_{mi} - c_m)$, at the cluster's own means over
    its fitted rows. Clusters are put in order within each draw, so that what is uncertain of all
    alike moves no rank: $r_i = 1 + \sum_j 1(\theta_j > \theta_i)$, and 1 is the highest effect.

    Parameters
    ----------
    fit
        Of a document with a treatment whose slope varies by cluster.
    treatment
        The treatment, or the key of a dose with several lags, which is ranked by their sum from 0
        on; every one whose slope varies by cluster where it is left out.
    at
        Where moderators stand: ``own``, each cluster's means, or ``centre``, the same for all, so
        that the order is of slopes alone.
    top
        The size of the group at the top; 5 by default, or a quarter of the clusters where these
        are fewer than 20.
    draws
        Whether the draws of effects and ranks are given, too.

    Returns
    -------
    Dataset
        Along ``row``, a cluster each, the lowest mean rank first: ``median``, ``eti95_lower``,
        ``eti95_upper`` of the effect and ``probability`` (of an increase: above 0, or above 1 for
        a ratio); ``rank_mean``; ``rank_median``, ``rank_eti95_lower``, ``rank_eti95_upper``,
        which are ranks themselves; ``probability_top``, of being among the first ``top``, and
        ``probability_highest``, of being the first. Coordinates are ``treatment``, ``cluster``,
        ``scale``, ``per``, ``at`` (empty without moderators), ``changes`` (whether the policy ever
        does in the cluster; where not, the rank is what the others make likely) and ``top``. With
        ``draws`` also ``effect_draws`` and ``rank_draws``, (chain, draw, row).

    Raises
    ------
    FitError
        If there is no such treatment, its slope does not vary by cluster, or ``top`` is no size of
        a group of the clusters.

    Notes
    -----
    Free slopes of clusters in which nothing tells them (``check`` names these) would be ranked by
    the prior, so they are left out. The mean rank is the estimate of a rank with the least expected
    squared error; an order by ``probability_highest`` would favour clusters of which little is
    known. Beside ``dynamics`` effects are those of the years that the slope is of; with an identity
    link the long run has the same order.

    References
    ----------
    Laird, N. M. and Louis, T. A. (1989). Empirical Bayes ranking methods. Journal of Educational
    Statistics 14, 29-46. https://doi.org/10.3102/10769986014001029
    """
    if at not in get_args(At):
        raise _refused(f"moderators stand at one of {choices(get_args(At))}, and not at '{at}'")
    found = [
        _ranked(fit, name, parts, at, top, draws=draws)
        for name, parts in _asked(fit, treatment).items()
    ]
    whole = xr.concat(found, "row")
    return whole.assign_coords(row=np.arange(whole.sizes["row"]))


def ranks(effects: Values) -> Positions:
    """Give each column's rank within its row, (S, cluster); the highest number has rank 1.

    Examples
    --------
    >>> ranks(np.array([[0.1, 0.5, 0.3], [0.4, 0.2, 0.3]])).tolist()
    [[3, 1, 2], [1, 3, 2]]
    """
    order = np.argsort(-effects, axis=1, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.arange(1, effects.shape[1] + 1)[None], axis=1)
    return found


def _refused(because: str) -> FitError:
    return FitError(f"clusters cannot be ranked because {because.rstrip('.')}.")


def _asked(fit: Fit, treatment: str | None) -> dict[str, list[str]]:
    """Give the treatments of each policy that clusters are ranked by."""
    wholes = fit.spec.distributed()
    known: dict[str, list[str]] = {}
    for name, item in fit.spec.treatments.items():
        if item.lag >= 0:
            known.setdefault(wholes.get(name, name), []).append(name)
    if not known:
        raise _refused("the document has no treatment")
    if treatment is not None and treatment not in known:
        close = nearest(treatment, known)
        what = f"Did you mean '{close}'?" if close else f"Choose among: {choices(known)}."
        raise _refused(f"'{treatment}' is no policy of the document. {what}")
    asked = known if treatment is None else {treatment: known[treatment]}
    alike = {name: _alike(fit, name, parts) for name, parts in asked.items()}
    if all(alike.values()):
        raise _refused(next(iter(alike.values())))
    return {name: parts for name, parts in asked.items() if not alike[name]}


def _alike(fit: Fit, name: str, parts: list[str]) -> str:
    """Say why a policy has no effect of each cluster's own, a clause; nothing where it has."""
    if parts[0] in by_cohort(fit.spec):
        return f"effects of '{name}' differ by year of adoption and not by cluster: see event_study"
    if fit.spec.treatments[parts[0]].slope != "common":
        return ""
    said = f"the slope of '{name}' is common: it is the same in all clusters"
    if any(bent in parts for bent, _ in fit.spec.moderated()):
        said += ", and they would be ranked by their moderators alone"
    return f"{said}. Write 'slope: partial' and fit again"


def _ranked(
    fit: Fit, name: str, parts: list[str], at: At, top: int | None, *, draws: bool
) -> xr.Dataset:
    """Rank clusters by one policy."""
    posterior = flat(fit.posterior)
    (policy,) = [one for one in policies(fit, fit.design(), posterior) if one.name == name]
    kept = _told(fit, name, parts)
    at_centre = _at_centre(fit, parts, posterior)
    moved = at_centre if at == "centre" else np.sum([part.shift for part in policy.parts], axis=0)
    words = policy.per + " in every year" * (len(parts) > 1)
    about, effects, neutral = as_effect(fit, {"treatment": name}, moved[:, kept], words)
    found, size = ranks(moved[:, kept]), int(kept.sum())
    first = _size(top, size)
    bent = any(part in parts for part, _ in fit.spec.moderated())
    numbers = {
        **summarised(effects),
        "probability": increase(effects, neutral),
        "rank_mean": found.mean(axis=0),
        **_quantiles(found),
        "probability_top": (found <= first).mean(axis=0),
        "probability_highest": (found == 1).mean(axis=0),
    }
    labels: dict[str, Sequence[object] | np.ndarray] = {
        "cluster": np.array(fit.learned.levels[CLUSTER])[kept],
        **{key: [said] * size for key, said in about.items()},
        "at": [at if bent else ""] * size,
        "changes": _changing(fit, parts)[kept],
        "top": [first] * size,
    }
    table = answers(labels, numbers)
    if draws:
        shape = [fit.posterior.sizes[dim] for dim in ("chain", "draw")]
        each = {"effect_draws": effects, "rank_draws": found}
        dims = ("chain", "draw", "row")
        table = table.assign({n: (dims, v.reshape(*shape, -1)) for n, v in each.items()})
        table = table.assign_coords({dim: fit.posterior[dim] for dim in dims[:2]})
    return table.isel(row=np.argsort(numbers["rank_mean"], kind="stable"))


def _at_centre(fit: Fit, parts: list[str], draws: Draws) -> Values:
    """Give what a step moves the predictor by where moderators are at their centres."""
    steps = [draws[names.by_cluster(part)] * fit.learned.scales[part].step for part in parts]
    return np.asarray(np.sum(steps, axis=0))


def _quantiles(found: Positions) -> dict[str, Values]:
    """Give quantiles of ranks that are ranks: the first at which enough of the draws are."""
    shares = [*_SHARES.values()]
    values = np.quantile(found, shares, axis=0, method="inverted_cdf")
    return dict(zip(_SHARES, values.astype(float), strict=True))


def _size(top: int | None, clusters: int) -> int:
    if top is None:
        return min(TOP, -(-clusters // 4))
    if not 1 <= top < clusters:
        raise _refused(f"{top} of {clusters} are no group at the top: ask for 1 to {clusters - 1}")
    return top


def _told(fit: Fit, name: str, parts: list[str]) -> NDArray[np.bool_]:
    """Tell of which clusters the data tell the slope, (cluster,); where pooled, of all."""
    levels = fit.learned.levels[CLUSTER]
    design, seen = fit.design(), np.ones(len(levels), dtype=bool)
    told, rows = told_slopes(design), [*dict.fromkeys(design.clusters.tolist())]
    for part in parts:
        if names.by_cluster(part) in told:
            of = dict(zip(rows, told[names.by_cluster(part)].tolist(), strict=True))
            seen &= np.array([of[label] for label in levels])
    if seen.sum() < 2:
        raise _refused(f"the data tell the effect of '{name}' in fewer than two of them")
    return seen


def _changing(fit: Fit, parts: list[str]) -> NDArray[np.bool_]:
    """Tell in which clusters a policy changes, (cluster,)."""
    design = fit.design()
    code, size = clusters_of_rows(design)
    moves = np.zeros(len(size), dtype=bool)
    for block in design.blocks:
        if block.name in parts:
            low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
            np.minimum.at(low, code, block.values[:, 0])
            np.maximum.at(high, code, block.values[:, 0])
            moves |= high - low > STILL
    return moves
