"""Can the draws be trusted, and could the model have made the data? In words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.panel import reader
from clustermodels.errors import Finding, by_severity, choices
from clustermodels.fits.record import Fit
from clustermodels.results.attenuation import attenuation_findings
from clustermodels.results.bias import past_findings
from clustermodels.results.checks import predictive_checks
from clustermodels.results.measurement import measurement_findings
from clustermodels.results.residuals import residual_findings
from clustermodels.results.sampling import sampler_findings
from clustermodels.results.summary import summary
from clustermodels.spec.document import Spec
from clustermodels.spec.residual_rules import may_carry
from clustermodels.spec.source import Path

TAIL = 0.025
ROBUST_RATIO = 1.5
FEWEST_CLUSTERS = 10


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a fit says about itself.

    Parameters
    ----------
    findings
        Every doubt, the most serious first.
    checks
        Posterior predictive statistics against the data's, as ``predictive_checks`` gives them.
    sampler
        Of chains: ``divergences``, ``rhat`` (largest), ``ess_bulk`` and ``ess_tail`` (smallest),
        ``bfmi`` (smallest), ``tree_depth`` (largest). Of independent draws: ``draws``,
        ``effective_draws``, ``pareto_k``, ``points``, ``least_acceptance``, ``least_accepted`` (a
        level's name).
    """

    findings: tuple[Finding, ...]
    checks: xr.Dataset
    sampler: dict[str, float | str]


def diagnose(fit: Fit, table: xr.Dataset | None = None) -> Diagnosis:
    """Diagnose a fit: the draws, the model against the data, the errors against clustering.

    Parameters
    ----------
    fit
        A fit.
    table
        Its ``summary``, where that is at hand; made otherwise.

    Returns
    -------
    Diagnosis
        Findings say what they mean for the policy answer, and which line of the document to
        change.
    """
    table = summary(fit) if table is None else table
    checks = predictive_checks(fit)
    sampler, findings = sampler_findings(fit, table)
    findings += [*_against_data(fit, checks), *_against_clustering(fit, table)]
    findings += [*past_findings(fit), *residual_findings(fit)]
    findings += measurement_findings(fit) if fit.design().cells else ()
    findings += attenuation_findings(fit)
    return Diagnosis(by_severity(findings), checks, sampler)


def chain_findings(fit: Fit, table: xr.Dataset | None = None) -> tuple[Finding, ...]:
    """Give the findings on the draws alone: whether they are of one posterior.

    Parameters
    ----------
    fit, table
        As for ``diagnose``.
    """
    return tuple(sampler_findings(fit, table)[1])


def _against_data(fit: Fit, checks: xr.Dataset) -> Iterator[Finding]:
    name, _ = fit.spec.outcome
    for statistic in checks["statistic"].to_numpy().tolist():
        row = checks.sel(statistic=statistic)
        share = float(row["p_value"])
        if TAIL <= share <= 1 - TAIL:
            continue
        seen, made = float(row["observed"]), float(row["median"])
        more = share < TAIL
        meaning, remedy = _misfit(statistic, more, fit.spec)
        path: Path = ("outcomes", name, "family")
        yield Finding(
            f"predictive_{statistic.replace(' ', '_')}",
            "warning",
            f"the data's {statistic} is {seen:.3g}; data drawn from the fitted model have "
            f"{made:.3g} (95 % {float(row['eti95_lower']):.3g} to "
            f"{float(row['eti95_upper']):.3g})",
            meaning,
            remedy,
            ".".join(map(str, path)),
            fit.spec.source.line(path),
        )


def _misfit(statistic: str, more: bool, spec: Spec) -> tuple[str, str]:
    """Say what a misfit means for the policy answer, and what to change."""
    family = spec.outcome[1].family
    wider = {"poisson": "negative_binomial", "gaussian": "student_t"}.get(family)
    change = f"Try 'family: {wider}'." if wider else "Look for a missing term or an odd row."
    if statistic == "serial correlation":
        if more:
            carry = "let residuals carry over ('residuals: {kind: ar1}'); or " * may_carry(spec)
            return (
                "Given the model, neighbouring years of a cluster still resemble each other: the "
                "policy's interval is too narrow if the policy is persistent too.",
                f"Compare robust_sd in 'summary'; {carry}add what drifts slowly as a control, the "
                "outcome's own past ('dynamics: {}'), or trends ('cluster: {trend: partial}').",
            )
        return (
            "A year above the fit tends to be followed by one below: the model does not follow "
            "each cluster's own course.",
            "Check the treatments' lags, and the data for revisions between years.",
        )
    if statistic == "zeros":
        said = "more" if more else "fewer"
        if family == "negative_binomial":
            of_zeros = "zero_inflated" if more else "hurdle"
            change = f"Try 'family: {of_zeros}_negative_binomial'."
        return (
            f"The data have {said} zeros than the model makes: effects in small clusters are "
            "judged wrongly.",
            change,
        )
    if statistic == "spread":
        said, are = ("more", "too narrow") if more else ("less", "too wide")
        return f"The outcome varies {said} than the model allows: intervals are {are}.", change
    if statistic == "largest residual":
        if more:
            return (
                "A few rows lie further off than the model can make them, and pull the answer.",
                change,
            )
        return "The outcome has lighter tails than the model: intervals are too wide.", change
    return "Predicted totals are off, and with them a scenario's total.", change


def _against_clustering(fit: Fit, table: xr.Dataset) -> Iterator[Finding]:
    names, robust, own = (table[key].to_numpy() for key in ("name", "robust_sd", "sd"))
    wide = {
        str(names[spot]): (float(robust[spot]), float(own[spot]))
        for spot in np.flatnonzero(robust > ROBUST_RATIO * own)
    }
    clusters = reader(fit.panel).clusters.tolist()
    if not wide or len(set(clusters)) < FEWEST_CLUSTERS:
        return  # a sandwich of so few scores says little
    said = [
        f"{name} {sd / own:.2g} times ({sd:.3g} against {own:.3g})"
        for name, (sd, own) in sorted(wide.items(), key=lambda pair: -pair[1][0] / pair[1][1])
    ]
    name, outcome = fit.spec.outcome
    largest = max(sd / own for sd, own in wide.values())
    remedy = {
        "poisson": "Use 'family: negative_binomial'.",
    }.get(outcome.family, "Let slopes vary by cluster (slope: partial), or report robust_sd.")
    path = ("outcomes", name, "family")
    yield Finding(
        "robust_sd",
        "serious" if largest > 3 else "warning",
        f"the cluster-robust sd is larger than the posterior's: {choices(said, 5)}",
        "Rows of a cluster are not independent given the model, or vary more than the family "
        "allows: its intervals are too narrow by about these factors.",
        remedy,
        ".".join(path),
        fit.spec.source.line(path),
    )
