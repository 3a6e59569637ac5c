"""Labels that are almost the same are found, and different codes are not."""

import random
import string
from difflib import SequenceMatcher

import pytest

from clustermodels.network.labels import near_matches

KNOWN = ["São Paulo", "Saint-Étienne", "Frankfurt (Main)", "Köln", "Straße", "Ṣanʿāʾ", "Αθήνα"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SAO PAULO", "São Paulo"),
        ("Saopaulo", "São Paulo"),
        ("saint etienne", "Saint-Étienne"),
        ("FRANKFURT / MAIN", "Frankfurt (Main)"),
        ("Ko\u0308ln", "Köln"),
        ("STRASSE", "Straße"),
        ("San'a", "Ṣanʿāʾ"),
        ("ΑΘΗΝΑ", "Αθήνα"),
        ("Saint-Etiene", "Saint-Étienne"),
        ("Frankfort Main", "Frankfurt (Main)"),
    ],
)
def test_the_name_that_was_meant(name, meant):
    assert near_matches([name], KNOWN) == [(name, meant)]


def test_known_names_and_strangers_have_none():
    assert near_matches([*KNOWN, "Oslo", "", "--", "Frank"], KNOWN) == []


def test_another_digit_is_another_region():
    known = [f"01{code:08d}" for code in range(4000)]
    assert near_matches(["0100004001", "Region 0000000001"], known) == []
    assert near_matches(["01-0000-0007"], known) == [("01-0000-0007", "0100000007")]


def test_order_is_that_of_the_names_and_repeats_are_said_once():
    found = near_matches(["koln", "SAO PAULO", "koln"], KNOWN)
    assert found == [("koln", "Köln"), ("SAO PAULO", "São Paulo")]


def test_two_known_names_that_differ_by_accents_give_the_first():
    assert near_matches(["sao"], ["São", "Sao"]) == [("sao", "Sao")]


def test_the_closest_of_several_spellings():
    known = ["abcdefghijklmnopqrxx", "abcdefghijklmnopqrsx"]
    assert near_matches(["abcdefghijklmnopqrst"], known) == [("abcdefghijklmnopqrst", known[1])]


def test_a_slip_of_the_first_letter_is_another_name():
    assert near_matches(["Changzhou", "Zhangzhou"], ["Hangzhou"]) == []


def test_the_quick_way_finds_what_a_full_comparison_finds():
    rng = random.Random(4)
    known = [
        "".join(rng.choices(string.ascii_lowercase[:6], k=rng.randint(8, 14))) for _ in range(200)
    ]
    names = []
    for word in known[:100]:
        spelt = [*word]
        for _ in range(rng.randint(1, 2)):
            spelt[rng.randrange(len(spelt))] = rng.choice("abcxyz")
        names.append("".join(spelt))
    names = [name for name in dict.fromkeys(names) if name not in known]
    found = dict(near_matches(names, known))
    for name in names:
        alike = [word for word in known if word[0] == name[0]]
        best = max((SequenceMatcher(None, word, name).ratio() for word in alike), default=0)
        assert (name in found) == (best >= 0.9), name
        if name in found:
            assert SequenceMatcher(None, found[name], name).ratio() == best
    assert len(found) > 30
