"""Ties as if fewer joint projects had been seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clustermodels.network.network import Network


def counts(network: Network) -> bool:
    """Tell whether every tie is a count.

    Examples
    --------
    >>> from clustermodels.network.network import make_network
    >>> counts(make_network(["A"], ["B"], [2020], [2])), counts(make_network("A", "B", [1], [0.5]))
    (True, False)
    """
    return bool((network.weight == np.round(network.weight)).all())


def thinned(network: Network, share: float, rng: np.random.Generator) -> Network:
    r"""Keep each joint project of a tie with the probability ``share``, and scale counts up again.

    Where $n$ is Poisson with mean $\lambda$, $m \mid n$ is Binomial$(n, p)$ and itself Poisson with
    mean $p \lambda$, so that $m / p$ has the mean $\lambda$ and the variance $\lambda / p$: a count
    from a time $p$ times as long (Kingman 1993; Neufeld, Dharamshi, Gao & Witten 2024).

    Parameters
    ----------
    network
        Whose weights are counts.
    share
        p, above 0 and up to 1.
    rng
        Where chance comes from.

    References
    ----------
    Kingman, J. F. C. (1993). Poisson Processes. Oxford University Press. Neufeld, A., Dharamshi,
    A., Gao, L. L. & Witten, D. (2024). Data thinning for convolution-closed distributions. Journal
    of Machine Learning Research 25 (57), 1-35.
    """
    left = rng.binomial(network.weight.astype(np.int64), share)
    kept = left > 0
    return replace(
        network,
        source=network.source[kept],
        target=network.target[kept],
        year=network.year[kept],
        weight=left[kept] / share,
        looked_at=network.span,  # a year that loses its ties was looked at
    )
