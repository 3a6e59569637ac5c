"""Years beyond the panel: rows, paths and levels, by brute force."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.answered import answered
from clustermodels.data.horizon import extended, left_behind
from clustermodels.data.scenarios import edited
from tests.designs import PLAIN, lookup, table
from tests.documents import BASE, said

AHEAD = {"years": 3, "covariates": {"dose": "last", "yearly": "trend", "phase": "last"}}
DOCUMENT = PLAIN | {
    "treatments": {"dose": {"lag": 1, "slope": "common"}},
    "controls": ["yearly", "phase"],
    "horizon": AHEAD,
}


def prepared(document, frame=None):
    spec = cm.read_spec(document)
    panel = cm.read_panel(spec, table() if frame is None else frame)
    learned = cm.learn(spec, panel)
    return spec, panel, learned


def ahead(document, frame=None):
    """Give the columns of the years ahead, by (city, year)."""
    whole, _ = extended(*prepared(document, frame))
    rows = whole.rows.to_dataframe()
    return rows[rows["year"] > 2018].set_index(["cluster", "year"]), whole


def test_every_cluster_of_the_last_year_goes_on_and_no_other():
    found, whole = ahead(DOCUMENT)
    assert [*found.index] == [(c, y) for c in "ABDE" for y in (2019, 2020, 2021)]
    assert not found["used"].any()
    assert left_behind(*prepared(DOCUMENT)) == ["C"]
    keys = [*zip(whole.rows["cluster"].to_numpy(), whole.rows["year"].to_numpy(), strict=True)]
    assert keys == sorted(keys)
    observed = table().set_index(["city", "year"])
    rows = whole.rows.to_dataframe().set_index(["cluster", "year"])
    for column in ("dose", "yearly", "phase", "y"):
        assert rows.loc[observed.index, column].equals(observed[column]), column
    of = answered(whole)
    assert len(of.used) == len(whole.used) + 12


def test_paths_by_hand():
    frame = table()
    frame.loc[(frame["city"] == "B") & (frame["year"] == 2018), "dose"] = np.nan
    told = DOCUMENT | {
        "controls": ["yearly", "phase", "money", "people"],
        "horizon": {
            "years": 3,
            "covariates": {
                "dose": "last",
                "yearly": "trend",
                "phase": "last",
                "money": {"trend": 4},
                "people": {"given": {2019: 1, 2020: 2.5, 2021: -3}},
            },
        },
    }
    told["treatments"] = {"dose": {"slope": "common"}}
    frame["people"] -= 500  # below 0 too
    # B is not fitted in its last year, and has a row there: its dose goes on from 2017
    found, _ = ahead(told, frame)
    by_city = dict(iter(frame.groupby("city")))
    for (city, year), row in found.iterrows():
        own = by_city[city]
        assert row["dose"] == own["dose"].dropna().iloc[-1]
        assert row["phase"] == own["phase"].iloc[-1]
        line = np.polyfit(own["year"] - 2010, own["yearly"], 1)
        assert row["yearly"] == pytest.approx(np.polyval(line, year - 2010), rel=1e-9)
        late = own[own["year"] > 2014]
        line = np.polyfit(late["year"] - 2010, late["money"], 1)
        assert row["money"] == pytest.approx(np.polyval(line, year - 2010), rel=1e-9)
        assert row["people"] == {2019: 1, 2020: 2.5, 2021: -3}[year]
    assert set(found.index.get_level_values(0)) == {*"ABDE"}


def test_what_the_panel_knows_of_later_years_stays():
    """The outcome ends in 2016, and covariates go on: they are taken as they are."""
    frame = table()
    frame.loc[frame["year"] > 2016, "y"] = np.nan
    frame.loc[(frame["city"] == "A") & (frame["year"] == 2018), "yearly"] = np.nan
    told = DOCUMENT | {"horizon": {**AHEAD, "years": 2, "covariates": {
        "dose": "last", "yearly": "last", "phase": "last"}}}  # fmt: skip
    spec, panel, learned = prepared(told, frame)
    whole, _ = extended(spec, panel, learned)
    observed = lookup(frame, "yearly")
    of = answered(whole)
    rows = whole.rows
    added = np.setdiff1d(of.used, panel.used)
    places = [(rows["cluster"].to_numpy()[row], int(rows["year"].to_numpy()[row])) for row in added]
    assert places == [(c, y) for c in "ABDE" for y in (2017, 2018)]
    for row, place in zip(added, places, strict=True):
        wanted = observed[("A", 2017) if place == ("A", 2018) else place]
        assert rows["yearly"].to_numpy()[row] == wanted


def test_lags_stocks_and_trends_go_on_by_year():
    told = PLAIN | {
        "treatments": {
            "dose": {"lag": 2, "slope": "common"},
            "money": {"kind": "stock", "depreciation": 0.2, "initial": 1, "slope": "common"},
        },
        "fixed_effects": {
            "cluster": {"pooling": "partial", "trend": "partial"},
            "year": {"pooling": "partial"},
        },
        "horizon": {"years": 2, "covariates": {"dose": {"given": {2019: 5, 2020: 6}},
                                               "money": "last"}},
    }  # fmt: skip
    frame = table()
    spec, panel, learned = prepared(told, frame)
    whole, known = extended(spec, panel, learned)
    design = cm.design(spec, answered(whole), known)
    dose, money = lookup(frame, "dose"), lookup(frame, "money")
    blocks = {block.name: block for block in design.blocks}
    for row, (city, year) in enumerate(zip(design.clusters, design.years, strict=True)):
        if year <= 2018 or city == "B":
            continue
        scale = learned.scales["dose"]
        assert blocks["dose"].values[row, 0] == pytest.approx(
            (dose[city, year - 2] - scale.centre) / scale.spread
        )
        stock = 1.0
        for when in range(2010, year + 1):
            stock = 0.8 * stock + money.get((city, when), money[city, 2018])
        scale = learned.scales["money"]
        assert blocks["money"].values[row, 0] == pytest.approx(
            (stock - scale.centre) / scale.spread
        )
        course = (year - learned.years[0]) / learned.years[1]
        assert blocks["cluster_effect"].values[row, 1] == pytest.approx(course)
    assert "B" not in {c for c, y in zip(design.clusters, design.years, strict=True) if y > 2018}
    years = blocks["year_effect"].factor.levels
    assert years == tuple(str(year) for year in range(2012, 2021))


def lines(horizon, **more):
    document = {"data": {"panel": {"cluster": "city", "year": "year"}}} | DOCUMENT | more
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(document | {"horizon": horizon})
    return str(caught.value)


def test_all_columns_without_a_path_are_named_at_once():
    judged = {"it": [{"add": {"dose": 1}, "where": {"fixed": {"above": 1}}}]}
    told = lines({"years": 2, "covariates": {"dose": "last"}}, scenarios=judged)
    assert told.count("\n") == 0
    assert "Got yearly, phase, fixed; expected a path for each column" in told
    told = lines({"years": 2})
    assert "Got dose, yearly, phase" in told


@pytest.mark.parametrize(
    ("horizon", "more", "words"),
    [
        ({**AHEAD, "covariates": {**AHEAD["covariates"], "gdp": "last"}}, {}, "needs a path:"),
        (AHEAD, {"fixed_effects": {"year": {}}}, "year_effect: last, mean, or"),
        ({**AHEAD, "year_effect": "last"}, {}, "here there are none"),
        (
            {**AHEAD, "year_effect": "last"},
            {"fixed_effects": {"year": {"pooling": "partial"}}},
            "here they are pooled, and so drawn",
        ),
        (AHEAD, {"residuals": {"kind": "ar1"}}, "because 'residuals' carry over"),
        (
            AHEAD,
            {"treatments": {"dose": {"lags": {"from": -1, "to": 0}}}},
            "because dose_lead_1 reads years beyond",
        ),
        (
            AHEAD,
            {"fixed_effects": {"year": {"pooling": "correlated"}}},
            "because 'year' is correlated",
        ),
        (
            AHEAD,
            {"controls": [{"yearly": {"missing": "model"}}, "phase"]},
            "because cells of yearly are parameters",
        ),
        ({"years": 0, "covariates": {}}, {}, "1 or more"),
        ({**AHEAD, "covariates": {"dose": {"trend": 1}}}, {}, "2 or more"),
        ({**AHEAD, "covariates": {"dose": {}}}, {}, "a path has exactly one rule"),
    ],
)  # fmt: skip
def test_what_a_horizon_cannot_be(horizon, more, words):
    assert words in lines(horizon, **more)


def test_a_horizon_points_at_its_line():
    text = BASE + "horizon: {years: 2}\n"
    assert said(text)[0].startswith("spec.yaml:8: horizon: nothing is said of what these columns")


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (
            {"dose": {"given": {2019: 1, 2021: 2}}},
            "horizon.covariates.dose: a number is needed for each year ahead, and for no other. "
            "Got 2019, 2021; expected 2019, 2020",
        ),
        ({"phase": "trend"}, "horizon.covariates.phase: the column holds text"),
        ({"dose": {"given": {2019: 1, 2020: -1}}}, "'dose' is nowhere below 0 in the data"),
    ],
)
def test_paths_that_do_not_fit_the_panel(paths, words):
    told = DOCUMENT | {
        "horizon": {"years": 2, "covariates": {**AHEAD["covariates"], **paths}}
    }  # fmt: skip
    with pytest.raises(cm.PanelError) as caught:
        extended(*prepared(told))
    assert words in str(caught.value)


def test_edits_reach_the_years_ahead_and_no_further():
    told = DOCUMENT | {
        "scenarios": {
            "later": [{"set": {"dose": 9}, "years": {"from": 2020}}],
            "once": [{"set": {"dose": 9}, "years": [2018]}],
        }
    }
    spec = cm.read_spec(told)
    ready = cm.prepare(spec, table())
    whole, _ = extended(spec, ready.panel, ready.learned)
    after = edited(spec, whole, "later").rows
    hit = after["dose"].to_numpy() == 9
    assert hit.tolist() == (after["year"].to_numpy() >= 2020).tolist()
    # exactly that year: the path is that of the panel as it was observed
    after = edited(spec, whole, "once").rows
    assert (after["dose"].to_numpy() == 9).tolist() == (after["year"].to_numpy() == 2018).tolist()
    with pytest.raises(cm.PanelError, match="expected years in 2010 to 2021"):
        cm.prepare(cm.read_spec(told | {"scenarios": {
            "x": [{"add": {"dose": 1}, "years": [2030]}]}}), table())  # fmt: skip


def test_a_file_of_scenarios_may_bring_its_own_horizon(tmp_path):
    path = tmp_path / "more.yaml"
    path.write_text("scenarios:\n  it: [{add: {dose: 1}}]\nhorizon: {years: 7, covariates: {"
                    "dose: last, yearly: last, phase: last}}\n", "utf-8")  # fmt: skip
    spec = cm.read_scenarios(path, cm.read_spec(DOCUMENT))
    assert spec.horizon.years == 7
    assert [*spec.scenarios] == ["it"]
