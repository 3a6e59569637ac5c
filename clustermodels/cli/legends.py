"""What the numbers of the landscape are, in a line under each table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

VOLUMES = {"within": "ties inside the region", "between": "ties with others"}


def counted(regions: Any) -> str:
    """Say how many regions are clusters, by which years."""
    of = regions.sizes["region"]
    if "failed" not in regions:
        return f"No rules: all {of} regions count as clusters."
    clusters = int(regions["cluster"].sum())
    said = f"{clusters} of {of} regions {'is a cluster' if clusters == 1 else 'are clusters'}"
    return f"{said}, judged over {regions.attrs['years']}."


def rules(regions: Any, declared: Any) -> dict[str, str]:
    """Name what each rule holds against a limit."""
    standardised = regions.attrs.get("method", "threshold") != "threshold"
    return {
        "lq": "z" if standardised else "quotient",
        "probability": "probability",
        "scale": "scale",
        "within": "ties inside",
        "between": "ties with others",
        **_own(declared),
    }


def judged(names: Collection[str], regions: Any, declared: Any, *, near: bool) -> str:
    """Explain the numbers that the rules judged."""
    said = []
    if "lq" in names:
        ends = "; eti95: its equal-tailed 95 % interval" if "eti95_lower" in names else ""
        said.append(f"lq: location quotient{ends}.")
    if "z" in names:
        limit = regions.attrs["critical"]
        said.append(f"z: standardised log of the quotient, a cluster's above {limit:.2f}.")
    said += _sums(names, regions, declared)
    if "lq stable" in names:
        periods, width = regions.attrs["periods"], regions.attrs["rolling"]
        said.append(
            f"lq stable: share of the {periods} period{'s' * (periods > 1)} of {width} "
            f"year{'s' * (width > 1)} in which the quotient passes."
        )
    if near:
        said.append("After the clusters: those that failed one rule, by relative shortfall.")
    return " ".join(said)


def placed(names: Collection[str], regions: Any, declared: Any, window: int) -> str:
    """Explain where regions stand."""
    said = _sums(names, regions, declared)
    if "ei_index" in names:
        said.append("ei_index: E-I index, (between - within) / (between + within).")
    said.append(f"Measures: means over {_years(regions)} of each year's value{_pooled(window)}.")
    return " ".join(said)


def yearly(window: int) -> str:
    """Explain the network by year."""
    pooled = f" Each row pools {window} years up to its year." if window > 1 else ""
    return (
        "active: regions with ties to others; ties: pairs of regions; parts: components; in "
        "largest: share of the active regions in the largest; partners: mean per region; weight: "
        f"of all ties; share between: the part of it that is between regions.{pooled}"
    )


def ranked() -> str:
    """Explain the correlations between measures."""
    return (
        "Spearman's, means over the years, over all regions with ties; a finding on the clusters "
        "alone may differ."
    )


def lasting(window: int) -> str:
    """Explain the correlations with the year before."""
    shared = f" Both share {window - 1} of the {window} years that they pool." if window > 1 else ""
    return f"Spearman's, over all regions with ties in both years.{shared}"


def _own(declared: Any) -> dict[str, str]:
    """Give the columns that are judged instead of ties."""
    collaboration = declared.collaboration if declared is not None else None
    return collaboration.columns if collaboration is not None else {}


def _sums(names: Collection[str], regions: Any, declared: Any) -> list[str]:
    words = {**VOLUMES, **_own(declared)}
    if declared is not None and declared.scale is not None:
        words["scale"] = declared.scale.column
    sums = [f"{name} ({words[name]})" for name in ("scale", *VOLUMES) if name in names]
    return [f"Summed over {_years(regions)}: {', '.join(sums)}."] if sums else []


def _years(regions: Any) -> str:
    return "the judged years" if "failed" in regions else "the years of the network"


def _pooled(window: int) -> str:
    return f", which pools {window} years up to it" if window > 1 else ""
