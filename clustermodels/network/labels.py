"""Labels that are almost the same, for messages: nothing is ever merged."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

# The share of letters in common, in order, from which two spellings are close.
CLOSE = 0.9
# The most spellings that are compared letter by letter for one name.
MOST = 20
# Letters are counted in this many boxes; the letters a to z have one each.
BOXES = 32
# ASCII signs that are neither letters nor digits, to be left out, but for the line break.
_SIGNS = {code: None for code in range(128) if not chr(code).isalnum() and chr(code) != "\n"}


def near_matches(names: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Pair names that are not known with the known name that was probably meant.

    A name is meant that is equal but for case, accents, spaces and punctuation; else the closest
    spelling, where at least 0.9 of the letters agree (difflib's ratio). A close spelling
    begins with the same letter. A name with a digit is a code, for which another digit is another
    region: it has no close spelling.

    Returns
    -------
    (name, known name) in the order of the names; names without a near match are left out.

    Examples
    --------
    >>> near_matches(["SAO PAULO", "Barcelone", "Oslo"], ["São Paulo", "Barcelona"])
    [('SAO PAULO', 'São Paulo')]
    >>> near_matches(["Saint-Etienes"], ["Saint Etienne"])
    [('Saint-Etienes', 'Saint Etienne')]
    """
    choices = sorted({*known})
    given = set(choices)
    plain: dict[str, str] = {}
    for choice in choices:
        plain.setdefault(_plain(choice), choice)
    plain.pop("", None)
    lost = {name: _plain(name) for name in names if name not in given}
    meant = {name: plain[letters] for name, letters in lost.items() if letters in plain}
    left = {name: lost[name] for name in lost if name not in meant and _is_spelt(lost[name])}
    if left:
        spelt = [letters for letters in plain if _is_spelt(letters)]
        meant |= {name: plain[letters] for name, letters in _closest(left, spelt).items()}
    return [(name, meant[name]) for name in lost if name in meant]


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Group the names of one list that are equal but for case, accents, spaces and punctuation.

    Examples
    --------
    >>> alike(["Köln", "Bonn", "KOLN"])
    [('KOLN', 'Köln')]
    """
    groups: dict[str, list[str]] = {}
    different = sorted({*names})
    for name, letters in zip(different, _all_plain(different), strict=True):
        groups.setdefault(letters, []).append(name)
    return [tuple(group) for letters, group in groups.items() if letters and len(group) > 1]


def _all_plain(names: list[str]) -> list[str]:
    """Strip names to their letters and digits; together, where they are many and plain ASCII."""
    together = "\n".join(names)
    if together.isascii():
        plain = together.lower().translate(_SIGNS).split("\n")
        if len(plain) == len(names):  # no name has a line break of its own
            return plain
    return [_plain(name) for name in names]


def _plain(name: str) -> str:
    """Strip a name to its letters and digits; a modifier letter (Sanʿa) is a kind of apostrophe."""
    if name.isascii() and name.isalnum():
        return name.lower()
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = (sign for sign in letters if sign.isalnum() and unicodedata.category(sign) != "Lm")
    # folded again: a decomposed sign may leave a capital
    return "".join(kept).casefold()


def _is_spelt(letters: str) -> bool:
    return bool(letters) and not any(sign.isdigit() for sign in letters)


def _closest(left: dict[str, str], spelt: list[str]) -> dict[str, str]:
    """Find the closest spelling of each name, comparing in order only what could be close.

    The ratio is 2 M / (length + length), M the letters in common in order; M is at most the
    letters in common in any order.
    """
    counts = _counts(spelt)
    lengths = counts.sum(axis=1)
    found: dict[str, str] = {}
    for name, letters in left.items():
        # lengths first: most spellings are out by them alone
        length = len(letters)
        shorter = np.minimum(lengths, length)
        near = np.flatnonzero(2 * shorter >= CLOSE * (lengths + length))
        common = np.minimum(counts[near], _counts([letters])).sum(axis=1)
        most = 2 * common / (lengths[near] + length)
        likely = near[most >= CLOSE]
        best = likely[np.argsort(-most[most >= CLOSE], kind="stable")][:MOST]
        matcher = SequenceMatcher(autojunk=False, b=letters)
        close = CLOSE
        for candidate in best.tolist():
            if spelt[candidate][0] != letters[0]:
                continue  # slips are seldom of the first letter, and Changzhou is not Hangzhou
            matcher.set_seq1(spelt[candidate])
            ratio = matcher.ratio()
            if ratio > close or (ratio == close and name not in found):
                close, found[name] = ratio, spelt[candidate]
    return found


def _counts(words: list[str]) -> NDArray[np.int64]:
    """Count the letters of each word, (word, box)."""
    counts = np.zeros((len(words), BOXES), dtype=np.int64)
    rows = np.repeat(np.arange(len(words)), [len(word) for word in words])
    boxes = np.array([ord(sign) % BOXES for word in words for sign in word], dtype=np.int64)
    np.add.at(counts, (rows, boxes), 1)
    return counts
