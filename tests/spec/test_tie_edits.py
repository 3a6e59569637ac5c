"""Edits of ties in a document: one change each, and what the rest of the document must have."""

import pytest

from clustermodels.spec.read import read_text
from tests.documents import said

TIES = "  ties: {path: ties.csv, source: a, target: b, year: year}\n"
RECORDS = (
    "  records: {path: r.parquet, unit: project, region: city, year: year, "
    "count: {patents: {rows: true}}}\n  ties: {from: records}\n"
)
CLOSENESS = "moderators: {closeness: {kind: network, measure: closeness}}\n"


def document(edit, ties=TIES, outcome="patents: {family: poisson}", moderators=CLOSENESS):
    return (
        f"data:\n  panel: {{path: panel.csv, cluster: city, year: year}}\n{ties}"
        f"outcomes: {{{outcome}}}\ntreatments: [policies]\n{moderators}"
        f"scenarios: {{a: [{edit}]}}\n"
    )


def refusal(edit, **parts):
    """Give what is said of an edit, without its place; that is on the document's last line."""
    text = document(edit, **parts)
    place = f"spec.yaml:{text.count(chr(10))}: scenarios.a.0"
    lines = said(text)
    assert all(line.startswith(place) for line in lines), lines
    return [line.removeprefix(place) for line in lines]


WAY = "Write {between: [A, B], add: 5}, or remove: true, or scale: 2."
NO_TIE = ".rewire.edges.0: not what belongs here."
EDGE = (
    "expected two regions and the weight of their tie. Write [A, B, WEIGHT]; put quotes around a "
    "name that is a number."
)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            "{tie: {between: [A, B]}}",
            ".tie: a tie is changed in exactly one way. Got {between: [A, B]}; expected add, "
            f"remove, scale. {WAY}",
        ),
        (
            "{tie: {between: [A, B], add: 1, remove: true}}",
            ".tie: a tie is changed in exactly one way. Got add, remove; expected add, remove, "
            f"scale. {WAY}",
        ),
        (
            "{tie: {between: [A], add: 1}}",
            ".tie: a weight is added to one tie, which has two ends. Got [A]; expected two "
            "regions. Write between: [A, OTHER], an edit for each tie.",
        ),
        (
            "{tie: {between: [A, B, C], scale: 2}}",
            ".tie.between: not allowed here. Got [A, B, C]; expected 2 or fewer of them.",
        ),
        (
            "{tie: {between: [A, 7], scale: 2}}",
            ".tie.between.1: not what belongs here. Got 7; expected text. Put quotes around it: "
            "'7'.",
        ),
        (
            "{tie: {between: [A, B], scale: 0}}",
            ".tie.scale: not allowed here. Got 0; expected above 0.",
        ),
        (
            "{tie: {between: [A, B], remove: false}}",
            ".tie.remove: not allowed here. Got false; expected true.",
        ),
        (
            "{join: {region: A, with: {A: 1, B: 2}}}",
            ".join: 'A' joins itself. Name the regions that it works with in 'with'.",
        ),
        (
            "{join: {region: A, with: {B: 0}}}",
            ".join.with.B: not allowed here. Got 0; expected above 0.",
        ),
        (
            "{join: {region: A, with: {}}}",
            ".join.with: not allowed here. Got {}; expected 1 or more of them.",
        ),
        (
            "{rewire: {}}",
            ".rewire: ties come from a file or stand here. Got neither. Write {path: FILE}, or "
            "{edges: [[A, B, 5], [B, C, 2]]}.",
        ),
        (
            "{rewire: {path: o.csv, edges: [[A, B, 1]]}}",
            ".rewire: ties come from a file or stand here. Got both. Write {path: FILE}, or "
            "{edges: [[A, B, 5], [B, C, 2]]}.",
        ),
        ("{rewire: {edges: [[A, B]]}}", f"{NO_TIE} Got [A, B]; {EDGE}"),
        ("{rewire: {edges: [[A, 7, 1]]}}", f"{NO_TIE} Got [A, 7, 1]; {EDGE}"),
        ("{rewire: {edges: [[A, B, true]]}}", f"{NO_TIE} Got [A, B, true]; {EDGE}"),
        (
            "{rewire: {edges: [[A, B, -1]]}}",
            ".rewire.edges.0.2: not allowed here. Got -1; expected 0 or more.",
        ),
        (
            "{rewire: {path: 'https://x.org/o.csv'}}",
            ".rewire.path: a path names a file on this machine. Got 'https://x.org/o.csv'. Save it "
            "and name the copy.",
        ),
        (
            "{tie: {between: [A, B], add: 1}, where: {city: {is: A}}}",
            ": 'tie' names its regions, and 'where' chooses rows of the panel. Remove 'where'; "
            "'years' may stay.",
        ),
    ],
)
def test_refused(edit, words):
    assert refusal(edit) == [words]


