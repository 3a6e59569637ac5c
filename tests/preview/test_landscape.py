"""The landscape: what each region scored, where it stands, and the doubts about both."""

import itertools

import numpy as np
import pytest

import clustermodels as cm
from tests.data.worlds import (
    CITIES,
    PANEL,
    RECORDS,
    YEARS,
    changed,
    panel_table,
    position,
    record_table,
    ring,
    tie_table,
)

LQ = {"location_quotient": {"activity": "patents", "total": "all"}}


def see(ties=None, table=None, **sections):
    data = {} if ties is not None else {"ties": None}
    tables = cm.Tables(panel_table() if table is None else table, ties=ties)
    return cm.landscape(changed(PANEL, data=data, **sections), tables)


def checks(found):
    return {finding.check: finding for finding in found}


def test_regions_with_rules_and_ties():
    ties = tie_table([*ring().itertuples(index=False), ("c1", "c1", 2011, 6)])
    found = see(ties, clusters=LQ)
    regions = found.regions
    assert sorted(regions["region"].values) == CITIES
    clusters = int(regions["cluster"].sum())
    assert regions["cluster"].values.tolist() == [True] * clusters + [False] * (8 - clusters)
    assert (np.diff(regions["lq"].values[:clusters]) <= 0).all()
    assert regions["within"].sel(region="c1") == 6
    assert regions["between"].sel(region="c1") == 2 * 2 * len(YEARS)
    assert regions["ei_index"].sel(region="c1") == (24 - 6) / (24 + 6)
    assert np.isnan(regions["ei_index"].sel(region="c7"))
    assert regions["degree"].sel(region="c0") == 2
    network = found.network
    by_year = cm.centrality(network, "closeness").sel(node=regions["region"].values)
    np.testing.assert_allclose(regions["closeness"], by_year.mean("year"))
    assert found.years["ties"].values.tolist() == [7] * 6
    assert found.correlations.sel(measure="degree", other="degree").isnull()  # all alike
    assert found.lasting.dims == ("measure", "year")


def test_ties_alone_and_rules_alone():
    network = see(ring())
    assert "lq" not in network.regions
    assert network.regions["cluster"].all()
    assert "ei_index" not in network.regions  # nothing is known of ties inside
    assert network.years["interregional_share"].isnull().all()
    rules = see(clusters=LQ)
    assert rules.years is None
    assert rules.network is None
    assert "degree" not in rules.regions


def test_nothing_to_show():
    with pytest.raises(cm.PanelError, match="the document has no rules for clusters and no ties"):
        see()


def test_it_is_shown_where_a_position_would_stop_the_fit():
    eigenvector = {"kind": "network", "measure": "constraint"}
    found = see(ring(), moderators={"c": eigenvector})
    assert np.isnan(found.regions["c"].sel(region="c7"))
    assert np.isfinite(found.regions["c"].sel(region="c0"))


def test_judged_years_are_those_of_the_rules():
    found = see(ring(), clusters=LQ | {"years": [2011, 2012]})
    assert found.regions["between"].sel(region="c0") == 2 * 2 * 2


def test_clusters_chosen_by_the_outcome():
    both = LQ | {"scale": {"column": "patents", "at_least": 1}}
    finding = checks(see(clusters=both).findings)["chosen_by_outcome"]
    assert "location_quotient, scale" in finding.what
    assert finding.path == "clusters.location_quotient"
    other = {"location_quotient": {"activity": "policies", "total": "all"}}
    assert "chosen_by_outcome" not in checks(see(clusters=other).findings)


def test_unsure_and_unstable_clusters():
    table = panel_table()
    late = (table["city"] == "c0") & (table["year"] >= 2013)
    table["patents"] = np.where(table["city"] == "c0", np.where(late, 12, 0), 4)
    table["all"] = 20
    found = see(table=table, clusters=LQ | {"rolling": 1})
    assert found.regions["stability"].sel(region="c0") == 0.5
    unsure = checks(see(clusters=LQ).findings)["unsure_clusters"]
    assert "the probability of a quotient above 1 is below 0.95 in" in unsure.what
    shaky = table.assign(patents=np.where(table["city"] == "c0", np.where(late, 30, 0), 10))
    shaky.loc[(shaky["city"] == "c0") & (shaky["year"] == 2013), "patents"] = 0
    shaky["all"] = 100
    shaky.loc[(shaky["city"] == "c0") & (shaky["year"] >= 2014), "patents"] = 80
    unstable = checks(see(table=shaky, clusters=LQ | {"rolling": 1}).findings)["unstable_clusters"]
    assert unstable.what == (
        "the quotient of 1 cluster passes in fewer than half of the 6 periods of 1 year: c0"
    )


