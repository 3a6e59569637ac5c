"""Where regions stand in a network, year by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader
import numpy as np
import xarray as xr

from clustermodels.network.centrality import find
from clustermodels.network.graphs import numbered
from clustermodels.network.measures import Options, chosen
from clustermodels.network.network import Network, Span, Values, check_window
from clustermodels.network.snapshot import snapshot

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy_loader.load("networkx")  # as in network.py

_ONLY = 0  # the year that a single graph is given inside


def observed(within: Span, year: int, window: int) -> bool:
    """Tell whether all the years of a window lie within a span."""
    return within is not None and within[0] <= year - window + 1 and year <= within[1]


def positions(
    network: Network,
    wanted: Sequence[tuple[str, Options]],
    year: int,
    window: int = 1,
    decay: float = 1.0,
) -> tuple[Values, ...]:
    """Give several measures of one year, which share distances and components.

    Parameters
    ----------
    wanted
        Names of measures, and the options of each.

    Returns
    -------
    The values of each, (node,), all nan where the window is not within the observed years.
    """
    measures = [(find(name), options) for name, options in wanted]
    if not observed(network.span, year, window):
        return tuple(np.full(len(network.nodes), np.nan) for _ in measures)
    taken = snapshot(network, year, window, decay)
    return tuple(measure.of(taken, options) for measure, options in measures)


def centrality(
    network: Network | nx.Graph[Any] | Mapping[int, nx.Graph[Any]],
    measure: str,
    *,
    window: int = 1,
    decay: float = 1.0,
    years: Iterable[int] | None = None,
    **options: Any,
) -> xr.DataArray:
    r"""Measure how central each region is in a network, for every year.

    With w_ij the weight of the tie of regions i and j, A its pattern (1 for a tie), k_i the number
    of partners of i, d_ij the least number of ties from i to j (weighted: the least sum of lengths
    1 / w^exponent), n the number of regions and n_c that of i's component:

    - ``degree``: k_i. ``strength``: s_i = sum_j w_ij. ``core_number``: the largest k of a k-core.
    - ``closeness``: variant ``wasserman_faust``, [(n_c - 1) / (n - 1)] (n_c - 1) / sum_j d_ij over
      i's component; ``freeman``, (n_c - 1) / sum_j d_ij within the largest component;
      ``harmonic`` (also a measure of its own), sum_j (1 / d_ij) / (n - 1). ``normalise=False``:
      divided by n - 1, by n_c - 1, not divided by n - 1.
    - ``betweenness``: sum_{j<k} (share of shortest paths of j and k that pass i), over
      (n - 1)(n - 2) / 2 unless ``normalise=False``.
    - ``eigenvector``: x = A x / lambda within the largest component, sum x^2 = 1.
    - ``katz``: x = (I - (attenuation / lambda) A)^-1 1 with A's largest eigenvalue lambda, so that
      it always exists; sum x^2 = 1 unless ``normalise=False``.
    - ``pagerank``: with damping ``attenuation``; adds up to 1, or to n where ``normalise=False``.
    - ``constraint``: sum_j (p_ij + sum_q p_iq p_qj)^2 over partners j, p_ij = A_ij / k_i.
      ``effective_size``: sum_j (1 - sum_q p_iq m_jq), m_jq = A_jq / max_k A_jk; ``efficiency``:
      the same over k_i.
    - ``clustering``: the share of pairs of partners that are tied; weighted: Onnela's.
    - ``intraregional``: I_i, the weight of ties within i. ``ei_index``: (s_i - I_i) / (s_i + I_i).

    ``weighted=True`` puts w in the place of A, or lengths in the place of steps.

    Parameters
    ----------
    network
        A network of ties by year; or one undirected graph; or one for each year, {year: graph}.
        Edges weigh their ``weight``, or 1; a self loop is an intraregional tie; the parallel edges
        of a MultiGraph add up.
    measure
        One of the names above, or one that was registered.
    window
        The number of years, up to and with the year itself, whose weights are pooled.
    decay
        The factor by which a tie's weight fades with each year of age, in (0, 1].
    years
        The years to measure; every year from the first to the last where not given.
    **options
        ``variant``, ``weighted``, ``exponent``, ``attenuation``, ``normalise``, where the measure
        takes them.

    Returns
    -------
    xarray.DataArray
        (year, node), or (node,) for one graph. The regions of a network are in the order of their
        text; of a graph they keep its labels and its order, of several that of first appearance.
        Degrees and cores count regions; strength and intraregional weight have the unit of the
        weights.

    Raises
    ------
    TypeError
        When it is no network.
    ValueError
        When there is no such measure, it does not take an option, or a value is out of range; when
        a graph is directed, or a weight is negative, missing or infinite.

    Notes
    -----
    nan says undefined: for ``freeman`` and ``eigenvector`` outside the largest component (all
    regions, where two share the largest size), for Burt's measures without partners, for
    ``clustering`` with fewer than two, for ``ei_index`` without any tie. All regions are nan in a
    year whose window is not wholly within the first and last year of the network: a part of a
    window is another measure. A year in between without ties is a year of isolates. An isolate has
    closeness, harmonic and betweenness 0.

    References
    ----------
    Freeman (1978), doi:10.1016/0378-8733(78)90021-7. Wasserman & Faust (1994),
    doi:10.1017/CBO9780511815478. Marchiori & Latora (2000), doi:10.1016/S0378-4371(00)00311-3.
    Opsahl, Agneessens & Skvoretz (2010), doi:10.1016/j.socnet.2010.03.006. Brandes (2001),
    doi:10.1080/0022250X.2001.9990249. Bonacich (1972), doi:10.1080/0022250X.1972.9989806. Katz
    (1953), doi:10.1007/BF02289026. Brin & Page (1998), doi:10.1016/S0169-7552(98)00110-X. Burt
    (2004), doi:10.1086/421787. Onnela et al. (2005), doi:10.1103/PhysRevE.71.065103. Seidman
    (1983), doi:10.1016/0378-8733(83)90028-X. Krackhardt & Stern (1988), doi:10.2307/2786835.

    Examples
    --------
    >>> graph = nx.Graph([("Milan", "Turin"), ("Milan", "Rome"), ("Milan", "Bari")])
    >>> centrality(graph, "closeness").sel(node=["Milan", "Rome"]).to_numpy()
    array([1. , 0.6])
    """
    found = find(measure)
    settings = chosen(found, options)
    check_window(window, decay)
    attrs = {"long_name": found.words, **options}
    if isinstance(network, nx.Graph):
        if years is not None or window != 1 or decay != 1:
            raise ValueError("one graph has no years; give {year: graph} for years or a window")
        ties, labels = numbered({_ONLY: network})
        values = found.of(snapshot(ties, _ONLY), settings)
        return xr.DataArray(values, {"node": ("node", labels)}, ("node",), measure, attrs)
    if isinstance(network, Network):
        ties, labels = network, np.array(network.nodes, dtype=str)
    else:
        ties, labels = numbered(network)
    within = ties.span
    wanted = [*_every(within)] if years is None else [int(year) for year in years]
    cube = np.full((len(wanted), len(ties.nodes)), np.nan)
    for row, year in enumerate(wanted):
        if observed(within, year, window):
            cube[row] = found.of(snapshot(ties, year, window, decay), settings)
    coords = {"year": ("year", np.array(wanted, dtype=np.int64)), "node": ("node", labels)}
    attrs |= {"window": window, "decay": decay}
    return xr.DataArray(cube, coords, ("year", "node"), measure, attrs)


def _every(within: Span) -> range:
    return range(within[0], within[1] + 1) if within else range(0)
