"""The short forms: lists of names, names without settings, and the defaults they stand for."""

import pytest

from clustermodels.spec.read import read_text
from tests.documents import BASE, NEXT, said, said_of

WRONG = "not what belongs here"


def read(addition: str):
    return read_text(BASE + addition, "spec.yaml")


def test_a_list_is_short_for_defaults():
    short = read("controls: [gdp, {income: {transform: log}}]\nmoderators: [centrality]\n")
    long = read(
        "controls: {gdp: {}, income: {transform: log}}\nmoderators: {centrality: {kind: column}}\n"
    )
    assert short.plain() == long.plain()
    assert list(short.controls) == ["gdp", "income"]


def test_a_name_without_settings_is_short_too():
    assert (
        read("controls: {gdp: , talent: }\n").plain() == read("controls: [gdp, talent]\n").plain()
    )


def test_list_items_keep_their_lines():
    text = "controls:\n  - gdp\n  - income:\n      transform: log\n      lag: -1\n"
    assert said(BASE + text) == [
        f"spec.yaml:{NEXT + 4}: controls.income.lag: not allowed here. Got -1; expected 0 or more."
    ]


def test_defaults():
    spec = read("")
    assert spec.treatments["policies"].kind == "dose"
    assert spec.treatments["policies"].column == "policies"
    assert spec.treatments["policies"].slope == "partial"
    assert spec.outcomes["patents"].column == "patents"
    pooled = {name: (item.columns, item.pooling) for name, item in spec.fixed_effects.items()}
    assert pooled == {"cluster": (("cluster",), "correlated"), "year": (("year",), "free")}
    engine = spec.engine
    assert (engine.kind, engine.draws, engine.tune, engine.chains) == ("nuts", 1000, 1000, 4)


def test_fixed_effects_are_complete_where_they_are_there():
    assert list(read("fixed_effects: {region: }\n").fixed_effects) == ["region"]
    assert read("fixed_effects: {}\n").fixed_effects == {}


def test_a_key_is_the_column_unless_column_says_otherwise():
    spec = read("controls: {gdp: , rich: {column: gdp, transform: log}}\n")
    assert [control.column for control in spec.controls.values()] == ["gdp", "gdp"]


def test_an_adoption_by_first_year_reads_that_column_alone():
    text = BASE.replace("lag: 1", "kind: adoption, first_year: start, lag: 2")
    (read_,) = read_text(text, "spec.yaml").treatments["policies"].reads()
    assert (read_.column, read_.lag, read_.may_be_empty) == ("start", 0, True)


def test_a_moderator_bends_every_treatment_or_those_it_lists():
    text = BASE + "  subsidy: {}\nmoderators: {a: , b: {moderates: [subsidy]}}\n"
    assert read_text(text, "spec.yaml").moderated() == [
        ("policies", "a"),
        ("subsidy", "a"),
        ("subsidy", "b"),
    ]


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        (
            "controls: gdp\n",
            f"controls: {WRONG}. Got 'gdp'; expected a mapping, or a list of names. Write [gdp].",
        ),
        (
            "controls: 3\n",
            f"controls: {WRONG}. Got 3; expected a mapping, or a list of names. Write [NAME].",
        ),
        (
            "controls: [gdp, gdp]\n",
            "controls.1: 'gdp' is listed twice. Keep one, or give one another key and 'column:'.",
        ),
        (
            "controls: [a, {b: {}, c: {}}]\n",
            f"controls.1: {WRONG}. Got {{b: {{}}, c: {{}}}}; expected a name, or one name with its "
            "settings. Write NAME, or NAME: {...}, once for each dash.",
        ),
        (
            "controls: [2015]\n",
            f"controls.0: {WRONG}. Got 2015; expected a name, or one name with its settings. "
            "Put quotes around it: '2015'.",
        ),
    ],
)
def test_a_list_that_is_none(addition, words):
    assert said_of(addition) == [words]


def test_every_bad_item_is_named_on_its_own_line():
    assert said(BASE + "controls:\n  - gdp\n  - [a]\n  - gdp\n") == [
        f"spec.yaml:{NEXT + 2}: controls.1: {WRONG}. Got [a]; expected a name, or one name with "
        "its settings. Write NAME, or NAME: {...}, once for each dash.",
        f"spec.yaml:{NEXT + 3}: controls.2: 'gdp' is listed twice. "
        "Keep one, or give one another key and 'column:'.",
    ]