@pytest.mark.parametrize(
    "edit",
    [
        "{tie: {between: [A, B], add: 1}}",
        "{join: {region: A, with: {B: 1}}}",
        "{rewire: {edges: [[A, B, 1]]}}",
    ],
)
@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"ties": "", "moderators": ""}, "the document has no ties to edit. Add 'data.ties'."),
        (
            {"moderators": ""},
            "no moderator or control is a position in the network, so editing ties would change "
            "nothing. Add a moderator or a control of 'kind: network'.",
        ),
        (
            {"outcome": "links: {kind: network, measure: degree, family: poisson}"},
            "ties cannot be edited, because the outcome 'links' is a position in them: the edit "
            "would make it, and not the model predict it. Explain a column of the panel, or edit "
            "treatments.",
        ),
        (
            {
                "ties": RECORDS,
                "moderators": CLOSENESS.replace("closeness}", "closeness, without_own: half}"),
            },
            "ties cannot be edited, because 'closeness' is measured 'without_own', and an edited "
            "tie does not say whose units it comes from. Remove 'without_own' from every "
            "position, and fit again.",
        ),
    ],
)
def test_the_document_must_read_the_ties_as_one_table(edit, parts, words):
    verb = edit[1:].split(":")[0]
    assert refusal(edit, **parts) == [f".{verb}: {words}"]


def test_a_file_needs_ties_that_are_read_from_a_file():
    assert refusal("{rewire: {path: other.csv}}", ties=RECORDS) == [
        ".rewire.path: a file of ties is read as data.ties is, which are counted from records "
        "here. Write the ties themselves: {edges: [[A, B, WEIGHT], ..]}."
    ]
    read_text(document("{rewire: {edges: [[A, B, 1]]}}", ties=RECORDS), "spec.yaml")


def test_every_problem_of_all_scenarios_stands_at_its_line():
    text = document("", ties="", moderators="").replace("scenarios: {a: []}\n", "")
    lines = text.count("\n")
    text += "scenarios:\n  one: [{tie: {between: [A, B], add: 1}}]\n  two:\n"
    text += "    - {add: {policy: 1}}\n    - {join: {region: A, with: {B: 1}}}\n"
    places = [line.split(" ")[0:2] for line in said(text)]
    assert places == [
        [f"spec.yaml:{lines + 2}:", "scenarios.one.0.tie:"],
        [f"spec.yaml:{lines + 4}:", "scenarios.two.0.add.policy:"],
        [f"spec.yaml:{lines + 5}:", "scenarios.two.1.join:"],
    ]


def test_edits_come_back_from_plain_data():
    edits = (
        "{tie: {between: [A, B], remove: true}, years: [2010]}, {join: {region: A, with: {B: 2}}}, "
        "{rewire: {edges: [[A, B, 1], [B, C, 2.5]]}}"
    )
    spec = read_text(document(edits), "spec.yaml")
    tie, join, rewire = spec.scenarios["a"]
    assert (tie.verb, tie.tie.between, tie.amounts, tie.years) == ("tie", ("A", "B"), {}, (2010,))
    assert join.join.with_ == {"B": 2.0}
    assert rewire.rewire.edges == (("A", "B", 1.0), ("B", "C", 2.5))
    assert spec.model_validate(spec.plain()).scenarios == spec.scenarios
