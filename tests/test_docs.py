"""The documentation: its links lead somewhere, and the messages that it shows are those printed."""

import re
import runpy
import shutil
from pathlib import Path

import pytest

from clustermodels.network.centrality import MEASURES

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("specs/*/README.md")]
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page.suffix == ".md" and page not in reached:
            reached.add(page)
            ahead += [(page.parent / t).resolve() for t in LINK.findall(page.read_text("utf-8"))]
    assert {*ROOT.glob("docs/*.md")} <= reached


def test_the_errors_shown_are_those_printed(tmp_path):
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    shutil.copytree(ROOT / "specs" / "ai_clusters", tmp_path / "specs" / "ai_clusters")
    refreshed = runpy.run_path(str(ROOT / "docs" / "refresh.py"))["refreshed"]
    assert page.count("<!-- output of: ") >= 9
    assert refreshed(page, tmp_path) == page


def test_the_page_on_networks_has_every_measure():
    page = (ROOT / "docs" / "networks.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", page, re.MULTILINE)
    listed = {name: {*re.findall(r"`(\w+)`", options)} for name, options in rows}
    assert {name: set(MEASURES[name].takes) for name in MEASURES} == listed
