"""What a document may say of records, ties, clusters and positions in the network."""

import pytest
import yaml

import clustermodels as cm
from clustermodels.network.measures import Options
from clustermodels.spec.moderators import ColumnModerator
from tests.documents import said

PANEL = "data: {panel: {path: p.csv, cluster: city, year: year}"
TIES = "ties: {path: t.csv, source: a, target: b, year: year, weight: w}"
RECORDS = (
    "records: {path: r.parquet, unit: project, region: [country, city], year: year, "
    "organisation: org, amount: euro, count: {grants: {distinct: unit, where: {topic: {is: AI}}}, "
    "money: {sum: amount}, all: {rows: true}}}"
)
MODEL = "\noutcomes: {grants: {family: poisson}}\ntreatments: [money]\n"


def document(data, rest=""):
    return f"{data}}}{MODEL}{rest}"


def spec_of(text):
    return cm.read_spec(yaml.safe_load(text))


def network(settings, data=f"{PANEL}, {TIES}"):
    return document(data, f"moderators: {{c: {{kind: network, {settings}}}}}\n")


def test_records_alone_make_the_panel():
    spec = spec_of(document(f"data: {{{RECORDS}, ties: {{from: records}}"))
    assert spec.data.records.regions == ("country", "city")
    assert spec.data.cluster == "cluster"
    assert spec.data.year == "year"
    assert spec.data.counts == ("grants", "money", "all")
    assert spec.data.record_ties.counting == "full"
    assert spec.data.record_ties.max_partners == 50
    assert spec.data.records.column("unit") == "project"
    assert spec.data.records.column("topic") == "topic"


def test_a_region_of_one_column_is_the_cluster_column():
    spec = spec_of(document(f"data: {{{RECORDS.replace('[country, city]', 'city')}"))
    assert spec.data.cluster == "city"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            "data: {",
            "data: neither a panel nor records. Write panel: {path: FILE, cluster: COLUMN, "
            "year: COLUMN}, or records: {...}.",
        ),
        (
            f"{PANEL}, ties: {{from: records}}",
            "data: ties from records, and there are no records. Add 'records', or name a table "
            "of ties: {path: FILE, source: ..., target: ...}.",
        ),
        (
            f"{PANEL}, ties: records",
            "data.ties: ties are settings. Got 'records'. Write {from: records}.",
        ),
        (
            f"{PANEL}, ties: {{path: t.csv, source: a, year: y}}",
            "data.ties.target: missing. Add 'target: ...' here.",
        ),
        (
            f"data: {{{RECORDS.replace('{rows: true}', '{rows: true, sum: euro}')}",
            "data.records.count.all: a count has exactly one verb. Got rows, sum; expected rows, "
            "distinct, sum. Write {rows: true}, {distinct: unit} or {sum: amount}.",
        ),
        (
            f"data: {{{RECORDS.replace('{rows: true}', 'rows')}",
            "data.records.count.all: a count has exactly one verb. Got 'rows'; expected rows, "
            "distinct, sum. Write {rows: true}, {distinct: unit} or {sum: amount}.",
        ),
        (
            f"data: {{{RECORDS.replace(' amount: euro,', '')}",
            "data.records.count.money.sum: the records declare no 'amount'. Add 'amount: COLUMN' "
            "to the records, or name a column.",
        ),
        (
            f"data: {{{RECORDS.replace('{is: AI}', '{above_quantile: 0.5}')}",
            "data.records.count.grants.where.topic: records are chosen by values, not by "
            "quantiles. Write below, above or is.",
        ),
        (
            f"{PANEL}, records: {{path: r.csv, unit: u, region: city, year: year}}",
            "data.records: nothing is counted from the records. Add 'count: {NAME: {rows: true}}',"
            " or 'ties: {from: records}'.",
        ),
        (
            f"data: {{{RECORDS}, ties: {{from: records, max_partners: 1}}",
            "data.ties.max_partners: not allowed here. Got 1; expected 2 or more.",
        ),
        (
            f"data: {{{RECORDS.replace('grants: {', 'year: {')}",
            "data.records.count.year: it makes the column 'year', which data has already. Choose "
            "another name, or write 'column: NAME'.",
        ),
        (
            f"{PANEL}, ties: {{path: 't*.csv', source: a, target: b, year: y}}",
            "data.ties.path: a path names one file. Got 't*.csv'. Leave out *, ? and [.",
        ),
    ],
)
def test_data_that_cannot_be(data, words):
    assert [line.partition(": ")[2] for line in said(document(data))] == [words]


