"""Every document that ships checks, builds and fits a few draws; the schema is current."""

import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

import clustermodels as cm

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "specs" / "ai_clusters"
# The clusters of Wang, Yu, Zhou & Chen (2025), doi 10.1057/s41599-025-05453-z, and the four regions
# that are as specialised there and too small.
NAMES = """
    Beijing Shenzhen Nanjing Hangzhou Xi'an Shanghai Wuhan Harbin Zhuhai Guangzhou Guilin Jinan
    Chengdu Hefei Changsha Nanchang Qinhuangdao Shenyang Changchun Fuzhou Xiamen Mianyang Kunming
    Dalian Dongguan Chongqing Tianjin Taiyuan Zhengzhou"""
CLUSTERS = {*NAMES.split()}
TOO_SMALL = {"Fuxin", "Jilin", "Sanya", "Shanwei"}
# Real microdata, which are not part of the project.
SHARED = ROOT.parent / "shared" / "data"
RECORDS = SHARED / "h2020_participations.parquet"
# Data that are not part of the project, and what examples call them.
GIVEN = {
    "research_clusters": (RECORDS, "participations.parquet"),
    "minimum_wage": (SHARED / "mpdta.csv", "mpdta.csv"),
}
SPECS = sorted((ROOT / "specs").glob("*/spec.yaml"))


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.parent.name)
def example(request, tmp_path_factory):
    """Give an example in a folder of its own, with its panel made."""
    folder = tmp_path_factory.mktemp(request.param.parent.name)
    for path in request.param.parent.iterdir():
        if path.is_file():
            shutil.copy(path, folder / path.name)
    name = request.param.parent.name
    if name in GIVEN:
        given, called = GIVEN[name]
        if not given.exists():
            pytest.skip("the data that this example reads are not here")
        shutil.copy(given, folder / called)
    elif not (folder / "panel.csv").exists():
        runpy.run_path(str(folder / "make_panel.py"), run_name="__main__")
    return folder / "spec.yaml"


def test_example_checks_builds_and_fits(example):
    spec = cm.read_spec(example)
    assert not [f for f in cm.check(spec) if f.severity == "serious"]
    told = cm.explain(spec)
    assert told.words
    assert told.equation
    engine = spec.engine.model_copy(update={"draws": 10, "tune": 20, "chains": 1})
    made = cm.fit(spec.model_copy(update={"engine": engine}))
    assert np.isfinite(made.tree["log_likelihood"][spec.outcome[0]].values).all()
    for name in spec.scenarios:
        answer = cm.effects(made, name)
        assert np.isfinite(answer["median"].values).all()


def test_example_follows_the_schema(example):
    document = yaml.safe_load(example.read_text("utf-8"))
    jsonschema.Draft202012Validator(cm.json_schema()).validate(document)
    assert example.read_text("utf-8").startswith("# yaml-language-server: $schema=../schema.json\n")


def test_the_schema_is_current():
    stored = json.loads((ROOT / "specs" / "schema.json").read_text("utf-8"))
    assert stored == cm.json_schema()


