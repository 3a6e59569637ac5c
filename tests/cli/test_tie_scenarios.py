"""The command line on scenarios that edit ties."""

import csv
import io
import json

import clustermodels as cm
from tests.data.edited_ties import world_ties
from tests.data.worlds import panel_table
from tests.designs import made_fit
from tests.results.test_positions_moved import DOCUMENT


def test_predict_shows_who_moves_and_lists_all_for_programs(run, tmp_path):
    made = made_fit(DOCUMENT, cm.Tables(panel_table(), ties=world_ties()))
    cm.save(made, tmp_path / "run.nc")
    moved = cm.positions_moved(made, "cut")
    _, out, _ = run("predict", "run.nc", "--format", "text")
    assert "Who stands elsewhere in the network under 'cut'" in out
    assert "under 'nothing'\n" not in out.split("Who stands")[1]
    assert f"{moved.sizes['row'] - 10} more move less; csv and json list them." in out
    assert "Where a scenario edits ties, the same regions are clusters" in " ".join(out.split())
    _, out, _ = run("predict", "run.nc", "--scenario", "cut", "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["position"]]
    assert [row["cluster"] for row in rows] == moved["cluster"].values.tolist()
    assert [float(row["after"]) for row in rows] == moved["after"].values.tolist()
    assert {row["median"] for row in rows} == {""}
    _, out, _ = run("predict", "run.nc", "--scenario", "cut", "--format", "json")
    assert sum(row["position"] is not None for row in json.loads(out)) == len(rows)
    _, out, _ = run("predict", "run.nc", "--scenario", "nothing", "--format", "csv")
    assert "position" not in out.splitlines()[0]


def test_simulate_does_not_overwrite_a_file_of_other_ties(run, tmp_path):
    world_ties().to_csv(tmp_path / "ties.csv", index=False)
    world_ties().to_csv(tmp_path / "other.csv", index=False)
    panel_table().to_csv(tmp_path / "panel.csv", index=False)
    data = {
        "panel": {"path": "panel.csv", "cluster": "city", "year": "year"},
        "ties": {"path": "ties.csv", "source": "a", "target": "b", "year": "year", "weight": "w"},
    }
    scenarios = {"it": [{"rewire": {"path": "other.csv"}}]}
    (tmp_path / "ties.json").write_text(
        json.dumps(DOCUMENT | {"data": data} | {"scenarios": scenarios})
    )
    (tmp_path / "truth.yaml").write_text("{}")
    code, _, err = run("simulate", "ties.json", "--at", "truth.yaml", "--out", "other.csv")
    assert code == 3
    assert "other.csv is not replaced because the document reads it" in err
