"""Models of the same rows side by side: which predicts better, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.engines.chains import LeftOut, left_out, stacked
from clustermodels.errors import Finding, FitError, by_severity, choices
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.effects import effects
from clustermodels.results.intervals import increase, summarised
from clustermodels.results.pointwise import log_likelihood
from clustermodels.results.same_rows import refuse_different
from clustermodels.results.sampling import HOPELESS_K

# Below this difference, and below so many of its errors, which model predicts better is not known
# (Sivula, Magnusson, Matamoros & Vehtari 2020, doi 10.48550/arXiv.2008.10296).
CLOSE, ERRORS = 4.0, 2.0
# A weight in a mixture that is rounding.
NOTHING = 1e-6
# Rows that a finding names.
NAMED = 5


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models of the same rows.

    Parameters
    ----------
    models
        Along ``model``, the best first: ``elpd``, the expected log predictive density of rows left
        out one at a time, with its standard error ``elpd_se``; ``elpd_difference`` from the best
        and ``difference_se``; ``p_loo``, the effective number of parameters; ``weight`` of
        stacking; ``largest_k`` and how many rows' Pareto k are too large, ``beyond_k``.
    coefficients
        Along ``row``, as of ``effects``: what all rows share, by ``quantity`` and ``model``.
    effects
        What ``effects`` says of each ``model``.
    findings
        Where the comparison cannot be relied on.
    """

    models: xr.Dataset
    coefficients: xr.Dataset
    effects: xr.Dataset
    findings: tuple[Finding, ...]


def compare(fits: Mapping[str, Fit]) -> Comparison:
    r"""Compare fits of the same outcomes of the same rows.

    $\widehat{elpd} = \sum_i \log p(y_i \mid y_{-i})$ by Pareto-smoothed importance sampling, and
    the weights of a mixture of the models' predictions that would have predicted best (stacking).

    Parameters
    ----------
    fits
        Two or more fits, by the names that they are to be told apart by.

    Returns
    -------
    Comparison
        Models, coefficients and effects side by side, and findings.

    Raises
    ------
    FitError
        If the fits are of other outcomes or rows, or one gives densities and another probabilities.

    Notes
    -----
    One row is left out and its cluster's others stay in: it tells which model predicts other years
    of these clusters, and not which effect is the causal one; a model that holds a confounder in
    its means may predict no better than one that does not.

    References
    ----------
    Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using
    leave-one-out cross-validation and WAIC. Statistics and Computing 27, 1413-1432.
    https://doi.org/10.1007/s11222-016-9696-4. Yao, Y., Vehtari, A., Simpson, D. and Gelman, A.
    (2018). Using stacking to average Bayesian predictive distributions. Bayesian Analysis 13,
    917-1007. https://doi.org/10.1214/17-BA1091

    Examples
    --------
    Pooled slopes against one for all::

        found = compare({"partial": load_fit("partial.nc"), "common": load_fit("common.nc")})
        found.models.to_dataframe()
    """
    if len(fits) < 2:
        raise FitError("nothing is compared because there are not two fits. Give two or more.")
    refuse_different(fits)
    rows = {name: without_row(fit) for name, fit in fits.items()}
    models = predictive(rows)
    found = [f for name, fit in fits.items() for f in _unreliable(name, fit, rows[name])]
    return Comparison(
        models,
        _stacked_up({name: _coefficients(fit) for name, fit in fits.items()}),
        _stacked_up({name: effects(fit) for name, fit in fits.items()}),
        by_severity([*found, *_close(models)]),
    )


def without_row(fit: Fit) -> LeftOut:
    """Predict each row of a fit without itself."""
    groups = {
        "posterior": fit.posterior,
        "log_likelihood": log_likelihood(fit).to_dataset(name=fit.spec.outcome[0]),
    }
    own = fit.independent
    worth = None if own is None else own.effective_draws / own.draws
    return left_out(xr.DataTree.from_dict(groups), worth)


