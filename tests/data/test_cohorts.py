"""Cohorts and years of adoption: who is in which, and what is refused or found."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import block_of, designed, made_fit

FIRST = {"A": 2013, "B": 2013, "C": 2015, "D": 0, "E": 0, "F": 2015}


def frame(first=None, years=range(2010, 2018)):
    rng = np.random.default_rng(3)
    rows = [
        {"city": city, "year": year, "start": start, "on": float(bool(start) and year >= start)}
        for city, start in (first or FIRST).items()
        for year in years
    ]
    made = pd.DataFrame(rows)
    return made.assign(y=rng.normal(size=len(made)), count=rng.poisson(5, len(made)))


def document(outcome="y", family="gaussian", scenarios=None, **law):
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {outcome: {"family": family}},
        "treatments": {
            "law": {"kind": "adoption", "first_year": "start", "by": "cohort_year"} | law
        },
        "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {}},
        "scenarios": scenarios or {},
    }


def cells_of(design, frame_):
    block = block_of(design, "law_by_cohort_year")
    on = block.values[:, 0] != 0
    return {
        (city, year): block.factor.levels[code]
        for city, year, code, hit in zip(
            design.clusters, design.years, block.factor.codes, on, strict=True
        )
        if hit
    }


@pytest.mark.parametrize("slope", ["free", "partial"])
@pytest.mark.parametrize("lag", [0, 1])
def test_every_row_that_is_reached_has_its_cohort_and_year(slope, lag):
    _, _, _, design = designed(document(slope=slope, lag=lag), frame())
    wanted = {
        (city, year): f"{start} in {year}"
        for city, start in FIRST.items()
        for year in range(2010, 2018)
        if start and year >= start + lag
    }
    assert cells_of(design, frame()) == wanted
    block = block_of(design, "law_by_cohort_year")
    assert block.pooling == slope
    assert block.terms[0].around == "law"


@pytest.mark.parametrize("lag", [0, 1])
def test_a_column_of_0_and_1_says_the_same_as_the_first_year(lag):
    one = designed(document(lag=lag), frame())[3]
    law = {"kind": "adoption", "column": "on", "by": "cohort_year", "lag": lag}
    other = designed(document() | {"treatments": {"law": law}}, frame())[3]
    found = cells_of(other, frame())
    assert found == {key: cell for key, cell in cells_of(one, frame()).items() if key in found}
    assert len(found) == len(cells_of(one, frame())), "the first year has no past to lose here"


def test_years_before_are_against_the_last_one_before():
    _, _, _, design = designed(document(comparison="never"), frame())
    block = block_of(design, "law_before")
    assert block.labels == (
        "2013 in 2010", "2013 in 2011",
        "2015 in 2010", "2015 in 2011", "2015 in 2012", "2015 in 2013",
    )  # fmt: skip
    at = [*zip(design.clusters, design.years, strict=True)].index(("C", 2011))
    hit = block.values[at] / block.values.max()
    np.testing.assert_allclose(hit, [0, 0, 0, 1, 0, 0])
    assert block.values[[c == "D" for c in design.clusters]].max() == 0


def test_a_repeal_takes_the_effect_away_and_a_strange_cohort_is_refused():
    scenarios = {
        "repeal": [{"set": {"start": 0}}],
        "delay": [{"add": {"start": 2}, "where": {"start": {"is": 2013}}}],
        "strange": [{"add": {"start": 1}, "where": {"start": {"is": 2013}}}],
    }
    made = document(slope="partial", scenarios=scenarios)
    with pytest.raises(cm.PanelError, match="cohorts and years that nobody was in"):
        cm.check(cm.read_spec(made), frame())
    del scenarios["strange"]
    fit = made_fit(document(slope="partial", scenarios=scenarios), frame())
    draws, design = flat(fit.posterior), fit.design()
    effects = draws["law_by_cohort_year"]
    levels = block_of(design, "law_by_cohort_year").factor.levels
    gone = (cm.predict(fit, "repeal") - cm.predict(fit)).to_numpy().reshape(12, -1)
    moved = (cm.predict(fit, "delay") - cm.predict(fit)).to_numpy().reshape(12, -1)
    for n, (city, year) in enumerate(zip(design.clusters, design.years, strict=True)):
        start = FIRST[city]
        now = effects[:, levels.index(f"{start} in {year}")] if start and year >= start else 0
        np.testing.assert_allclose(gone[:, n], -now, atol=1e-12)
        if start == 2013:
            later = effects[:, levels.index(f"2015 in {year}")] if year >= 2015 else 0
            np.testing.assert_allclose(moved[:, n], later - now, atol=1e-12)


def test_what_differed_before_adoption_stays_under_a_scenario():
    scenarios = {"repeal": [{"set": {"start": 0}}]}
    fit = made_fit(document(slope="free", comparison="never", scenarios=scenarios), frame())
    change = cm.predict(fit, "repeal") - cm.predict(fit)
    years, cities = change["year"].to_numpy(), change["cluster"].to_numpy()
    start = np.array([FIRST[city] or 9999 for city in cities])
    assert (change[:, :, years < start] == 0).all()
    assert (change[:, :, years >= start] != 0).all()


def test_the_model_is_told_with_its_cohorts():
    told = cm.explain(cm.read_spec(document(slope="partial", comparison="never")), frame())
    words = " ".join(told.words)
    assert "one for each year of adoption and year since, partially pooled; compared with" in words
    equation = " ".join(told.equation)
    assert "law_by_cohort_year[cohort,t] · (t ≥ start[i]) + law_before[cohort,t] - law" in equation
    assert "law_by_cohort_year[cohort,t] ~ Normal(law, law_sd)" in equation
    free = cm.explain(cm.read_spec(document(slope="free")), frame()).equation
    assert "Σ (law_by_cohort_year[cohort,t] - law) = 0 over cohorts and years" in free


def test_of_counts_the_ratio_is_that_of_sums_with_and_without_the_policy():
    fit = made_fit(
        document("count", "poisson", {"repeal": [{"set": {"start": 0}}]}, slope="partial"), frame()
    )
    found = cm.event_study(fit)
    at = (found["by"] == "cohort") & (found["level"] == "2015") & (found["quantity"] == "ratio")
    with_, without = cm.predict(fit), cm.predict(fit, "repeal")
    rows = np.isin(with_["cluster"].to_numpy(), ["C", "F"]) & (with_["year"].to_numpy() >= 2015)
    ratio = with_[:, :, rows].sum("obs") / without[:, :, rows].sum("obs")
    assert float(found["median"][at.to_numpy()][0]) == pytest.approx(float(ratio.median()))
    assert int(found["rows"].to_numpy()[at.to_numpy()][0]) == 6


def findings(first, **law):
    return {
        finding.check: finding for finding in cm.check(cm.read_spec(document(**law)), frame(first))
    }


def test_cohorts_and_years_that_stand_alone_are_named():
    alone = findings({"A": 2013, "B": 2015, "C": 2015, "D": 0, "E": 0, "F": 0})
    assert "one cluster alone adopted 'law' in 2013" in alone["cohort_of_one"].what
    early = findings(FIRST | {"D": 2009})
    assert "had reached D" in early["always_treated"].what
    nobody = findings(FIRST | {"D": 2016, "E": 2016})
    assert "in 2016, 2017 every cluster has adopted" in nobody["no_comparison"].what
    assert nobody["no_comparison"].severity == "serious"
    sound = findings(FIRST)
    assert not {"cohort_of_one", "always_treated", "no_comparison"} & {*sound}


def test_growing_effects_have_negative_weights_in_one_effect():
    first = {"A": 2011, "B": 2011, "C": 2016, "D": 2016, "E": 2016, "F": 2016}
    said = findings(first, by="cluster", slope="common")["staggered_adoption"]
    assert said.severity == "warning"
    assert "negative weight in it, -" in said.what
    one = findings(dict.fromkeys("ABC", 2013) | dict.fromkeys("DEF", 0), by="cluster")
    assert "staggered_adoption" not in one


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ({"by": "cluster", "comparison": "never"}, "'comparison' belongs to 'by: cohort_year'"),
        ({"slope": "common"}, "'by: cohort_year' asks for many"),
    ],
)
def test_what_contradicts_itself_is_refused(law, said):
    with pytest.raises(cm.SpecError, match=said):
        cm.read_spec(document(**law))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(start=0), "nobody adopts in time"),
        (lambda f: f.assign(start=f["start"] + 0.5 * (f["start"] > 0)), "this is no year"),
        (lambda f: f.assign(start=f["start"].where(f["start"] > 0, -1)), "this is no year"),
        (lambda f: f.assign(start=f["start"].where(f["year"] > 2011, 0)), "here the year changes"),
    ],
)
def test_years_of_adoption_that_are_none_are_refused(change, said):
    with pytest.raises(cm.PanelError, match=said):
        cm.check(cm.read_spec(document()), change(frame()))


def test_who_adopts_after_the_panel_never_does_in_it():
    later = frame(FIRST | {"D": 2030})
    _, _, _, design = designed(document(comparison="never"), later)
    assert cells_of(design, later) == cells_of(designed(document(), frame())[3], frame())
    assert not any("2030" in label for label in block_of(design, "law_before").labels)


def test_a_delay_leaves_those_that_never_adopt():
    scenarios = {"delay": [{"add": {"start": 1}}]}
    plain = document(by="cluster", slope="common", scenarios=scenarios)
    fit = made_fit(plain, frame(), around={"law": 1.0})
    change = cm.predict(fit, "delay") - cm.predict(fit)
    cities = change["cluster"].to_numpy()
    assert (change[:, :, np.isin(cities, ["D", "E"])] == 0).all()
    assert (change <= 0).all()
    assert (change[:, :, (cities == "A") & (change["year"].to_numpy() == 2013)] < 0).all()


def test_comparisons_that_are_not_there_are_named():
    nobody = findings(dict.fromkeys("ABC", 2013) | dict.fromkeys("DEF", 2015), comparison="never")
    assert nobody["no_never"].severity == "serious"
    pooled = findings(FIRST)["cohort_levels"]
    assert "effects of clusters that are partial" in pooled.what
    free = document() | {"fixed_effects": {"cluster": {}}}
    found = {f.check for f in cm.check(cm.read_spec(free), frame())}
    assert "no_years" in found
    assert "cohort_levels" not in found


def test_moderators_and_the_past_go_with_the_policy():
    bent = document("count", "poisson", {"repeal": [{"set": {"start": 0}}]}, slope="free")
    bent |= {
        "moderators": {"on_trend": {"column": "trend"}},
        "dynamics": {"initial": "ignore", "accept_bias": True},
    }
    rng = np.random.default_rng(6)
    made = frame()
    made = made.assign(trend=rng.normal(size=len(made)))
    fit = made_fit(bent, made, around={"rho": 0.5, "intercept": 1.0, "law_x_on_trend": 0.4})
    found = cm.event_study(fit)
    at = ((found["by"] == "overall") & (found["quantity"] == "ratio")).to_numpy()
    with_, without = cm.predict(fit), cm.predict(fit, "repeal")
    start = np.array([FIRST[city] or 9999 for city in with_["cluster"].to_numpy()])
    rows = with_["year"].to_numpy() >= start
    ratio = with_[:, :, rows].sum("obs") / without[:, :, rows].sum("obs")
    assert float(found["median"][at][0]) == pytest.approx(float(ratio.median()))


def test_without_cohorts_there_is_no_event_study():
    fit = made_fit(document(by="cluster"), frame())
    with pytest.raises(cm.FitError, match="because no treatment"):
        cm.event_study(fit)


ON = {"first_year": None, "column": "on"}


@pytest.mark.parametrize("lost", [[2013], [2012], [2011, 2012, 2013]])
@pytest.mark.parametrize("missing", ["row", "cell"])
def test_a_switch_that_turns_on_behind_a_gap_has_no_cohort(lost, missing):
    table = frame()
    gap = (table["city"] == "A") & table["year"].isin(lost)
    holed = table[~gap] if missing == "row" else table.assign(on=table["on"].mask(gap))
    seen = (min(lost) - 1, max(lost) + 1)
    with pytest.raises(cm.PanelError, match="nobody knows which cohort it is") as caught:
        cm.check(cm.read_spec(document(**ON)), holed)
    (problem,) = caught.value.problems
    assert problem.path == "treatments.law"
    first, last = (2012, 2014) if lost == [2013] else seen
    assert problem.got == f"A: 0 in {first}, 1 in {last}"
    assert problem.fix == "Give the year of adoption: first_year."
    # the years themselves say it, and one effect for all needs no cohort
    assert cm.check(cm.read_spec(document()), holed)
    cm.check(cm.read_spec(document(by="cluster", slope="common", **ON)), holed)


def test_who_enters_with_the_policy_is_in_no_dated_cohort():
    late = frame()[lambda f: (f["city"] != "C") | (f["year"] >= 2016)]
    design = designed(document(**ON), late)[3]
    wanted = {
        (city, year): f"{'earlier' if city == 'C' else start} in {year}"
        for city, start in FIRST.items()
        for year in range(2016 if city == "C" else 2010, 2018)
        if start and year >= start
    }
    assert cells_of(design, late) == wanted
    found = {f.check: f for f in cm.check(cm.read_spec(document(**ON)), late)}
    assert "had reached C" in found["always_treated"].what
    fit = made_fit(document(**ON), late)
    times = cm.event_study(fit)
    rows = (times["by"] == "event_time").to_numpy()
    assert times["level"].to_numpy()[rows].tolist() == ["0", "1", "2", "3", "4"]
    assert times["rows"].to_numpy()[rows].tolist() == [3, 3, 3, 2, 2]


def test_any_policy_that_comes_in_different_years_and_stays_is_weighed():
    first = {"A": 2011, "B": 2011, "C": 2016, "D": 2016, "E": 2016, "F": 2016}
    years = {"cluster": {}, "year": {}}

    def weighed(**law):
        made = document() | {"treatments": {"law": law | {"slope": "common"}}}
        made |= {"fixed_effects": years}
        table = frame(first).assign(
            begun=lambda f: (f["start"] == f["year"]) * 1.0, amount=lambda f: 3 * f["on"]
        )
        listed = cm.check(cm.read_spec(made), table)
        return {finding.check: finding for finding in listed}.get("staggered_adoption")

    own = weighed(kind="adoption", first_year="start")
    assert "adopted in 2 different years" in own.what
    for law in (
        {"column": "on"},
        {"column": "amount", "transform": "log1p"},
        {"kind": "stock", "column": "begun", "initial": 0},
    ):
        found = weighed(**law)
        assert found.what == own.what
        assert "Write 'kind: adoption, by: cohort_year, slope: partial'" in found.what_to_do
    assert weighed(column="begun") is None  # it ends
    assert weighed(column="on", lags={"to": 1}) is None


def test_who_adopts_after_the_panel_makes_no_second_cohort():
    one = dict.fromkeys("ABC", 2013) | {"D": 2030, "E": 9999, "F": 0}
    assert "staggered_adoption" not in findings(one, by="cluster")
    two = findings(one | {"F": 2015}, by="cluster")["staggered_adoption"]
    assert "adopted in 2 different years" in two.what


def test_advice_leads_somewhere():
    alone = {"A": 2013, "B": 2015, "C": 2015, "D": 0, "E": 0, "F": 0}
    assert "slope: partial" in findings(alone, slope="free")["cohort_of_one"].what_to_do
    assert "slope: partial" not in findings(alone)["cohort_of_one"].what_to_do
    only = findings(alone | {"B": 0, "C": 0}, slope="free")["cohort_of_one"]
    assert "slope: partial" not in only.what_to_do
    past = document() | {"dynamics": {}, "fixed_effects": {"cluster": {"pooling": "correlated"}}}
    past["fixed_effects"]["year"] = {}
    advised = {f.check: f for f in cm.check(cm.read_spec(past), frame())}["cohort_levels"]
    assert "pooling: free" not in advised.what_to_do
    assert "as a categorical control" in advised.what_to_do
    done = past | {"controls": {"cohort": {"kind": "categorical"}}}
    table = frame().assign(cohort=lambda f: f["start"])
    assert "cohort_levels" not in {f.check for f in cm.check(cm.read_spec(done), table)}


@pytest.mark.parametrize(
    ("law", "edit", "way"),
    [
        (ON, {"set": {"on": 0}, "years": {"from": 2016}}, "write '{repeal: {on: 2016}}'"),
        (ON, {"set": {"on": 1}, "years": [2012]}, "leave the years open at their end"),
        (ON, {"delay": {"on": 1}, "where": {"tide": {"above": 0}}}, "let 'where' name a column"),
        (ON, {"add": {"on": 1}}, "Set it to 0 or 1."),
        ({}, {"delay": {"start": 1}, "where": {"tide": {"above": 0}}}, "let 'where' name a column"),
        ({}, {"add": {"start": 2}, "years": [2013]}, "Leave 'years' out"),
        ({}, {"add": {"start": 0.5}}, "Move it by whole years"),
        ({}, {"delay": {"start": 1}}, "Move adoptions to years in which others adopted"),
    ],
)
def test_a_scenario_that_cannot_be_is_sent_to_one_that_can(law, edit, way):
    table = frame().assign(tide=lambda f: (-1.0) ** f["year"])
    made = document(scenarios={"it": [edit]}, **law)
    with pytest.raises(cm.PanelError) as caught:
        cm.check(cm.read_spec(made), table)
    (problem,) = caught.value.problems
    assert problem.path.startswith("scenarios.it")
    assert way in problem.fix
