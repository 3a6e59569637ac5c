"""Networks from records and clusters from tables, without a document."""

import re
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
# Project 1 joins A and B in 2020; 2 is of A alone, two firms; 3 joins A, B and C; 4 is of D alone.
RECORDS = pd.DataFrame(
    {
        "project": ["1", "1", "2", "2", "3", "3", "3", "3", "4"],
        "country": ["x", "x", "x", "x", "x", "x", "y", "y", "y"],
        "city": ["A", "B", "A", "A", "A", "B", "C", "C", "D"],
        "year": [2020, 2020, 2020, 2020, 2021, 2021, 2021, 2021, 2023],
        "firm": ["a", "b", "a", "e", "a", "b", "c", "c", "d"],
    }
)
BY = {"unit": "project", "region": "city", "organisation": "firm"}


def ties_of(network):
    ends = ([network.nodes[code] for code in end] for end in (network.source, network.target))
    return [*zip(network.year.tolist(), *ends, network.weight.tolist(), strict=True)]


def test_ties_are_counted_from_records():
    network = cm.read_network(RECORDS, **BY)
    assert ties_of(network) == [
        (2020, "A", "A", 1.0),
        (2020, "A", "B", 1.0),
        (2021, "A", "B", 1.0),
        (2021, "A", "C", 1.0),
        (2021, "B", "C", 1.0),
    ]
    assert network.nodes == ("A", "B", "C", "D")


def test_years_with_records_and_no_joint_work_are_years_of_isolates():
    network = cm.read_network(RECORDS, **BY)
    assert network.span == (2020, 2023)
    degree = cm.centrality(network, "degree")
    assert degree["year"].values.tolist() == [2020, 2021, 2022, 2023]
    assert degree.sel(year=2023).values.tolist() == [0, 0, 0, 0]


def test_how_ties_are_counted():
    fractional = cm.read_network(RECORDS, **BY, counting="fractional")
    np.testing.assert_allclose(fractional.weight, [1, 1, 1 / 3, 1 / 3, 1 / 3])
    small = cm.read_network(RECORDS, **BY, max_partners=2)
    assert small.years == (2020,)
    assert small.span == (2020, 2023)
    # without a column of organisations, two records of C in project 3 are two participants
    alone = cm.read_network(RECORDS, unit="project", region="city")
    assert (2021, "C", "C", 1.0) in ties_of(alone)


def test_several_columns_name_a_region_and_the_year_has_any_name(tmp_path):
    renamed = RECORDS.rename(columns={"year": "begin"})
    renamed.to_parquet(tmp_path / "records.parquet")
    for records in (renamed, tmp_path / "records.parquet", str(tmp_path / "records.parquet")):
        network = cm.read_network(
            records, unit="project", region=["country", "city"], year="begin", organisation="firm"
        )
        assert network.nodes == ("x, A", "x, B", "y, C", "y, D")
        np.testing.assert_array_equal(network.weight, cm.read_network(RECORDS, **BY).weight)


def test_the_same_ties_as_a_document(tmp_path):
    RECORDS.to_parquet(tmp_path / "records.parquet")
    (tmp_path / "spec.yaml").write_text(
        "data:\n"
        "  records: {path: records.parquet, unit: project, region: city, organisation: firm,\n"
        "            year: year, count: {n: {distinct: unit}}}\n"
        "  ties: {from: records}\n"
        "outcomes: {n: {family: poisson}}\n"
        "controls: {place: {kind: network, measure: degree, window: 1, lag: 1}}\n",
        "utf-8",
    )
    of_document = cm.read_network(tmp_path / "spec.yaml")
    assert of_document.to_dataset().identical(cm.read_network(RECORDS, **BY).to_dataset())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"unit": "project"}, "read from pairs or counted from records"),
        ({"region": "city"}, "read from pairs or counted from records"),
        (BY | {"weight": "w"}, "read from pairs or counted from records"),
        (BY | {"unit": "projekt"}, "^unit: <records> has no column 'projekt'.*Did you mean"),
        (BY | {"region": ["city", "land"]}, "^region: <records> has no column 'land'"),
        (BY | {"organisation": "org"}, "^organisation: <records> has no column 'org'"),
        (BY | {"year": "firm"}, "^<records>: firm: not a year. Got 'a'"),
        (BY | {"counting": "half"}, "counting: not allowed here. Got 'half'"),
        (BY | {"max_partners": 1}, "max_partners: not allowed here. Got 1; expected 2 or more"),
    ],
)
def test_what_is_wrong_with_records_is_said(arguments, words):
    with pytest.raises(cm.PanelError, match=words):
        cm.read_network(RECORDS, **arguments)


@pytest.mark.parametrize("rule", ["within", "between"])
def test_rules_on_ties_need_a_network(rule):
    table = {"region": ["A", "B"], "year": [2020, 2020], "inside": [3, 0]}
    with pytest.raises(cm.PanelError, match=r"there is no network. Pass network=read_network"):
        cm.identify_clusters(table, {"collaboration": {rule: 1}})
    column = {"collaboration": {rule: {"column": "inside", "at_least": 1}}}
    assert cm.identify_clusters(table, column)["cluster"].values.tolist() == [True, False]


def test_what_the_page_shows_runs(tmp_path, monkeypatch):
    """The section on clusters and networks, as it stands, on a small table."""
    text = PAGE.read_text("utf-8")
    section = text.partition("## Clusters and networks without a model")[2].partition("\n## ")[0]
    snippets = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(snippets) >= 2
    rng = np.random.default_rng(2)
    cities = [f"c{i}" for i in range(8)]
    table = pd.DataFrame(
        [(c, y) for c in cities for y in range(2016, 2021)], columns=["city", "year"]
    )
    table["all"] = rng.integers(50, 100, len(table))
    table["ai"] = rng.binomial(table["all"], 0.1)
    pairs = rng.choice(cities, (60, 2))
    ties = pd.DataFrame(pairs, columns=["city_a", "city_b"])
    ties["year"], ties["joint_patents"] = rng.integers(2016, 2021, 60), 1
    monkeypatch.chdir(tmp_path)
    ties.to_csv("ties.csv", index=False)
    RECORDS.rename(columns={"project": "patent"}).to_parquet("applicants.parquet")
    names = {"table": table, "some_networkx_graph": nx.karate_club_graph()}
    for snippet in snippets:
        exec(snippet, names)
    assert names["network"].nodes
    assert names["sums"].shape == (8, 2)
