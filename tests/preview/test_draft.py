"""A drafted document is accepted as it is, whatever the table's columns are called."""

import os

import numpy as np
import pandas as pd
import pytest
import yaml

import clustermodels as cm
from clustermodels.preview.draft import guess

CITY = ["A"] * 4 + ["B"] * 4 + ["C"] * 4
YEAR = [2010, 2011, 2012, 2013] * 3
COUNT = [1, 0, 3, 5, 2, 8, 1, 0, 4, 9, 2, 6]
OTHER = [0, 2, 1, 4, 3, 0, 7, 1, 2, 2, 5, 0]
SHARE = [0.1, 0.5, 0.25, 0.9, 0.3, 0.7, 0.2, 0.6, 0.8, 0.15, 0.35, 0.45]


def drafted(tmp_path, columns, cluster="city", year="year", name="panel.csv"):
    pd.DataFrame(columns).to_csv(tmp_path / name, index=False)
    written = cm.draft_spec(tmp_path / name, cluster, year, tmp_path)
    assert [path.name for path in written] == ["spec.yaml", "schema.json"]
    return (tmp_path / "spec.yaml").read_text("utf-8")


def accepted(tmp_path):
    spec = cm.read_spec(tmp_path / "spec.yaml")
    cm.check(spec)
    return spec


ODD = [
    ("plain", "y", "x"),
    ("dims", "obs2", "chain"),
    ("chinese", "专利数", "政策"),
    ("quotes", 'a "b" c', "it's"),
    ("yaml", "{x: 1}", "- &a *b #c"),
    ("words", "NO", "null"),
    ("numbers", "2015", "1e3"),
    ("stops", "a.b", "a_b"),
    ("slashes", "a/b", "a::b"),
    ("taken", "dispersion", "cluster_effect"),
    ("pair", "x_sd", "x"),
    ("spaces", "gross  product", "R&D, total"),
    ("colon", "a: b", "c #d"),
    ("accents", "Été", "Ünï"),
    ("break", "a\nb", "c\td"),
    ("unseen", "a\u2028b", "c\x85d"),
    ("intercept", "intercept", "year_effect"),
    ("sql", '"; DROP TABLE x; --', "x' OR '1'='1"),
]


@pytest.mark.parametrize(("outcome", "treatment"), [o[1:] for o in ODD], ids=[o[0] for o in ODD])
def test_odd_names(tmp_path, outcome, treatment):
    text = drafted(tmp_path, {"city": CITY, "year": YEAR, outcome: COUNT, treatment: OTHER})
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    spec = accepted(tmp_path)
    assert [item.column for item in spec.outcomes.values()] == [outcome]
    assert [item.column for item in spec.treatments.values()] == [treatment]
    assert spec.scenarios["one_more"][0].amounts == {treatment: 1.0}
    assert next(iter(spec.outcomes.values())).family == "negative_binomial"


@pytest.mark.parametrize(("cluster", "year"), [("cluster", "year"), ("城市", "年份"), ("a.b", "t")])
def test_odd_roles(tmp_path, cluster, year):
    drafted(tmp_path, {cluster: CITY, year: YEAR, "y": COUNT, "x": OTHER}, cluster, year)
    assert accepted(tmp_path).data.panel.cluster == cluster


def test_every_kind_of_column_is_said_and_the_comments_are_right_too(tmp_path):
    columns = {
        "city": CITY,
        "year": YEAR,
        "share": SHARE,
        "patents": COUNT,
        "on": [0, 1] * 6,
        "start": [0] * 4 + [2012] * 4 + [2011] * 4,
        "money": np.array(SHARE) * 1e6 + 0.5,
        "change": np.array(SHARE) - 0.5,
        "region": ["east"] * 6 + ["west"] * 6,
        "same": [7] * 12,
        "nothing": [np.nan] * 12,
        "used": COUNT,
    }
    text = drafted(tmp_path, columns)
    said = dict(
        line.removeprefix("#   ").split(": ")
        for line in text.splitlines()
        if line.startswith("#   ") and "{" not in line
    )
    assert said == {
        "share": "between 0 and 1",
        "patents": "counts",
        "on": "0 or 1",
        "start": "years",
        "money": "positive numbers",
        "change": "numbers",
        "region": "text",
        "same": "one value only",
        "nothing": "empty",
    }
    assert list(accepted(tmp_path).treatments) == ["on"]
    whole = "\n".join(
        line.removeprefix("# ")
        for line in text.splitlines()
        if "{" in line
        or line.startswith(("# moderators", "# controls"))
        or not line.startswith("#")
    )
    document = yaml.safe_load(whole)
    assert document["treatments"]["start"] == {"kind": "adoption", "first_year": "start"}
    assert set(document["controls"]) == {"change", "money", "region"} - set(document["moderators"])
    (tmp_path / "spec.yaml").write_text(whole, "utf-8")
    accepted(tmp_path)