def test_a_position_has_its_options_and_no_silent_default():
    text = network("measure: katz, attenuation: 0.5, weighted: true, window: 3, decay: 0.8")
    position = spec_of(text).moderators["c"]
    assert position.options == Options(attenuation=0.5, weighted=True)
    assert (position.column, position.lag, position.window, position.decay) == ("c", 1, 3, 0.8)
    assert position.disconnected is None
    assert position.network == "all_regions"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            "measure: closness",
            "moderators.c.measure: unknown measure. Got 'closness'; expected degree, strength, "
            "closeness, harmonic, betweenness, eigenvector, katz, pagerank, constraint, "
            "effective_size, efficiency, clustering and 3 more. Did you mean 'closeness'?",
        ),
        (
            "measure: degree, variant: freeman",
            "moderators.c: 'degree' does not take 'variant'. Expected no option. Remove 'variant'.",
        ),
        (
            "measure: closeness, exponent: 0.5",
            "moderators.c: ties have a length only where weights count. Add 'weighted: true'.",
        ),
        (
            "measure: degree, decay: 0.5",
            "moderators.c: a window of one year has no decay. Add 'window: YEARS'.",
        ),
        (
            "measure: degree, window: 2, decay: 0.5",
            "moderators.c: decay fades weights, and 'degree' does not read them. Remove 'decay'.",
        ),
        (
            "measure: closeness, window: 2, decay: 0.5",
            "moderators.c: decay fades weights, and 'closeness' does not read them. Add "
            "'weighted: true'.",
        ),
        (
            "measure: degree, disconnected: ignore",
            "moderators.c.disconnected: not allowed here. Got 'ignore'; expected 'error', 'zero', "
            "'drop' or 'indicator'.",
        ),
        (
            "measure: degree, network: clusters_only",
            "moderators.c.network: the document has no rule that says which regions are clusters. "
            "Add 'clusters', or write 'network: all_regions'.",
        ),
        (
            "measure: degree, without_own: true",
            "moderators.c.without_own: ties from a table do not say which units they come from. "
            "Count the ties from records, or hand over ties without the outcome's own.",
        ),
    ],
)
def test_positions_that_cannot_be(settings, words):
    assert [line.partition(": ")[2] for line in said(network(settings))] == [words]


def test_a_position_needs_ties():
    (line,) = said(network("measure: degree", PANEL))
    assert "moderators.c: a position in a network, and the document has no ties." in line


RECORD_TIES = f"data: {{{RECORDS}, ties: {{from: records}}"


def test_without_own_needs_an_outcome_that_is_counted_and_filtered():
    fine = network("measure: degree, without_own: true", RECORD_TIES)
    assert spec_of(fine).moderators["c"].without_own is True
    every = fine.replace(", where: {topic: {is: AI}}", "")
    (line,) = said(every)
    assert "'grants' counts every unit, so no tie would be left." in line
    assert "'without_own: half'" in line
    assert spec_of(every.replace("own: true", "own: half")).moderators["c"].without_own == "half"
    (line,) = said(fine.replace("outcomes: {grants", "outcomes: {patents"))
    assert "'patents' is not counted from the records" in line


def test_an_indicator_is_a_moderator_and_a_control_of_its_own():
    spec = spec_of(network("measure: constraint, disconnected: indicator, moderates: [money]"))
    assert [*spec.moderators] == ["c", "c_outside"]
    mark = spec.moderators["c_outside"]
    assert isinstance(mark, ColumnModerator)
    assert mark.moderates == ("money",)
    assert spec.moderated() == [("money", "c"), ("money", "c_outside")]
    assert spec.measured() == {"c": ("moderators", "c"), "c_outside": ("moderators", "c")}
    again = cm.read_spec(spec.plain())
    assert again.plain() == spec.plain()
    control = document(
        f"{PANEL}, {TIES}",
        "controls: [{c: {kind: network, measure: constraint, disconnected: indicator}}]\n",
    )
    assert [*spec_of(control).controls] == ["c", "c_outside"]