def found_by_check(ties, table=None, **sections):
    spec = changed(PANEL, **sections)
    return checks(cm.check(spec, cm.Tables(panel_table() if table is None else table, ties=ties)))


def test_a_network_of_the_same_year():
    finding = found_by_check(ring(), moderators=position(lag=0))["same_year_network"]
    assert "Write 'lag: 1'" in finding.what_to_do
    assert "same_year_network" not in found_by_check(ring(), moderators=position())
    units = {
        "moderators": {"d": {"kind": "network", "measure": "degree", "lag": 0}},
        "fixed_effects": {},
    }
    own = checks(cm.check(changed(RECORDS, **units), cm.Tables(records=record_table())))
    assert "same_year_network" in own
    units["moderators"]["d"]["without_own"] = True
    apart = checks(cm.check(changed(RECORDS, **units), cm.Tables(records=record_table())))
    assert "same_year_network" not in apart


def dense(years=YEARS, seed=1):
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for i, a in enumerate(CITIES) for b in CITIES[i + 1 :]]
    return tie_table([(a, b, year, 1) for a, b in pairs for year in years if rng.random() < 0.75])


def test_closeness_that_is_degree():
    finding = found_by_check(dense(), moderators=position(measure="closeness"))
    assert "'closeness' ranks clusters as 'degree' does" in finding["degree_in_disguise"].what
    betweenness = found_by_check(dense(), moderators=position(measure="betweenness"))
    assert "degree_in_disguise" not in betweenness


def test_a_measure_that_drifts_with_the_network():
    rng = np.random.default_rng(2)
    rows = []
    for step, year in enumerate(YEARS):
        others = [f"x{i}" for i in range(40 * (step + 1))]
        rows += [(a, b, year, 1) for a, b in itertools.pairwise(others)]
        rows += [(c, str(rng.choice(others[:9])), year, 1) for c in CITIES for _ in range(2)]
    settings = {"measure": "closeness", "variant": "freeman", "disconnected": "zero"}
    finding = found_by_check(tie_table(rows), moderators=position(**settings))["drifting_measure"]
    assert "while the regions with ties go from 48 to 248" in finding.what
    assert "drifting_measure" not in found_by_check(dense(), moderators=position())


def test_the_lost_beside_the_kept():
    table = panel_table().assign(patents=lambda t: np.where(t["city"] == "c7", 1, 9))
    drop = position(measure="constraint", disconnected="drop")
    spec = changed(PANEL, moderators=drop)
    lost = [f for f in cm.check(spec, cm.Tables(table, ties=ring())) if f.check == "rows_lost"]
    (own,) = [finding for finding in lost if "undefined" in finding.what]
    assert own.what.endswith("; their mean patents is 1, that of the others 9")


def test_a_network_that_grows_denser_drifts_too_and_a_steady_one_does_not():
    rng = np.random.default_rng(5)
    names = [*CITIES, *(f"x{i}" for i in range(40))]
    rows = []
    for step, year in enumerate(YEARS):
        rows += [(a, b, year, 1) for a, b in itertools.pairwise(names)]
        drawn = rng.choice(names, (60 * step, 2))
        rows += [(a, b, year, 1) for a, b in drawn if a != b]
    finding = found_by_check(tie_table(rows), moderators=position(measure="closeness"))
    assert "a region's partners go from" in finding["drifting_measure"].what
    steady = []
    for seed in range(8):
        found = found_by_check(dense(seed=seed), moderators=position(measure="closeness"))
        steady.append("drifting_measure" in found)
    assert sum(steady) <= 1


