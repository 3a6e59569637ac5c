"""A panel with cells that are not known, its documents, and what they should come to by hand."""

import numpy as np
import pandas as pd
import scipy.stats as st

from clustermodels.data.cells import Regression
from clustermodels.data.predictor import internal, linear_predictor
from clustermodels.families.priors import log_density

CLUSTERS, YEARS = 6, 4


def table(seed=1, clusters=CLUSTERS, years=YEARS, error=0.8):
    """True x given z; y given x and the dose; ``x`` has gaps where z is large, ``w`` an error."""
    rng = np.random.default_rng(seed)
    n = clusters * years
    u = np.repeat(rng.normal(0, 1, clusters), years)
    z = rng.normal(0, 1, n)
    true = 5 + u + 0.8 * z + rng.normal(0, 0.7, n)
    dose = rng.poisson(2, n).astype(float)
    effect = np.repeat(rng.normal(0, 0.5, clusters), years)
    y = 1 + 0.5 * dose + 0.8 * true + 0.3 * dose * (true - 5) + effect + rng.normal(0, 1, n)
    gap = rng.uniform(size=n) < 0.6 / (1 + np.exp(-2 * z))
    return pd.DataFrame(
        {
            "city": np.repeat([f"c{j:02d}" for j in range(clusters)], years),
            "year": np.tile(np.arange(2000, 2000 + years), clusters),
            "y": y,
            "d": dose,
            "z": z,
            "true": true,
            "x": np.where(gap, np.nan, true),
            "w": true + rng.normal(0, error, n),
            "se": np.full(n, error),
        }
    )


def document(*, engine=None, **moderator):
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"d": {"slope": "common"}},
        "moderators": {"m": moderator},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "engine": engine or {"kind": "nuts", "draws": 300, "tune": 300, "chains": 2},
    }


def regression(cells, draws):
    """Give the regression of stored draws, each (1, ..), on the internal scale."""
    name = cells.name
    slopes = draws[f"{name}_given"][0] / np.array(cells.units) if cells.units else np.empty(0)
    return Regression(
        mean=float((draws[f"{name}_mean"][0] - cells.centre) / cells.spread),
        slopes=slopes,
        sd=float(draws[f"{name}_sd"][0] / cells.spread),
        between=float(draws[f"{name}_by_cluster_sd"][0] / cells.spread),
    )


def joint_density(design, draws):
    """Give log p(outcome, observed cells, all parameters), internal scale, as it is written.

    That is: clusters' means from their law, true cells from theirs, what was observed of them,
    and the outcome given them.
    """
    total = float(log_density(design.intercept, draws["intercept"])[0])
    for name, law in design.outcome.parameters.items():
        total += float(log_density(law, draws[name])[0])
    for block in design.blocks:
        (term,) = block.terms
        values = internal(block, 0, draws)[0]
        if block.factor is None:
            total += float(log_density(term.prior, values))
        else:
            sd = draws[term.sd_name][0] / term.unit
            total += float(log_density(term.prior, sd)) + st.norm.logpdf(values, 0, sd).sum()
    for cells in design.cells:
        at = regression(cells, draws)
        total += float(log_density(cells.mean, at.mean))
        total += sum(
            float(log_density(law, b)) for law, b in zip(cells.slopes, at.slopes, strict=True)
        )
        total += float(log_density(cells.sd, at.sd) + log_density(cells.between, at.between))
        u = draws[f"{cells.name}_by_cluster"][0] / cells.spread
        total += st.norm.logpdf(u, 0, at.between).sum()
        x = cells.observed.copy()
        x[cells.rows] = (draws[cells.name][0] - cells.centre) / cells.spread
        line = at.mean + cells.given @ at.slopes + u[cells.cluster.codes]
        total += st.norm.logpdf(x, line, at.sd).sum()
        noisy = cells.known & (cells.error > 0)
        total += st.norm.logpdf(cells.observed[noisy], x[noisy], cells.error[noisy]).sum()
    eta = linear_predictor(design, draws)[0]
    return total + st.norm.logpdf(design.outcome.values, eta, draws["sigma"][0]).sum()