def test_the_shipped_tables_are_what_their_script_writes(tmp_path):
    for name in ("spec.yaml", "truth.yaml", "make_panel.py"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    runpy.run_path(str(tmp_path / "make_panel.py"), run_name="__main__")
    for name in ("panel.csv", "ties.csv"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()


@pytest.fixture(scope="module")
def shipped_landscape():
    """Give the landscape of the example that ships."""
    return cm.landscape(SHIPPED / "spec.yaml")


def chosen(regions, rows):
    return set(regions["region"].values[rows.to_numpy()].tolist())


def test_the_shipped_rules_find_the_clusters_of_the_study(shipped_landscape):
    regions = shipped_landscape.regions
    assert regions.sizes["region"] == 100
    assert len(CLUSTERS) == 29
    assert chosen(regions, regions["lq_passes"]) == CLUSTERS | TOO_SMALL
    assert chosen(regions, regions["cluster"]) == CLUSTERS
    assert chosen(regions, regions["failed_rules"] == "scale") == TOO_SMALL


def test_chance_decides_on_a_few_of_the_shipped_clusters(shipped_landscape):
    regions = shipped_landscape.regions
    unsure = (regions["probability"] > 0.05) & (regions["probability"] < 0.95)
    assert chosen(regions, unsure & regions["cluster"]) == {"Taiyuan", "Zhengzhou"}
    assert {"Qingdao", "Suzhou"} == chosen(regions, unsure & ~regions["lq_passes"])


def test_shipped_clusters_work_with_others_more_than_inside(shipped_landscape):
    clusters = shipped_landscape.regions.isel(region=shipped_landscape.regions["cluster"].values)
    assert (clusters["within"] >= 1).all()
    assert (clusters["between"] > clusters["within"]).all()


def test_the_shipped_position_is_not_the_number_of_partners(shipped_landscape):
    alike = shipped_landscape.correlations
    assert alike.sel(measure="centrality", other="degree") < 0.9
    strongest = shipped_landscape.regions["degree"].to_series().nlargest(3)
    assert {*strongest.index} == {"Beijing", "Nanjing", "Shenzhen"}


def test_the_shipped_ties_and_panel_name_the_same_cities():
    panel, ties = (pd.read_csv(SHIPPED / name) for name in ("panel.csv", "ties.csv"))
    assert {*panel["city"]} == {*ties["city_a"], *ties["city_b"]}
    assert (panel["patents"] <= panel["all_patents"]).all()
    yearly = panel.groupby("city")["year"].apply(list)
    assert all(years == [*range(2012, 2022)] for years in yearly)


def test_the_shipped_truth_is_one_of_the_shipped_document():
    truth = cm.read_truth(SHIPPED / "truth.yaml")
    drawn = cm.simulate(cm.read_spec(SHIPPED / "spec.yaml"), truth)
    assert drawn.sizes["obs"] == 1000
    own = np.isin(drawn["cluster"].values, [*CLUSTERS])
    assert np.isfinite(drawn["patents"].values[own]).sum() == 29 * 9
    kept = pd.read_csv(SHIPPED / "panel.csv").sort_values(["city", "year"])["patents"].to_numpy()
    np.testing.assert_array_equal(drawn["patents"].values[~own], kept[~own])


def test_a_wheel_carries_the_example(tmp_path):
    made = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet"),
            *("--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("spec.yaml", "panel.csv", "ties.csv", "truth.yaml", "README.md"):
        assert f"clustermodels/specs/ai_clusters/{wanted}" in names
    assert "clustermodels/py.typed" in names


CORDIS = {
    "project.csv": """id;acronym;startDate
1;ALPHA;2016-03-01
2;BETA;2017-01-01
3;OLD;2014-01-01
""",
    "organization.csv": """projectID;organisationID;name;activityType;city;country;role;\
ecContribution
1;10;"Firm; Ltd";PRC;Köln;DE;participant;100,5
1;11;Lab;REC;KOLN;DE;coordinator;50
1;12;Uni;HES;Saint-Denis;FR;participant;
2;12;Uni;HES;Saint Denis;FR;coordinator;9
3;10;Firm;PRC;Köln;DE;coordinator;1
""",
    "legalBasis.csv": """projectID;legalBasis;title;uniqueProgrammePart
1;H2020-EU.3.4.;Transport;
1;H2020-EU.2.1.1.;ICT;true
2;H2020-EU.1.1.;ERC;true
3;H2020-EU.1.1.;ERC;true
""",
}


def test_records_are_made_of_the_public_tables(tmp_path):
    example = ROOT / "specs" / "research_clusters"
    shutil.copytree(example, tmp_path / "example")
    for name, text in CORDIS.items():
        (tmp_path / name).write_text(text, "utf-8")
    script = tmp_path / "example" / "make_records.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    made = pd.read_parquet(tmp_path / "example" / "participations.parquet")
    assert made["city"].tolist() == ["KOLN", "KOLN", "SAINT DENIS", "SAINT DENIS"]
    assert made["programme"].tolist() == ["LEIT"] * 3 + ["ERC"]
    assert made["industrial_technology"].tolist() == [True] * 3 + [False]
    assert made["year"].tolist() == [2016] * 3 + [2017]
    assert made["eu_contribution"].fillna(-1).tolist() == [100.5, 50, -1, 9]
    spec = cm.read_spec(tmp_path / "example" / "spec.yaml")
    loose = spec.model_copy(update={"clusters": None})
    ties = cm.read_network(loose).graph(2016)
    assert [*map(set, ties.edges)] == [{"DE, KOLN", "FR, SAINT DENIS"}]
    assert ties.nodes["DE, KOLN"]["internal"] == 1


@pytest.mark.skipif(not RECORDS.exists(), reason="the records of grants are not here")
def test_real_records_give_clusters_networks_and_positions(tmp_path):
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "specs" / "research_clusters", folder)
    shutil.copy(RECORDS, folder / "participations.parquet")
    panel = cm.read_panel(cm.read_spec(folder / "spec.yaml"))
    assert panel.regions.sizes["region"] == 3732
    assert int(panel.regions["lq_passes"].sum()) > int(panel.regions["cluster"].sum()) == 32
    assert panel.regions.attrs["reference"] == pytest.approx(0.19225, abs=1e-5)
    assert len(panel.used) == 160
    records = pd.read_parquet(RECORDS)
    own = records[(records["city"] == "MUNCHEN") & (records["country"] == "DE")]
    rows = panel.rows.to_dataframe().set_index(["cluster", "year"]).loc["DE, MUNCHEN"]
    erc = own[own["programme"] == "ERC"].groupby("year")["project"].nunique()
    assert rows["erc_grants"].tolist() == erc.tolist()
    money = own[own["industrial_technology"]].groupby("year")["eu_contribution"].sum()
    np.testing.assert_allclose(rows["technology_eur"], money, rtol=1e-12)
    partners = records[records["industrial_technology"] & (records["year"] == 2017)]
    partners = partners.assign(region=partners["country"] + ", " + partners["city"])
    size = partners.groupby("project")["region"].transform("nunique")
    shared = partners[partners["project"].isin(own["project"]) & (size <= 50)]
    others = {*shared["region"].dropna()} - {"DE, MUNCHEN"}
    assert cm.read_network(cm.read_spec(folder / "spec.yaml")).graph(2017).degree(
        "DE, MUNCHEN"
    ) == len(others)