def predictive(rows: Mapping[str, LeftOut]) -> xr.Dataset:
    """Set models side by side by how well they predict rows without themselves, best first."""
    told = stacked(rows)
    names = {"elpd": "elpd", "se": "elpd_se", "elpd_diff": "elpd_difference"}
    names |= {"dse": "difference_se", "p": "p_loo", "weight": "weight"}
    table = told[[*names]].rename(names).assign_coords(model=told["model"].astype(object))
    table["weight"] = table["weight"].where(table["weight"] > NOTHING, 0.0)
    order = [str(name) for name in told["model"].to_numpy()]
    largest = [float(rows[name].pareto_k.max()) for name in order]
    beyond = [int((rows[name].pareto_k > rows[name].good_k).sum()) for name in order]
    return table.assign(largest_k=("model", largest), beyond_k=("model", beyond))


def _unreliable(name: str, fit: Fit, rows: LeftOut) -> Iterator[Finding]:
    order = np.argsort(-rows.pareto_k, kind="stable")
    beyond = order[rows.pareto_k[order] > rows.good_k]
    if not beyond.size:
        return
    design = fit.design()
    places = [f"{design.clusters[row]} {design.years[row]}" for row in beyond]
    yield Finding(
        "pareto_k",
        "serious" if rows.pareto_k.max() > HOPELESS_K else "warning",
        f"'{name}': Pareto k of leaving a row out is above {rows.good_k:.2f} in {len(beyond)} of "
        f"{len(design.years)} rows, at most {rows.pareto_k.max():.2f}: {choices(places, NAMED)}",
        "Few draws say how these rows are predicted without themselves, so that the model seems to "
        "predict better than it does: differences of this size are not known.",
        f"Look at these rows; {_wider(fit)}pooled effects in place of free ones lean less on "
        "single rows.",
        f"outcomes.{fit.spec.outcome[0]}",
        fit.spec.source.line(("outcomes", fit.spec.outcome[0])),
    )


def _wider(fit: Fit) -> str:
    """Name a family with wider tails, where there is one."""
    wider = {"gaussian": "student_t", "poisson": "negative_binomial"}.get(fit.spec.family.name)
    return f"the family {wider}, or " if wider else ""


def _close(models: xr.Dataset) -> Iterator[Finding]:
    best = models["model"].to_numpy()[0]
    for place, name in enumerate(models["model"].to_numpy()[1:], start=1):
        apart = abs(float(models["elpd_difference"][place]))
        error = float(models["difference_se"][place])
        if apart < max(CLOSE, ERRORS * error):
            yield Finding(
                "close",
                "note",
                f"'{best}' and '{name}' differ by {apart:.1f} in elpd (standard error {error:.1f})",
                "Which of them predicts better is not known.",
                "Choose by what they assume, or show both.",
            )


def _coefficients(fit: Fit) -> xr.Dataset:
    """Summarise what has no levels."""
    shared = {
        str(name): values.to_numpy().ravel()
        for name, values in fit.posterior.data_vars.items()
        if {*values.dims} == {"chain", "draw"}
    }
    draws = np.stack([*shared.values()], axis=1)
    numbers = summarised(draws) | {"probability": increase(draws)}
    return answers({"quantity": [*shared]}, numbers)


def _stacked_up(tables: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Put tables of answers under one another, with the model of each row."""
    parts = {name: table for name, table in tables.items() if table.sizes["row"]}
    if not parts:
        return xr.Dataset(coords={"row": np.arange(0)})
    first = next(iter(parts.values()))
    labels: dict[str, list[object]] = {"model": []}
    for name, table in parts.items():
        labels["model"] += [name] * table.sizes["row"]
        for label, cells in table.coords.items():
            if cells.dims == ("row",) and label != "row":
                labels.setdefault(str(label), []).extend(cells.to_numpy().tolist())
    numbers = {
        str(name): np.concatenate([table[name].to_numpy() for table in parts.values()])
        for name in first.data_vars
    }
    return answers(labels, numbers)
