"""Findings on which regions count as clusters, and how surely."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from clustermodels.data.findings import SHOWN, counted_of, finding
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec

SURE = 0.95
STABLE = 0.5


def membership(
    spec: Spec, regions: xr.Dataset | None, last_fitted: int | None = None
) -> Iterator[Finding]:
    """Find clusters that were chosen by the outcome, that are unsure, and that come and go.

    ``last_fitted`` is the last year that the model is fitted to, where it is known.
    """
    if spec.clusters is None or regions is None:
        return
    yield from _chosen_by_outcome(spec, regions, last_fitted)
    yield from _unknown(spec, regions)
    yield from _uncertainty(spec, regions)
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
                "That they are in is partly chance, and the answer rests on them too.",
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
                f"the quotient of {counted_of(shaky.sizes['region'], 'cluster')} passes in fewer "
                f"than half of the {regions.attrs['periods']} periods of "
                f"{counted_of(int(regions.attrs['rolling']), 'year')}: "
                f"{choices([str(region) for region in shaky['region'].values], SHOWN)}",
                "Who is a cluster depends on the years that are judged.",
                "Read the answer for the stable ones beside it.",
                ("clusters",),
            )


def _chosen_by_outcome(
    spec: Spec, regions: xr.Dataset, last_fitted: int | None
) -> Iterator[Finding]:
    assert spec.clusters is not None
    name, outcome = spec.outcome
    quotient, scale = spec.clusters.location_quotient, spec.clusters.scale
    collaboration = spec.clusters.collaboration
    read = {
        "location_quotient": {quotient.activity, quotient.total} if quotient else set(),
        "scale": {scale.column} if scale else set(),
        "collaboration": {*collaboration.columns.values()} if collaboration else set(),
    }
    rules = [rule for rule, columns in read.items() if outcome.column in columns]
    if not rules:
        return
    last_judged = int(regions.attrs["judged"][-1])
    early = last_fitted is not None and last_judged < last_fitted
    yield finding(
        spec,
        "chosen_by_outcome",
        "note" if early else "warning",
        f"clusters are chosen by '{outcome.column}' ({', '.join(rules)}), which is the outcome "
        f"'{name}' itself" + f", in years up to {last_judged}" * early,
        "Who had a lucky start was let in, and falls back later without any policy."
        if early
        else "Regions in which the policy raised it had the better chance to be let in, so its "
        "effect here is not that in regions at large.",
        "Read the answer as one about regions that started high."
        if early
        else "Choose by years before the policy ('years:'), or by a column that the policy does "
        "not move.",
        ("clusters", rules[0]),
    )


def _unknown(spec: Spec, regions: xr.Dataset) -> Iterator[Finding]:
    """Find regions that are judged by fewer years than others."""
    short = regions.isel(region=(regions["unknown"] > 0).to_numpy())
    if short.sizes["region"]:
        named = [
            f"{region} ({int(gone)})"
            for region, gone in zip(short["region"].values, short["unknown"].values, strict=True)
        ]
        yield finding(
            spec,
            "judged_by_fewer_years",
            "warning",
            f"{counted_of(len(named), 'region')} of {regions.sizes['region']} "
            f"{'lack' if len(named) > 1 else 'lacks'} a number that the rules read in some of the "
            f"{len(regions.attrs['judged'])} judged years: {choices(named, SHOWN)}",
            "Quotients are of the years in which both their numbers are known; sums of scale and "
            "collaboration are of fewer years than those of other regions.",
            "Fill the gaps, or name 'years' in which all are known.",
            ("clusters",),
        )


def _uncertainty(spec: Spec, regions: xr.Dataset) -> Iterator[Finding]:
    """Say where quotients have no interval, and where it rests on no difference between regions."""
    said = str(regions.attrs.get("uncertainty", "beta"))
    if said != "beta":
        yield finding(
            spec,
            "no_probability",
            "warning",
            "the location quotients have no interval and no probability: "
            f"{said.removeprefix('none: ')}",
            "How much of a quotient is chance is not known.",
            "Name an activity that is a part of its total, both counts.",
            ("clusters", "location_quotient"),
        )
    elif regions.attrs.get("prior_pooled"):
        yield finding(
            spec,
            "one_share_for_all",
            "serious",
            "the counts do not say that regions' shares differ at all",
            "Every region gets the same interval and probability, and quotients above 1 are what "
            "chance alone would give.",
            "Judge more years, or an activity with larger counts.",
            ("clusters", "location_quotient"),
        )
