import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr

from clustermodels.errors import FitError
from clustermodels.network.network import make_network
from clustermodels.network.positions import centrality
from clustermodels.network.quotients import location_quotient
from clustermodels.network.selection import QuotientRule, Rules, select
from clustermodels.preview.landscape import MEASURES, Landscape
from clustermodels.report.contents import quotients_of, web_of
from clustermodels.report.landscape import draw_landscape
from clustermodels.report.layout import arrange, place_labels, strongest
from clustermodels.report.picture import fonts

MAGIC = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF"}
HARD = [
    "a$_b$c_d",
    "100% & <more>",
    "北京",
    "\\frac{x}{y}$",
    "A name that goes on and on and on and on",
]


def made(names=("A", "B", "C", "D", "E"), *, rules=True, ties=True, own=None, seed=1):
    """A landscape by hand: the first regions are clusters, one is too small, the rest are not."""
    names = list(names)
    size = len(names)
    rng = np.random.default_rng(seed)
    network = None
    if ties:
        pairs = [(i, j) for i in range(size) for j in range(i, size) if rng.random() < 0.7]
        source, target = ([names[pair[end]] for pair in pairs] for end in (0, 1))
        year, weight = rng.integers(2015, 2018, len(pairs)), rng.integers(1, 9, len(pairs))
        network = make_network(source, target, year, weight, names)
    regions = xr.Dataset({"cluster": ("region", np.ones(size, dtype=bool))}, {"region": names})
    if rules:
        total = np.full(size, 1000.0)
        activity = np.where(np.arange(size) < (size + 1) // 2, 300.0, 40.0)
        activity[-1], total[-1] = 30.0, 60.0
        column = xr.DataArray(activity, coords={"region": names}, dims="region")
        found = location_quotient(column, total, above=1.0)
        regions = select(
            names,
            rules=Rules(quotient=QuotientRule(1.0, 0.95), scale=35),
            quotients=found,
            scale=activity,
        ).assign_attrs(found.attrs | {"years": "2015 to 2017"})
    if network is not None:
        when = list(network.years)
        for measure in MEASURES:
            yearly = centrality(network, measure, years=when).sel(node=names)
            regions = regions.assign({measure: ("region", yearly.fillna(0).mean("year").values)})
        regions = regions.assign(ei_index=("region", np.linspace(-1, 1, size)))
        if own:
            regions = regions.assign({own: ("region", np.linspace(0, 1, size))})
    return Landscape(
        "Policy & $_networks$", regions, None, None, None, network, (), own=(own,) if own else ()
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.mark.parametrize("kind", MAGIC)
@pytest.mark.parametrize(("rules", "ties"), [(True, True), (False, True), (True, False)])
def test_a_picture_of_each_kind(folder, kind, rules, ties):
    out = folder / f"map.{kind}"
    draw_landscape(made(rules=rules, ties=ties), out)
    assert out.read_bytes().startswith(MAGIC[kind])
    assert [path.name for path in folder.iterdir()] == [out.name]


@pytest.mark.parametrize("kind", MAGIC)
def test_the_same_landscape_is_the_same_file(folder, kind):
    first, second = folder / f"a.{kind}", folder / f"b.{kind}"
    draw_landscape(made(own="brokerage"), first)
    draw_landscape(made(own="brokerage"), os.fspath(second))
    assert first.read_bytes() == second.read_bytes()
    draw_landscape(made(own="brokerage", seed=2), second)
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize("kind", MAGIC)
def test_names_are_drawn_as_they_are_written(folder, kind):
    found = made([*HARD, "plain", "small"])
    draw_landscape(found, folder / f"map.{kind}")
    assert (folder / f"map.{kind}").stat().st_size > 5000
    if kind == "svg" and fonts(HARD)[1]:
        text = (folder / "map.svg").read_text("utf-8")
        assert "北京" in text
        assert "a$_b$c_d" in text
        assert "Boxes" not in text


def test_settings_of_the_reader_neither_matter_nor_change(folder):
    draw_landscape(made(), folder / "a.png")
    with mpl.rc_context({"font.size": 30, "font.family": ["serif"], "text.color": "red"}):
        before = dict(mpl.rcParams)
        draw_landscape(made(), folder / "b.png")
        assert dict(mpl.rcParams) == before
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


def test_numbers_that_are_not_known(folder):
    found = made(own="brokerage")
    nothing = np.full(5, np.nan)
    for name in ("eti95_lower", "eti95_upper", "probability", "brokerage", "activity"):
        found.regions[name] = ("region", nothing)
    draw_landscape(found, folder / "a.png")
    value = found.regions["lq"].values.copy()
    value[:2] = np.nan, 0.0
    found.regions["lq"] = ("region", value)
    found.regions["brokerage"] = ("region", np.array([np.nan, 1, 1, 1, 1]))
    draw_landscape(found, folder / "b.png")
    drawn = quotients_of(found)
    assert "without intervals" in drawn.said
    assert np.isnan(drawn.shown.value).sum() == 1


@pytest.mark.parametrize("ties", [True, False])
def test_one_region(folder, ties):
    one = made(["only"], rules=False)
    regions = one.regions.assign(lq=("region", [1.4]), failed=("region", [0]))
    network = one.network if ties else None
    draw_landscape(Landscape("", regions, None, None, None, network, ()), folder / "one.png")


def test_no_ties_at_all(folder):
    found = made(rules=False)
    empty = make_network([], [], [], nodes=[str(name) for name in found.regions["region"].values])
    nothing = Landscape("t", found.regions, None, None, None, empty, ())
    draw_landscape(nothing, folder / "none.png")
    assert "no ties" in web_of(nothing).said


def test_who_is_shown():
    found = made(own="my_position")
    web, quotients = web_of(found), quotients_of(found)
    assert web.web.names == ("A", "B", "C", "D", "E")
    assert web.web.member.tolist() == [True, True, True, False, False]
    assert web.colour.startswith("my position")
    assert web.web.colour.tolist() == found.regions["my_position"].values.tolist()
    assert web.web.size.tolist() == found.regions["activity"].values.tolist()
    assert quotients.shown.names == ("A", "B", "C", "E")
    assert quotients.shown.reason == ("", "", "", "too small")
    assert quotients.shown.lines.tolist() == [0, 1, 2, 4]
    assert web_of(made()).colour.startswith("closeness")
    assert web_of(made(rules=False)).size == "circle area: weight of ties with others"


def test_ties_are_added_up_over_the_judged_years():
    network = make_network(
        ["A", "A", "B", "A", "A"], ["B", "B", "A", "A", "B"], [2014, 2015, 2016, 2016, 2017]
    )
    regions = made(["A", "B"], rules=False).regions.assign_attrs(years="2015 to 2016")
    web = web_of(Landscape("t", regions, None, None, None, network, ()))
    assert web.web.weight.tolist() == [2.0]
    assert web.said.startswith("Network: ties of 2015 to 2016, added up; all 1 tie ")


def test_in_a_crowd_only_clusters_are_drawn(folder):
    names = [f"r{number:03}" for number in range(200)]
    found = made(names)
    found.regions["cluster"] = ("region", np.arange(200) < 30)
    web = web_of(found)
    assert len(web.web.names) == 30
    assert web.web.member.all()
    assert len(web.web.weight) == 90
    assert "90 of " in web.said
    assert "the strongest" in web.said
    found.regions["cluster"] = ("region", np.arange(200) < 160)
    web = web_of(found)
    assert len(web.web.names) == 100
    assert "The 100 largest of 160 clusters are shown." in web.said
    assert "The 36 largest of these 100 have their names." in web.said
    assert "the 45 highest of 160 clusters" in quotients_of(found).said
    draw_landscape(found, folder / "crowd.png")


def test_the_nearest_misses_are_shown():
    names = [f"r{number:02}" for number in range(40)]
    found = made(names)
    regions = found.regions
    judged = np.arange(40.0)
    regions["cluster"] = ("region", judged < 2)
    regions["failed"] = ("region", (judged >= 2).astype(int))
    regions["first_failed"] = ("region", np.where(judged >= 2, "scale", ""))
    regions["scale"] = ("region", 100 - judged)
    regions["scale_margin"] = ("region", -judged)
    drawn = quotients_of(found)
    assert sorted(drawn.shown.names[2:]) == names[2:14]
    assert "the 12 nearest of 38 regions" in drawn.said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("map.jpg", "does not say which picture it is. End it in .png, .svg or .pdf."),
        ("map", "End it in .png, .svg or .pdf."),
        ("none/map.png", "there is no folder"),
        ("folder.png", "it is a folder. Name a file: MAP.png."),
        ("data.svg", "is not replaced because what is there is not a .svg picture."),
    ],
)
def test_paths_that_cannot_be_written(folder, name, words):
    (folder / "folder.png").mkdir()
    (folder / "data.svg").write_text("city,year\n")
    with pytest.raises(FitError) as error:
        draw_landscape(made(), folder / name)
    assert words in str(error.value)
    assert str(error.value).startswith(str(folder / name))
    assert (folder / "data.svg").read_text() == "city,year\n"