def test_an_outcome_may_be_a_position_of_its_own_year():
    text = f"{PANEL}, {TIES}}}\ntreatments: [money]\noutcomes: {{c: {{kind: network, SETTINGS}}}}\n"
    degree = text.replace("SETTINGS", "measure: degree, family: poisson")
    spec = spec_of(degree)
    assert spec.outcome[1].lag == 0
    assert spec.outcome[1].column == "c"
    (line,) = said(text.replace("SETTINGS", "measure: degree, family: poisson, lag: 1"))
    assert "outcomes.c.lag: an outcome is of its own year" in line
    (line,) = said(text.replace("SETTINGS", "measure: degree, family: poisson, without_own: true"))
    assert "here the network is the outcome itself" in line


CLUSTERS = "clusters: {location_quotient: {activity: grants, total: all"


@pytest.mark.parametrize(
    ("clusters", "words"),
    [
        (
            "clusters: {}\n",
            "clusters: no rule says what a cluster is. Write location_quotient, scale or "
            "collaboration, or remove 'clusters'.",
        ),
        (
            f"{CLUSTERS}, reference: records}}}}\n",
            "clusters.location_quotient.reference: not allowed here. Got 'records'; expected "
            "'panel' or 'all_regions', or a number.",
        ),
        (
            f"{CLUSTERS}, probability: 95}}}}\n",
            "clusters.location_quotient.probability: not allowed here. Got 95; expected below 1. "
            "Write 0.95.",
        ),
        (
            f"{CLUSTERS}, reference: all_regions}}}}\n",
            None,
        ),
        (
            "clusters: {collaboration: {within: 1}}\n",
            "clusters.collaboration: collaboration is judged by the ties, and the document has "
            "none. Add data.ties, or write {column: COLUMN, at_least: NUMBER}.",
        ),
        (
            "clusters: {scale: {column: grants, at_least: 3}, years: 2015-2018}\n",
            "clusters.years: not what belongs here. Got '2015-2018'; expected a list, or a "
            "mapping of from, to. Write {from: 2015, to: 2018}.",
        ),
    ],
)
def test_rules_for_clusters(clusters, words):
    text = document(f"data: {{{RECORDS}", clusters)
    if words is None:
        assert spec_of(text).clusters.columns == ("grants", "all")
    else:
        assert [line.partition(": ")[2] for line in said(text)] == [words]


def test_all_regions_are_those_of_the_records():
    text = document(f"{PANEL}, {RECORDS}", f"{CLUSTERS}, reference: all_regions}}}}\n")
    assert spec_of(text).clusters.location_quotient.reference == "all_regions"
    (line,) = said(text.replace("activity: grants", "activity: patents"))
    assert "'patents' is not counted from the records, so only the panel's regions have it" in line


def test_a_rule_cannot_ask_for_a_position():
    text = network("measure: degree") + "clusters: {scale: {column: c, at_least: 3}}\n"
    (line,) = said(text)
    assert "'c' is a position in the network, which is measured once the clusters are known" in line


def test_half_of_the_units_is_no_share_of_all_and_no_rule_for_clusters():
    half = network("measure: degree, without_own: half", RECORD_TIES)
    assert spec_of(half).moderators["c"].without_own == "half"
    (line,) = said(half.replace("family: poisson", "family: binomial, trials: all"))
    assert "the outcome would count half of the units, and its trials all of them" in line
    (line,) = said(half + "clusters: {scale: {column: grants, at_least: 3}}\n")
    assert "'grants' would count half of the units, and a rule for clusters reads it" in line
    assert spec_of(half + "clusters: {scale: {column: all, at_least: 3}}\n")


def test_a_region_is_not_named_twice_by_one_column():
    (line,) = said(document(f"data: {{{RECORDS.replace('[country, city]', '[city, city]')}"))
    assert line.partition(": ")[2] == (
        "data.records.region: a column names the region twice. Name each column once."
    )
