"""What newcomers write, and the words that say how to write it instead."""

import pytest

from tests.documents import BASE, NEXT, said, said_of

TIES = "ties: {path: t.csv, source: a, target: b, year: y}"
DATA = "data:\n  panel: {path: panel.csv, cluster: city, year: year}\n"
NETWORKED = BASE.replace(DATA, f"{DATA}  {TIES}\n")
QUOTIENT = "clusters.location_quotient"


def said_of_ties(ties):
    lines = said(NETWORKED.replace(TIES, f"ties: {ties}"))
    return [line.removeprefix("spec.yaml:4: ") for line in lines]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            BASE + "moderators: {near: {measure: closeness, window: 3}}\n",
            f"{NEXT}: moderators.near: 'measure' and 'window' belong to kind: network. "
            "Write 'kind: network'.",
        ),
        (
            BASE + "controls: [{near: {measure: closeness, disconnected: zero, window: 3}}]\n",
            f"{NEXT}: controls.near: 'measure', 'disconnected' and 'window' belong to "
            "kind: network. Write 'kind: network'.",
        ),
        (
            BASE.replace("{family: negative_binomial}", "{family: gaussian, measure: degree}"),
            "5: outcomes.patents: 'measure' belongs to kind: network. Write 'kind: network'.",
        ),
        (
            BASE.replace("{lag: 1}", "{lag: 1, first_year: start}"),
            "7: treatments.policies: 'first_year' belongs to kind: adoption. "
            "Write 'kind: adoption'.",
        ),
    ],
)
def test_a_forgotten_kind_is_one_problem(document, words):
    assert said(document) == [f"spec.yaml:{words}"]


def test_a_kind_that_is_written_keeps_its_own_keys():
    (line,) = said_of("moderators: {near: {kind: column, measure: closeness}}\n")
    assert line.startswith("moderators.near.measure: unknown key. Got 'measure'; expected kind, ")


@pytest.mark.parametrize(
    ("ties", "words"),
    [
        (
            "{from: records, path: t.csv, source: a, target: b, year: y}",
            "ties come from the records or from a table. Got from, path, source, target, year. "
            "Write either from: records, or a table (path, source, target, year).",
        ),
        (
            "{counting: fractional, max_partners: 9}",
            "'counting' belongs to from: records. Write 'from: records' beside it.",
        ),
        (
            "{path: t.csv, source: a, target: a, year: y}",
            "source and target are the same column. Got 'a'. "
            "Name the column with the other region of the pair.",
        ),
    ],
)
def test_ties_of_two_minds(ties, words):
    assert said_of_ties(ties) == [f"data.ties: {words}"]


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("yes", " Write true."),
        ("On", " Write true."),
        ("'true'", " Write true."),
        ("no", " Write false."),
        ("OFF", " Write false."),
        ("maybe", ""),
        ("1", ""),
    ],
)
def test_yes_and_no_are_text(given, fix):
    position = f"{{kind: network, measure: closeness, weighted: {given}, without_own: {given}}}"
    lines = said(f"{NETWORKED}moderators: {{near: {position}}}\n")
    shown = given if given == "1" else repr(given.strip("'"))
    wrong = f"not what belongs here. Got {shown}; expected true or false"
    assert [line.partition(": moderators.near.")[2] for line in lines] == [
        f"weighted: {wrong}.{fix}",
        f"without_own: {wrong}, or 'half'.{fix}",
    ]


def test_a_verb_that_is_only_ever_true():
    records = "{path: r.csv, unit: u, region: r, year: y, count: {n: {rows: yes}}}"
    (line,) = said(BASE.replace(DATA, f"{DATA}  records: {records}\n"))
    assert line == (
        "spec.yaml:4: data.records.count.n.rows: not allowed here. Got 'yes'; expected true. "
        "Write true."
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("95", "not allowed here. Got 95; expected below 1. Write 0.95."),
        ("97.5", "not allowed here. Got 97.5; expected below 1. Write 0.975."),
        ("1", "not allowed here. Got 1; expected below 1."),
        ("1.5", "not allowed here. Got 1.5; expected below 1."),
        ("950", "not allowed here. Got 950; expected below 1."),
        ("95%", "not what belongs here. Got '95%'; expected a number. Write 0.95."),
        ("97,5 %", "not what belongs here. Got '97,5 %'; expected a number. Write 0.975."),
        ("0,95", "not what belongs here. Got '0,95'; expected a number. Write 0.95."),
        ("0,955", "not what belongs here. Got '0,955'; expected a number. Write 0.955."),
        ("1,955", "not what belongs here. Got '1,955'; expected a number."),
        ("high", "not what belongs here. Got 'high'; expected a number."),
    ],
)
def test_shares_written_otherwise(given, words):
    lines = said(
        f"{BASE}clusters:\n  location_quotient:\n    activity: a\n    total: b\n"
        f"    probability: {given}\n"
    )
    assert lines == [f"spec.yaml:{NEXT + 4}: {QUOTIENT}.probability: {words}"]


def test_a_share_that_may_be_a_name_too():
    assert said_of("clusters: {location_quotient: {activity: a, total: b, reference: 30}}\n") == [
        f"{QUOTIENT}.reference: not allowed here. Got 30; expected 'panel' or 'all_regions', or "
        "1 or less. Write 0.3."
    ]


@pytest.mark.parametrize(
    ("addition", "line"),
    [
        ("engine:\n\tdraws: 10\n", NEXT + 1),
        ("engine:\n  draws: 10\n  \tchains: 2\n", NEXT + 2),
        ("engine: {draws: 10,\n\tchains: 2}\n", NEXT + 1),
        ("title:\tx: y\n", NEXT),
        ("title: x\ty: z\n", NEXT),
    ],
)
def test_a_tab(addition, line):
    assert said(BASE + addition) == [f"spec.yaml:{line}: a tab. Write spaces instead."]


def test_a_tab_inside_quotes_is_not_the_problem():
    (line,) = said(BASE + "title: 'x\ty': z\n")
    assert line.startswith(f"spec.yaml:{NEXT}: not valid YAML: mapping values are not allowed")
