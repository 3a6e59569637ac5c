"""What a check finds before a fit: each on a panel made for it, and none on a sound one."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.preview.panels import CLUSTERS, YEARS, document, found, sound

FREE = {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}}
PARTIAL = {"cluster": {"pooling": "partial"}}


@pytest.mark.parametrize("factors", [FREE, PARTIAL, {}, {"cluster": {"pooling": "correlated"}}])
def test_a_sound_panel_has_none(factors):
    assert found(sound(), fixed_effects=factors) == {}


def by_cluster(values):
    return np.repeat(np.asarray(values)[np.arange(CLUSTERS) % len(values)], YEARS)


def test_a_treatment_that_never_changes_within_a_cluster():
    table = sound().assign(policies=by_cluster([0.0, 1.0, 2.0]))
    pooled = found(table, fixed_effects=PARTIAL, moderators={})
    assert list(pooled) == ["no_within_variation"]
    finding = pooled["no_within_variation"]
    assert (finding.severity, finding.path) == ("serious", "treatments.policies")
    assert finding.what == "the treatment 'policies' never changes within a cluster"
    assert "compares clusters with each other" in finding.so_what
    free = found(table, fixed_effects=FREE, moderators={})
    assert set(free) == {"no_within_variation", "absorbed"}
    assert "from the prior alone" in free["no_within_variation"].so_what


@pytest.mark.parametrize("form", ["linear", "quadratic", "spline"])
def test_a_moderator_that_never_changes_is_ordinary_but_for_free_effects(form):
    table = sound().assign(centrality=by_cluster([1.0, 2.0, 3.5, 4.0, 6.0]))
    bent = {"centrality": {"form": form}}
    assert found(table, fixed_effects=PARTIAL, moderators=bent) == {}
    free = found(table, fixed_effects=FREE, moderators=bent)
    assert free["no_within_variation"].severity == "note"
    assert free["no_within_variation"].path == "moderators.centrality"


def test_a_column_that_the_free_effects_absorb():
    table = sound()
    table["gdp"] = table["year"] * 2.0 + by_cluster(range(CLUSTERS))
    both = found(table, fixed_effects=FREE)
    assert list(both) == ["absorbed"]
    assert both["absorbed"].what == "'gdp' is a sum of the free effects of cluster, year"
    assert both["absorbed"].path == "controls.gdp"
    assert "absorbed" not in found(table, fixed_effects={"year": {"pooling": "free"}})


def test_a_column_of_one_value():
    finding = found(sound().assign(gdp=3.0), fixed_effects=PARTIAL)["absorbed"]
    assert finding.what == "'gdp' takes one value only"


@pytest.mark.parametrize(
    ("noise", "severity", "word"), [(0.0, "serious", "exactly"), (0.1, "warning", "nearly")]
)
def test_collinear_columns(noise, severity, word):
    table = sound()
    rng = np.random.default_rng(0)
    table["gdp"] = 3 * table["policies"] + noise * rng.normal(size=len(table))
    finding = found(table, fixed_effects=PARTIAL)["collinear"]
    assert finding.severity == severity
    assert word in finding.what
    assert "'policies'" in finding.what
    assert "'gdp'" in finding.what


def test_columns_that_are_only_alike_are_not_collinear():
    table = sound()
    rng = np.random.default_rng(0)
    table["gdp"] = table["policies"] + 0.5 * rng.normal(size=len(table))
    assert found(table, fixed_effects=PARTIAL) == {}


def test_collinear_only_once_the_year_effects_are_out():
    table = sound()
    table["gdp"] = 2 * table["policies"] + (table["year"] - 2010) ** 2
    assert "collinear" not in found(table, fixed_effects={})
    assert "collinear" in found(table, fixed_effects={"year": {"pooling": "free"}})


def test_separation_by_a_treatment():
    table = sound()
    table["policies"] = (np.arange(len(table)) % 7 == 0).astype(float)
    table.loc[table["policies"] == 1, "patents"] = 0
    finding = found(table, fixed_effects=PARTIAL)["separation"]
    assert (finding.severity, finding.path) == ("serious", "treatments.policies")
    assert f"in all {int(table['policies'].sum())} cluster-years" in finding.what
    table.loc[0, "patents"] = 1
    assert "separation" not in found(table, fixed_effects=PARTIAL)


def test_separation_by_a_level():
    table = sound()
    table["region"] = np.where(np.arange(len(table)) % 9 == 0, "far", "near")
    controls = ["gdp", "region"]
    assert found(table, controls=controls) == {}
    table.loc[table["region"] == "far", "patents"] = 0
    finding = found(table, controls=controls)["separation"]
    assert finding.what == "the outcome is all zero at far of 'region'"
    assert finding.severity == "warning"


@pytest.mark.parametrize(("pooling", "severity"), [("free", "warning"), ("partial", "note")])
def test_clusters_that_are_all_zero(pooling, severity):
    table = sound()
    table.loc[table["city"].isin(["c03", "c07"]), "patents"] = 0
    finding = found(table, fixed_effects={"cluster": {"pooling": pooling}})["all_zero_cluster"]
    assert finding.severity == severity
    assert finding.what == "the outcome is all zero in 2 clusters: c03, c07"


def test_a_year_that_is_all_zero():
    table = sound()
    table.loc[table["year"] == 2013, "patents"] = 0
    finding = found(table, fixed_effects=FREE)["all_zero_year"]
    assert finding.what == "the outcome is all zero in 1 year: 2013"


def test_a_cluster_that_is_all_one():
    table = sound().assign(patents=lambda t: np.arange(len(t)) % 2)
    binary = {"patents": {"family": "bernoulli"}}
    assert found(table, outcomes=binary) == {}
    table.loc[table["city"] == "c05", "patents"] = 1
    finding = found(table, outcomes=binary)["all_zero_cluster"]
    assert finding.what == "the outcome is all zero or all one in 1 cluster: c05"


def test_a_gaussian_outcome_may_be_zero():
    table = sound()
    table.loc[table["city"] == "c05", "patents"] = 0
    assert found(table, outcomes={"patents": {"family": "gaussian"}}) == {}


def test_where_the_treatment_does_not_vary():
    table = sound()
    table.loc[table["centrality"] > table["centrality"].quantile(0.7), "policies"] = 0
    finding = found(table, fixed_effects=PARTIAL)["no_support"]
    top = table["centrality"].quantile([0.8, 1.0]).to_numpy()
    assert finding.what == (
        f"'policies' does not vary where 'centrality' is {top[0]:.3g} to {top[1]:.3g}"
    )
    assert finding.path == "moderators.centrality"


def test_few_clusters():
    table = sound()
    few = found(table[table["city"] < "c09"])
    assert (few["few_clusters"].severity, few["few_clusters"].what) == (
        "warning",
        "9 clusters only",
    )
    assert "few_clusters" not in found(table[table["city"] < "c10"])
    two = found(table[table["city"] < "c02"], fixed_effects=PARTIAL)["few_clusters"]
    assert two.severity == "serious"


def test_one_year():
    table = sound()
    one = found(
        pd.concat(
            [
                table[table["year"] == y].assign(year=2010, city=lambda t, y=y: t["city"] + str(y))
                for y in (2010, 2011)
            ]
        ),
        fixed_effects={},
    )
    assert one["one_year"].severity == "serious"
    assert one["one_year"].what == "one year only"


def test_gaps_and_the_rows_that_they_cost():
    table = sound()
    gap = table[~((table["city"] == "c01") & (table["year"] == 2013))]
    lagged = {"policies": {"slope": "common", "lag": 1}}
    listed = found(gap, treatments=lagged, fixed_effects=PARTIAL)
    assert set(listed) == {"gaps", "rows_lost"}
    assert listed["gaps"].what == "years are missing in 1 place: c01 between 2012 and 2014"
    assert listed["rows_lost"].what.startswith(
        f"{CLUSTERS + 1} of {len(gap)} cluster-years are not used, no policies 1 year before: "
    )
    assert listed["rows_lost"].severity == "warning"
    few = found(table.assign(gdp=table["gdp"].where(table.index > 2)))["rows_lost"]
    assert few.severity == "note"


def test_the_most_serious_come_first():
    table = sound().assign(policies=by_cluster([0.0, 1.0, 2.0]), gdp=3.0)
    table.loc[0, "centrality"] = np.nan
    severities = [f.severity for f in cm.check(cm.read_spec(document()), table)]
    assert severities == sorted(severities, key=["serious", "warning", "note"].index)
    assert len(set(severities)) > 1
