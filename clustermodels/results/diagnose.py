"""Can the draws be trusted, and could the model have made the data? In words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.errors import Finding, by_severity, choices
from clustermodels.fits.record import Fit
from clustermodels.results import chains
from clustermodels.results.checks import predictive_checks
from clustermodels.results.summary import summary
from clustermodels.spec.source import Path

LARGEST_RHAT = 1.01
HOPELESS = 1.05
SMALLEST_ESS = 400
SMALLEST_BFMI = 0.3
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
        ``divergences``, ``rhat`` (largest), ``ess_bulk`` and ``ess_tail`` (smallest), ``bfmi``
        (smallest), ``tree_depth`` (largest).
    """

    findings: tuple[Finding, ...]
    checks: xr.Dataset
    sampler: dict[str, float]


def diagnose(fit: Fit, table: xr.Dataset | None = None) -> Diagnosis:
    """Diagnose a fit: the chains, the model against the data, the errors against clustering.

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
    sampler, findings = _chains(fit, table)
    findings += [*_against_data(fit, checks), *_against_clustering(fit, table)]
    return Diagnosis(by_severity(findings), checks, sampler)


def chain_findings(fit: Fit, table: xr.Dataset | None = None) -> tuple[Finding, ...]:
    """Give the findings on the chains alone: whether the draws are of one posterior.

    Parameters
    ----------
    fit, table
        As for ``diagnose``.
    """
    return tuple(_chains(fit, summary(fit) if table is None else table)[1])


def _at(fit: Fit, *path: str) -> tuple[str, int | None]:
    return ".".join(path), fit.spec.source.line(tuple[str | int, ...](path))


def _extreme(column: xr.DataArray, sign: float) -> tuple[float, str]:
    """Give the largest (smallest, for a sign of -1) value of a column, and whose it is."""
    values = column.to_numpy()
    if not np.isfinite(values).any():
        return float("nan"), ""
    spot = int(np.nanargmax(sign * values))
    return float(values[spot]), str(column["quantity"].to_numpy()[spot])


def _chains(fit: Fit, table: xr.Dataset) -> tuple[dict[str, float], list[Finding]]:
    rhat, rhat_of = _extreme(table["rhat"], 1.0)
    bulk, bulk_of = _extreme(table["ess_bulk"], -1.0)
    tail, tail_of = _extreme(table["ess_tail"], -1.0)
    numbers = {"rhat": rhat, "ess_bulk": bulk, "ess_tail": tail}
    findings: list[Finding] = []
    engine, line = _at(fit, "engine")
    if rhat > LARGEST_RHAT or np.isnan(rhat):
        said = f"R-hat is {rhat:.3f} for {rhat_of}" if rhat_of else "R-hat cannot be computed"
        findings.append(
            Finding(
                "rhat",
                "serious",
                f"{said}; above {LARGEST_RHAT} the chains disagree",
                "The chains have not found one posterior: no number of this run can be relied on."
                if not rhat <= HOPELESS
                else "Its posterior is not known yet, nor that of what depends on it.",
                "Run at least 4 chains, raise engine.tune and engine.draws, or set "
                "engine.adaptation to low_rank; if it stays, look for collinear terms with "
                "'check'.",
                engine,
                line,
            )
        )
    for kind, size, name in (("bulk", bulk, bulk_of), ("tail", tail, tail_of)):
        if size < SMALLEST_ESS:
            what = "centre" if kind == "bulk" else "interval"
            findings.append(
                Finding(
                    f"ess_{kind}",
                    "warning",
                    f"{kind} effective sample size is {size:.0f} for {name}; fewer than "
                    f"{SMALLEST_ESS}",
                    f"The {what} of its posterior is known only roughly: another seed would move "
                    "it visibly.",
                    "Raise engine.draws.",
                    engine,
                    line,
                )
            )
    if "sample_stats" in fit.tree.children:
        more, found = _sampler(fit)
        numbers |= more
        findings += found
    return numbers, findings


def _sampler(fit: Fit) -> tuple[dict[str, float], list[Finding]]:
    stats = fit.tree["sample_stats"].to_dataset()
    engine, line = _at(fit, "engine")
    numbers: dict[str, float] = {}
    findings = []
    if "diverging" in stats:
        count = int(stats["diverging"].sum())
        numbers["divergences"] = count
        if count:
            findings.append(
                Finding(
                    "divergences",
                    "serious",
                    f"{count} of {stats['diverging'].size} transitions diverged",
                    "The sampler could not enter part of the posterior, often where a group sd is "
                    "near zero; effects there are missed.",
                    "Raise engine.target_accept to 0.95 or 0.99, or give the group sds (names "
                    "ending in _sd) tighter priors.",
                    engine,
                    line,
                )
            )
    if "energy" in stats:
        bfmi = float(chains.bfmi(stats["energy"].to_numpy()).min())
        numbers["bfmi"] = bfmi
        if bfmi < SMALLEST_BFMI:
            findings.append(
                Finding(
                    "bfmi",
                    "warning",
                    f"E-BFMI is {bfmi:.2f}, below {SMALLEST_BFMI}",
                    "The chains explore the tails slowly: intervals may be too narrow.",
                    "Raise engine.tune, or tighten the priors of the group sds.",
                    engine,
                    line,
                )
            )
    if "tree_depth" in stats:
        numbers["tree_depth"] = float(stats["tree_depth"].max())
    if "maxdepth_reached" in stats and bool(stats["maxdepth_reached"].any()):
        share = float(stats["maxdepth_reached"].mean())
        findings.append(
            Finding(
                "tree_depth",
                "warning",
                f"{share:.1%} of transitions hit the largest tree depth",
                "Sampling is slow, not wrong: draws are more alike than they should be.",
                "Look for collinear terms with 'check', or raise engine.tune.",
                engine,
                line,
            )
        )
    return numbers, findings


def _against_data(fit: Fit, checks: xr.Dataset) -> Iterator[Finding]:
    name, outcome = fit.spec.outcome
    for statistic in checks["statistic"].to_numpy().tolist():
        row = checks.sel(statistic=statistic)
        share = float(row["p_value"])
        if TAIL <= share <= 1 - TAIL:
            continue
        seen, made = float(row["observed"]), float(row["median"])
        more = share < TAIL
        meaning, remedy = _misfit(statistic, more, outcome.family)
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


def _misfit(statistic: str, more: bool, family: str) -> tuple[str, str]:
    """Say what a misfit means for the policy answer, and what to change."""
    wider = {"poisson": "negative_binomial", "gaussian": "student_t"}.get(family)
    change = f"Try 'family: {wider}'." if wider else "Look for a missing term or an odd row."
    if statistic == "serial correlation":
        if more:
            return (
                "Given the model, neighbouring years of a cluster still resemble each other: the "
                "policy's interval is too narrow if the policy is persistent too.",
                "Compare robust_sd in 'summary', and add what drifts slowly as a control.",
            )
        return (
            "A year above the fit tends to be followed by one below: the model does not follow "
            "each cluster's own course.",
            "Check the treatments' lags, and the data for revisions between years.",
        )
    if statistic == "zeros":
        said = "more" if more else "fewer"
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
    columns = (table[name].to_numpy() for name in ("name", "robust_sd", "sd"))
    wide = {
        str(name): (float(robust), float(own))
        for name, robust, own in zip(*columns, strict=True)
        if robust > ROBUST_RATIO * own
    }
    if len(set(fit.design().clusters.tolist())) < FEWEST_CLUSTERS:
        return  # a sandwich of so few scores says little
    if not wide:
        return
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
