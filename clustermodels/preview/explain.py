"""The model before a fit: in words, as an equation, its priors and what they expect."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.design import Design, design
from clustermodels.data.learned import Learned, learn
from clustermodels.data.panel import Panel, Values
from clustermodels.data.predictor import linear_predictor
from clustermodels.data.reading import read_panel
from clustermodels.data.walk import drawn_at
from clustermodels.preview.equation import equation
from clustermodels.preview.prior_draws import prior_draws
from clustermodels.preview.prior_words import PriorWords, prior_words
from clustermodels.preview.words import defaults_taken, in_words
from clustermodels.spec.document import Spec
from clustermodels.spec.read import read_spec

DRAWS = 1000
SEED = 1


@dataclass(frozen=True, eq=False)
class Explanation:
    """A model before its fit.

    Parameters
    ----------
    words
        What is modelled, a sentence each.
    equation
        The model, a line each.
    defaults
        Every choice that the document left open, and how it was made.
    priors
        Every prior, in words.
    prior_predictive
        Along ``statistic`` (mean, spread, share of zeros, largest): ``data``, and ``lower``,
        ``median``, ``upper`` of 90 % of the data sets that the prior expects.
    """

    words: tuple[str, ...]
    equation: tuple[str, ...]
    defaults: tuple[str, ...]
    priors: tuple[PriorWords, ...]
    prior_predictive: xr.Dataset


def explain(spec: Spec | str | os.PathLike[str], data: object = None) -> Explanation:
    """Explain a document: the model in words, its equation, defaults, priors, expectations.

    Parameters
    ----------
    spec
        A Spec, or the path of a document.
    data
        A table to use instead of the file.

    Raises
    ------
    SpecError, PanelError
        If the document or the data are wrong.
    """
    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    panel = read_panel(spec, data)
    learned = learn(spec, panel)
    of = design(spec, panel, learned)
    return explained(spec, panel, learned, of)


def explained(spec: Spec, panel: Panel, learned: Learned, of: Design) -> Explanation:
    """Explain a design that is at hand."""
    return Explanation(
        words=in_words(spec, panel, learned, of),
        equation=equation(spec, learned, of),
        defaults=defaults_taken(spec, learned),
        priors=prior_words(spec, of),
        prior_predictive=prior_predictive(of),
    )


def prior_predictive(of: Design) -> xr.Dataset:
    """Draw data sets from the prior and set their statistics beside the data's."""
    draws = prior_draws(of, DRAWS, SEED)
    outcome = of.outcome
    rng = np.random.default_rng(SEED)
    # beyond e^40 a count has no meaning, and the largest float is not far
    eta = np.clip(
        linear_predictor(of, draws),
        *((-40.0, 40.0) if outcome.family.link.name == "log" else (-np.inf, np.inf)),
    )
    made = drawn_at(of, eta, draws, rng)
    statistics = _statistics(outcome.values[None], outcome.family.discrete)
    expected = _statistics(made, outcome.family.discrete)
    ends = {name: np.quantile(values, [0.05, 0.5, 0.95]) for name, values in expected.items()}
    table = np.array([ends[name] for name in statistics])
    return xr.Dataset(
        {
            "data": ("statistic", np.array([float(v[0]) for v in statistics.values()])),
            "lower": ("statistic", table[:, 0]),
            "median": ("statistic", table[:, 1]),
            "upper": ("statistic", table[:, 2]),
        },
        coords={"statistic": np.array(list(statistics), dtype=object)},
    )


def _statistics(values: Values, discrete: bool) -> dict[str, Values]:
    statistics = {
        "smallest": values.min(axis=1),
        "mean": values.mean(axis=1),
        "largest": values.max(axis=1),
        "spread": values.std(axis=1),
    }
    if discrete:
        statistics["zeros"] = (values == 0).mean(axis=1)
    return statistics