def test_nothing_to_draw(folder):
    with pytest.raises(FitError, match="because there is nothing to draw"):
        draw_landscape(made(rules=False, ties=False), folder / "map.png")
    assert not list(folder.iterdir())


def test_an_older_picture_stays_where_writing_fails(folder, monkeypatch):
    out = folder / "map.png"
    draw_landscape(made(), out)
    before = out.read_bytes()

    def full(self, target, **_):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("matplotlib.figure.Figure.savefig", full)
        with pytest.raises(FitError, match="could not be written because No space left"):
            draw_landscape(made(seed=2), out)
    assert out.read_bytes() == before
    assert list(folder.iterdir()) == [out]
    draw_landscape(made(seed=2), out)
    assert out.read_bytes() != before


def test_pyplot_stays_out():
    code = (
        "import sys, clustermodels.report.landscape; "
        "assert 'matplotlib.figure' in sys.modules; "
        "assert not {'matplotlib.pyplot', 'pymc', 'arviz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_strongest_ties_and_those_that_link():
    # a triangle of strong ties, and a fourth region by its only, weak one
    ends = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
    weight = np.array([9.0, 8.0, 7.0, 1.0])
    assert strongest(4, *ends.T, weight, 3).tolist() == [3, 1, 0]
    assert strongest(4, *ends.T, weight, 1).tolist() == [3, 1, 0]
    assert strongest(4, *ends.T, weight, 9).tolist() == [3, 2, 1, 0]


def test_neither_nodes_nor_labels_lie_on_each_other():
    rng = np.random.default_rng(4)
    size, box = 30, (7.0, 6.0)
    ends = np.array([(i, j) for i in range(size) for j in range(i) if rng.random() < 0.2])
    reach = np.tile([0.4, 0.2], (size, 1))
    nodes = arrange(size, *ends.T, rng.integers(1, 50, len(ends)).astype(float), reach, box)
    assert ((nodes >= 0) & (nodes <= box)).all()
    radius = np.full(size, 0.1)
    extent = np.tile([0.6, 0.12], (size, 1))
    labels = place_labels(nodes, radius, np.arange(size), extent, box)
    apart = np.abs(labels[:, None] - labels[None]) - extent
    np.fill_diagonal(apart[..., 0], 1.0)
    assert (apart.max(axis=2) > 0).all()
    assert (labels - extent / 2 >= -1e-9).all()
    assert (labels + extent / 2 <= np.array(box) + 1e-9).all()
    away = np.hypot(*(nodes[:, None] - nodes[None]).transpose(2, 0, 1))
    np.fill_diagonal(away, 1.0)
    assert away.min() > 0.2
