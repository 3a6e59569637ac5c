"""Can the draws be trusted? What chains, or weights, say of themselves, in words."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels import engines
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit, Independent
from clustermodels.fits.several import Fits
from clustermodels.results.summary import shared_summary, summary

LARGEST_RHAT = 1.01
HOPELESS = 1.05
SMALLEST_ESS = 400
SMALLEST_BFMI = 0.3
# Above the first, importance sampling converges too slowly to be of use; above the second the
# weights have no mean (Vehtari, Simpson, Gelman, Yao & Gabry 2024).
LARGEST_K = 0.7
HOPELESS_K = 1.0
# Of the proposals for a level's own coefficients; there are two or more for each draw.
SMALLEST_ACCEPTANCE = 0.2


def sampler_findings(
    fit: Fit, table: xr.Dataset | None = None
) -> tuple[dict[str, float | str], list[Finding]]:
    """Judge the draws alone: the numbers that say how good they are, and what is found.

    Parameters
    ----------
    fit
        A fit.
    table
        Its ``summary``, where that is at hand. Independent draws are judged without one.
    """
    if fit.independent is not None:
        return vars(fit.independent), _independent(fit, fit.independent)
    return _chains(fit, summary(fit) if table is None else table)


def shared_findings(fits: Fits) -> list[Finding]:
    """Judge the draws of what outcomes that are fitted jointly have in common."""
    if not fits.shared.data_vars:
        return []
    line = fits.document.source.line(("engine",))
    return agreement(shared_summary(fits), "engine", line)[1]


def _independent(fit: Fit, draws: Independent) -> list[Finding]:
    engine, line = _at(fit, "engine")
    # a large panel is evaluated at few points, however many draws are asked for
    few = draws.points < draws.draws
    findings = []
    if draws.pareto_k > LARGEST_K:  # nan where nothing was weighted
        hopeless = draws.pareto_k > HOPELESS_K
        findings.append(
            Finding(
                "pareto_k",
                "serious" if hopeless else "warning",
                f"Pareto k of the importance weights is {draws.pareto_k:.2f}, above {LARGEST_K}",
                "The approximation and the posterior differ too much for the weights to mend it: "
                + ("no number of this run can be relied on." if hopeless else "intervals are off."),
                "Write 'kind: nuts' in the engine: it draws from the posterior itself.",
                engine,
                line,
            )
        )
    if round(draws.effective_draws) < SMALLEST_ESS:
        findings.append(
            Finding(
                "ess",
                "warning",
                f"the draws are worth {draws.effective_draws:.0f} independent ones; fewer than "
                f"{SMALLEST_ESS}",
                "Centres and intervals are known only roughly: another seed would move them "
                "visibly.",
                f"A panel of this size is evaluated at {draws.points} points, whatever the draws: "
                "read the intervals as rough, or write 'kind: nuts'."
                if few
                else "Raise engine.draws.",
                engine,
                line,
            )
        )
    if draws.least_acceptance < SMALLEST_ACCEPTANCE:
        findings.append(
            Finding(
                "acceptance",
                "warning",
                f"of the proposals for the own coefficients of {draws.least_accepted} only "
                f"{100 * draws.least_acceptance:.0f} % were accepted",
                "Its draws repeat each other: what varies by level is known only roughly there.",
                "Raise engine.draws, or write 'kind: nuts' in the engine.",
                engine,
                line,
            )
        )
    return findings


def _at(fit: Fit, *path: str) -> tuple[str, int | None]:
    return ".".join(path), fit.spec.source.line(tuple[str | int, ...](path))


def _extreme(column: xr.DataArray, sign: float) -> tuple[float, str]:
    """Give the largest (smallest, for a sign of -1) value of a column, and whose it is."""
    values = column.to_numpy()
    if not np.isfinite(values).any():
        return float("nan"), ""
    spot = int(np.nanargmax(sign * values))
    return float(values[spot]), str(column["quantity"].to_numpy()[spot])


def _chains(fit: Fit, table: xr.Dataset) -> tuple[dict[str, float | str], list[Finding]]:
    numbers, findings = agreement(table, *_at(fit, "engine"))
    if "sample_stats" in fit.tree.children:
        more, found = _sampler(fit)
        numbers |= more
        findings += found
    return numbers, findings


def agreement(
    table: xr.Dataset, engine: str, line: int | None
) -> tuple[dict[str, float | str], list[Finding]]:
    """Judge by a summary whether chains agree, and how much they know."""
    rhat, rhat_of = _extreme(table["rhat"], 1.0)
    bulk, bulk_of = _extreme(table["ess_bulk"], -1.0)
    tail, tail_of = _extreme(table["ess_tail"], -1.0)
    numbers: dict[str, float | str] = {"rhat": rhat, "ess_bulk": bulk, "ess_tail": tail}
    findings: list[Finding] = []
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
                    "Raise engine.target_accept to 0.97 or 0.99, or give the group sds (names "
                    "ending in _sd) tighter priors.",
                    engine,
                    line,
                )
            )
    if "energy" in stats:
        bfmi = float(engines.chains.bfmi(stats["energy"].to_numpy()).min())
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
