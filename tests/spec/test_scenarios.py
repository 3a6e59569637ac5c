"""The section scenarios: one verb an edit, years, conditions."""

import pytest

from clustermodels.spec.read import read_text
from tests.documents import BASE, NEXT, said, said_of

VERB = "an edit has exactly one verb"
VERBS = "add, set, scale, delay, repeal, tie, join, rewire"
SPLIT = "Write one edit per verb: [{add: {policies: 1}}, {set: {subsidy: 0}}]."
WRONG = "not what belongs here"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        (
            "[{add: {policies: 1}, set: {policies: 0}}]",
            f"a.0: {VERB}. Got add, set; expected {VERBS}. {SPLIT}",
        ),
        ("[{}]", f"a.0: {VERB}. Got {{}}; expected {VERBS}. {SPLIT}"),
        (
            "[{ad: {policies: 1}}]",
            f"a.0: {VERB}. Got {{ad: {{policies: 1}}}}; expected {VERBS}. Did you mean 'add'?",
        ),
        (
            "{add: {policies: 1}}",
            f"a: {WRONG}. Got {{add: {{policies: 1}}}}; expected a list. "
            "Write [{add: {policies: 1}}].",
        ),
        ("more", f"a: {WRONG}. Got 'more'; expected a list. Write [{{add: {{COLUMN: 1}}}}]."),
        (
            "[{add: {policy: 1}}]",
            "a.0.add.policy: no treatment, moderator or control reads this column, so editing it "
            "would change nothing. Got 'policy'; expected policies. Did you mean 'policies'?",
        ),
        ("[{add: {policies: one}}]", f"a.0.add.policies: {WRONG}. Got 'one'; expected a number."),
        (
            "[{add: {policies: .inf}}]",
            f"a.0.add.policies: {WRONG}. Got inf; expected a finite number.",
        ),
        ("[{add: {}}]", "a.0.add: not allowed here. Got {}; expected 1 or more of them."),
        (
            "[{add: {policies: 1}, years: 2018}]",
            f"a.0.years: {WRONG}. Got 2018; expected a list, or a mapping of from, to. "
            "Write [2018].",
        ),
        (
            "[{add: {policies: 1}, years: {}}]",
            "a.0.years: an empty range of years. Write {from: 2018, to: 2021}.",
        ),
        (
            "[{add: {policies: 1}, years: {from: 2020, to: 2018}}]",
            "a.0.years: the range of years ends before it begins. Swap 'from' and 'to'.",
        ),
        (
            "[{add: {policies: 1}, years: {form: 2020}}]",
            "a.0.years.form: unknown key. Got 'form'; expected from, to. Did you mean 'from'?",
        ),
        (
            "[{add: {policies: 1}, where: {x: {}}}]",
            "a.0.where.x: a condition without a rule. "
            "Write {below: 3}, {above_quantile: 0.75} or {is: NAME}.",
        ),
        (
            "[{add: {policies: 1}, where: {x: 3}}]",
            f"a.0.where.x: {WRONG}. Got 3; expected a mapping of below, above, below_quantile, "
            "above_quantile, is. Write {is: 3}.",
        ),
        (
            "[{add: {policies: 1}, where: {region: 东部}}]",
            f"a.0.where.region: {WRONG}. Got '东部'; expected a mapping of below, above, "
            "below_quantile, above_quantile, is. Write {is: 东部}.",
        ),
        (
            "[{add: {policies: 1}, years: 2015-2018}]",
            f"a.0.years: {WRONG}. Got '2015-2018'; expected a list, or a mapping of from, to. "
            "Write {from: 2015, to: 2018}.",
        ),
        (
            "[{multiply: {policies: 2}}]",
            f"a.0: {VERB}. Got {{multiply: {{policies: 2}}}}; expected {VERBS}. "
            "Did you mean 'scale'?",
        ),
        (
            "[{add: {policies: 1}, where: {x: {below_quantile: 50}}}]",
            "a.0.where.x.below_quantile: not allowed here. Got 50; expected 1 or less. Write 0.5.",
        ),
    ],
)
def test_refused(edits, words):
    assert said_of(f"scenarios: {{a: {edits}}}\n") == [f"scenarios.{words}"]


def test_the_year_itself_is_not_edited():
    addition = "controls: {trend: {column: year}}\nscenarios: {a: [{set: {year: 2030}}]}\n"
    assert said(BASE + addition) == [
        f"spec.yaml:{NEXT + 1}: scenarios.a.0.set.year: clusters and years say what a row is "
        "about, and are not edited. Got 'year'; expected policies. Use one of these."
    ]


def test_edits_keep_their_order_and_amounts():
    text = "scenarios: {a: [{set: {policies: 0}, years: [2018]}, {scale: {policies: 1.5}}]}\n"
    first, second = read_text(BASE + text, "spec.yaml").scenarios["a"]
    assert (first.verb, first.amounts, first.years) == ("set", {"policies": 0.0}, (2018,))
    assert (second.verb, second.amounts, second.years) == ("scale", {"policies": 1.5}, None)
