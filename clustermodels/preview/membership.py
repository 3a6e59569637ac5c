"""Findings on which regions count as clusters, and how surely."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from clustermodels.data.findings import SHOWN, counted_of, finding
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec

SURE = 0.95
STABLE = 0.5


def membership(spec: Spec, regions: xr.Dataset | None) -> Iterator[Finding]:
    """Find clusters that were chosen by the outcome, that are unsure, and that come and go."""
    if spec.clusters is None or regions is None:
        return
    yield from _chosen_by_outcome(spec)
    clusters = regions.isel(region=regions["cluster"].to_numpy())
    if "probability" in clusters:
        unsure = clusters["probability"] < SURE
        rows = clusters.isel(region=unsure.to_numpy()).sortby("probability")
        named = [
            f"{region} ({float(p):.2f})"
            for region, p in zip(rows["region"].values, rows["probability"].values, strict=True)
        ]
        if named:
            above = regions.attrs.get("above", 1)
            yield finding(
                spec,
                "unsure_clusters",
                "warning",
                f"of {counted_of(clusters.sizes['region'], 'cluster')}, {len(named)} "
                f"{'are' if len(named) > 1 else 'is'} not surely specialised: the probability of "
                f"a quotient above {above:g} is below {SURE:g} in {choices(named, SHOWN)}",
                "Chance decided on their membership, and the answer is about whom it let in.",
                f"Ask for 'probability: {SURE:g}', and see whether the answer changes.",
                ("clusters", "location_quotient"),
            )
    if "stability" in clusters and regions.attrs.get("periods", 1) > 1:
        shaky = clusters.isel(region=(clusters["stability"] < STABLE).to_numpy())
        if shaky.sizes["region"]:
            yield finding(
                spec,
                "unstable_clusters",
                "note",
                f"{counted_of(shaky.sizes['region'], 'cluster')} would be one in fewer than half "
                f"of the {regions.attrs['periods']} periods of {regions.attrs['rolling']} years: "
                f"{choices([str(region) for region in shaky['region'].values], SHOWN)}",
                "Who is a cluster depends on the years that are judged.",
                "Read the answer for the stable ones beside it.",
                ("clusters",),
            )


def _chosen_by_outcome(spec: Spec) -> Iterator[Finding]:
    assert spec.clusters is not None
    name, outcome = spec.outcome
    quotient, scale = spec.clusters.location_quotient, spec.clusters.scale
    rules = []
    if quotient is not None and quotient.activity == outcome.column:
        rules.append("location_quotient")
    if scale is not None and scale.column == outcome.column:
        rules.append("scale")
    if rules:
        yield finding(
            spec,
            "chosen_by_outcome",
            "warning",
            f"clusters are chosen by '{outcome.column}' ({', '.join(rules)}), which is the "
            f"outcome '{name}' itself",
            "Regions in which the policy raised it had the better chance to be let in, so its "
            "effect here is not that in regions at large.",
            "Choose by years before the policy ('years:'), or by a column that the policy does "
            "not move.",
            ("clusters", rules[0]),
        )