def test_a_measure_that_is_degree_upside_down():
    rows = []
    for shift, year in enumerate(YEARS):
        hubs = [CITIES[(i + shift) % 8] for i in range(3)]
        leaves = iter(f"leaf{i}" for i in range(40))
        for many, hub in zip((2, 4, 7), hubs, strict=True):
            rows += [(hub, next(leaves), year, 1) for _ in range(many)]
        rows += [(city, next(leaves), year, 1) for city in CITIES if city not in hubs]
    found = found_by_check(tie_table(rows), moderators=position(measure="constraint"))
    assert "the other way round" in found["degree_in_disguise"].what


def test_own_positions_are_shown_as_the_document_measures_them():
    controls = {"pooled": {"kind": "network", "measure": "strength", "window": 2}}
    found = see(ring(), moderators=position(measure="strength"), controls=controls)
    assert found.regions["where"].sel(region="c0") == 4
    assert found.regions["pooled"].sel(region="c0") == 8
    assert "strength" not in found.regions  # it is 'where'
    clusters = {"collaboration": {"between": 1}}
    outside = tie_table([*ring().itertuples(index=False), *[("c0", "Oslo", y, 1) for y in YEARS]])
    among = see(outside, clusters=clusters, moderators=position(network="clusters_only"))
    assert among.regions["where"].sel(region="c0") == 2
    assert among.regions["degree"].sel(region="c0") == 3


def test_scores_are_shown_where_nobody_passes():
    found = see(clusters={"scale": {"column": "patents", "at_least": 1e6}})
    assert not found.regions["cluster"].any()
    assert found.regions["scale_margin"].max() < 0


def test_ei_index_needs_one_unit_and_both_sides():
    rules = {"collaboration": {"within": {"column": "policies", "at_least": 1}, "between": 0}}
    assert "ei_index" not in see(ring(), clusters=rules).regions
    both = {"within": {"column": "policies", "at_least": 1}}
    both["between"] = {"column": "patents", "at_least": 1}
    mixed = see(ring(), clusters={"collaboration": both}).regions
    sums = panel_table().groupby("city")[["policies", "patents"]].sum().loc["c0"]
    wanted = (sums["patents"] - sums["policies"]) / sums.sum()
    assert mixed["ei_index"].sel(region="c0") == pytest.approx(wanted)
    plain = see(ring(), clusters={"collaboration": {"between": 1}}).regions
    assert "ei_index" not in plain
    assert "within" not in plain


def test_clusters_chosen_early_by_the_outcome_get_a_note():
    early = found_by_check(
        ring(), clusters=LQ | {"years": {"to": 2011}}, treatments={"policies": {"slope": "common"}}
    )["chosen_by_outcome"]
    assert early.severity == "note"
    assert early.what.endswith("in years up to 2011")


def test_quotients_without_probability_and_shares_that_do_not_differ():
    amounts = panel_table().assign(patents=lambda t: t["patents"] + 0.25)
    spec = {"outcomes": {"all": {"family": "poisson"}}, "clusters": LQ}
    assert "no_probability" in checks(see(table=amounts, **spec).findings)
    same = panel_table().assign(patents=10, all=40)
    pooled = {**LQ["location_quotient"], "above": 0.9}
    found = checks(see(table=same, clusters={"location_quotient": pooled}).findings)
    assert found["one_share_for_all"].severity == "serious"


def test_a_scenario_that_moves_a_position_is_no_policy():
    found = found_by_check(
        ring(),
        moderators=position(),
        scenarios={"centre": [{"add": {"where": 1}}], "more": [{"add": {"policies": 1}}]},
    )
    assert found["position_edited"].path == "scenarios.centre.0.add.where"


def test_of_several_outcomes_there_is_one_landscape():
    """Regions and their network are those of any one; what is found of each is said."""
    two = {"patents": {"family": "poisson"}, "all": {"family": "poisson"}}
    found, one = see(ring(), clusters=LQ, outcomes=two), see(ring(), clusters=LQ)
    np.testing.assert_array_equal(found.regions["lq"], one.regions["lq"])
    whose = [f.what for f in found.findings if f.check == "chosen_by_outcome"]
    assert [("'patents' itself" in what, "'all' itself" in what) for what in whose] == [
        (True, False),
        (False, True),
    ]
    assert len({*found.findings}) == len(found.findings)