def test_a_share_is_gaussian_and_one_year_has_no_lag(tmp_path):
    text = drafted(
        tmp_path,
        {"city": ["A", "B", "C"], "year": [2010] * 3, "share": [0.1, 0.4, 0.2], "x": [1.5, 2, 4]},
    )
    spec = accepted(tmp_path)
    assert spec.outcomes["share"].family == "gaussian"
    assert "lag" not in text.partition("treatments:")[2].partition("\n\n")[0]


@pytest.mark.parametrize("lost", ["y", "x"])
def test_no_lag_where_it_would_leave_nothing(tmp_path, lost):
    columns = {"city": CITY, "year": [2010, 2012, 2014, 2016] * 3, "y": COUNT, "x": OTHER}
    drafted(tmp_path, columns)
    assert accepted(tmp_path).treatments["x"].lag == 0


@pytest.mark.parametrize("columns", [{}, {"y": COUNT}, {"y": COUNT, "r": list("abcabcabcabc")}])
def test_too_little_to_model(tmp_path, columns):
    with pytest.raises(cm.PanelError) as caught:
        drafted(tmp_path, {"city": CITY, "year": YEAR} | columns)
    assert str(caught.value).endswith(
        "panel.csv: fewer than two numeric columns that vary, beside cluster and year. "
        "A model needs an outcome and a treatment: add their columns to the table. Microdata, "
        "with a row per participant, are counted by 'data.records' in a document."
    )


def test_numbers_with_a_decimal_comma_are_named_and_not_offered(tmp_path):
    comma = [f"{x:.2f}".replace(".", ",") for x in SHARE]
    columns = {"city": CITY, "year": YEAR, "y": COUNT, "x": OTHER, "gdp": comma}
    text = drafted(tmp_path, columns)
    said = "#   gdp: numbers with a decimal comma, thousands separators or a per cent sign\n"
    assert said in text
    assert "gdp" not in text.replace(said, "")
    accepted(tmp_path)
    with pytest.raises(cm.PanelError, match=r"Write gdp as plain numbers, such as 1234\.5\."):
        drafted(tmp_path, {"city": CITY, "year": YEAR, "gdp": comma})


def test_the_path_starts_at_the_document(tmp_path, monkeypatch):
    (tmp_path / "my data").mkdir()
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"city": CITY, "year": YEAR, "y": COUNT, "x": OTHER})
    frame.to_csv(os.path.join("my data", "the panel.csv"), index=False)
    cm.draft_spec("my data/the panel.csv", "city", "year", "project/a")
    spec = cm.read_spec("project/a/spec.yaml")
    assert spec.data.panel.path == "../../my data/the panel.csv"
    cm.check(spec)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["0", "1", None], "switch"),
        (["0", "0"], "constant"),
        (["2010", "0", "1999"], "years"),
        (["5", "5"], "constant"),
        (["0", "3"], "count"),
        (["-1", "3"], "number"),
        (["0.5", "0.25"], "share"),
        (["0.5", "25"], "positive"),
        (["a", "3"], "text"),
        (["4,53", "3"], "marked"),
        (["12%", None], "marked"),
        (["inf", "3"], "text"),
        ([None, None], "empty"),
        ([np.inf, 1.0], "infinite"),
        ([True, False], "switch"),
    ],
)
def test_guess(cells, kind):
    assert guess(np.array(cells, dtype=object)) == kind
