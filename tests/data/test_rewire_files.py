"""Files of ties that scenarios put in the place of the document's."""

import json

import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.data.edited_ties import TWO, by_hand, rows_of, ties_in, world_ties
from tests.data.worlds import PANEL, panel_table, tie_table


def written(folder, rewire, **files):
    """Write a document with a scenario that rewires, and its tables; give its Spec."""
    panel_table().to_csv(folder / "panel.csv", index=False)
    for name, table in ({"ties": world_ties()} | files).items():
        table.to_csv(folder / f"{name}.csv", index=False)
    document = {
        "data": {
            "panel": PANEL["data"]["panel"] | {"path": "panel.csv"},
            "ties": PANEL["data"]["ties"] | {"path": "ties.csv"},
        },
        "outcomes": PANEL["outcomes"],
        "treatments": PANEL["treatments"],
        "moderators": TWO,
        "scenarios": {"it": [rewire]},
    }
    (folder / "spec.json").write_text(json.dumps(document), "utf-8")
    return cm.read_spec(folder / "spec.json")


OTHER = {"rewire": {"path": "other.csv"}}


def test_a_file_of_ties_is_put_in_the_place_of_those_of_its_years(tmp_path):
    other = world_ties(seed=9)
    other = other[other["year"].between(2010, 2013)]
    spec = written(tmp_path, OTHER, other=other)
    panel = cm.read_panel(spec)
    ties = world_ties()
    whole = pd.concat([ties[~ties["year"].between(2010, 2013)], other])
    pd.testing.assert_frame_equal(ties_in(edited(spec, panel, "it")), by_hand(whole),
                                  check_dtype=False)  # fmt: skip
    one = written(tmp_path, OTHER | {"years": [2011]}, other=other)
    found = ties_in(edited(one, cm.read_panel(one), "it"))
    whole = pd.concat([ties[ties["year"] != 2011], other[other["year"] == 2011]])
    pd.testing.assert_frame_equal(found, by_hand(whole), check_dtype=False)


def test_a_file_with_the_documents_own_ties_changes_exactly_nothing(tmp_path):
    shuffled = world_ties().sample(frac=1, random_state=1)
    spec = written(tmp_path, OTHER, other=shuffled)
    panel = cm.read_panel(spec)
    assert edited(spec, panel, "it").rows.identical(panel.rows)


def test_what_is_wrong_with_a_file_of_ties_is_said_before_any_fit(tmp_path):
    def said(table, edit=OTHER):
        spec = written(tmp_path, edit, **({} if table is None else {"other": table}))
        with pytest.raises(cm.PanelError) as caught:
            cm.prepare(spec)
        return str(caught.value)

    assert "other.csv: no such file" in said(None)
    rows = world_ties()
    named = said(rows.rename(columns={"w": "weight"}))
    assert "rewire.path: other.csv has no column 'w', by which data.ties is read" in named
    below = tie_table([("c0", "c1", 2010, 1), ("c0", "c1", 2011, -1)])
    assert "other.csv:3: w: a weight below 0" in said(below)
    late = said(pd.concat([rows, rows_of([("c0", "c1", 1)], [2016])]))
    assert "it has ties of years that the network does not have. Got 2016" in late
    assert "Add years: {from: 2007, to: 2015} to the edit." in late
    short = said(rows[rows["year"] < 2012], OTHER | {"years": [2011, 2012]})
    assert "years that the file of ties does not have. Got 2012; expected years in 2007" in short
    strange = said(rows.replace("Oslo", "Olso"))
    assert "it names 1 region that the network does not have. Got Olso" in strange
    assert "Did you mean 'Oslo' for 'Olso'?" in strange


def test_what_is_odd_about_a_file_of_ties_is_found_at_its_scenario(tmp_path):
    other = world_ties()
    spec = written(tmp_path, OTHER, other=pd.concat([other, other.iloc[:3]]))
    (twice,) = [f for f in cm.read_panel(spec).found if f.check == "ties_twice"]
    assert twice.path == "scenarios.it.0.rewire.path"
    assert twice.what.startswith("3 rows of the ties repeat a pair and year")
