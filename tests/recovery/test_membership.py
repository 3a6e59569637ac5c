"""How often a region said to be a cluster with probability p is one, among 150 regions.

The prior is learned anew in each replicate, as a user's would be. What is asserted holds for the
populations below: shares that differ as those of real cities do. Where shares differ less, or
regions are few, intervals are too short, as the notes of ``location_quotient`` say. With ``-rP``
pytest prints the table of each population.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustermodels.network.shares import BetaPrior, above, fit_shares, interval, posterior

CITIES = Path(__file__).parents[2].parent / "shared" / "data" / "h2020_city_year.csv"
CUT = 0.192390
# The default reference: the share of all regions together, which is estimated from the same draw.
PANEL = None
# From where nearly every city is above to where nearly none is.
CUTS = tuple(np.arange(5, 40, 2) / 100)
REPLICATES = 1000
REGIONS = 150
BINS = 10
ENOUGH = 500
# Of one bin: 500 cases have a standard error of at most 0.022, and the error of the learned prior
# is common to all cases of one replicate.
TOLERANCE = 0.07
LIKE_THE_CITIES = BetaPrior(2.8145, 13.9751)


def from_a_beta(rng):
    return rng.beta(LIKE_THE_CITIES.a, LIKE_THE_CITIES.b, REGIONS)


def sizes(rng):
    """Give totals about as wide as the cities': 120 to some thousands, half of them below 270."""
    return 120 + rng.lognormal(5.0, 1.2, REGIONS).astype(int)


def cities():
    """Give the counts and totals of 150 cities, six years pooled."""
    if not CITIES.exists():
        pytest.skip("the shared data folder is absent")
    table = pd.read_csv(CITIES).groupby("id")[["leit_part", "participations"]].sum()
    return table["leit_part"].to_numpy(), table["participations"].to_numpy()


def calibration(name, truth, total, rng, cuts=(CUT,)):
    """Tabulate, per bin of the stated probability: cases, mean probability, share truly above.

    Where the cut is the panel's share, a region is truly above it if its share exceeds that of all
    regions were each unit counted at its region's true share. Give the bins with enough cases, and
    the share of 95 % intervals that hold the truth.
    """
    stated, true, inside = [], [], []
    for _ in range(REPLICATES):
        share, n = truth(rng), total(rng)
        x = rng.binomial(n, share)
        prior = fit_shares(x, n)
        lower, upper = interval(prior, x, n)
        inside.append((lower <= share) & (share <= upper))
        for cut in cuts:
            estimated, known = (
                (x.sum() / n.sum(), share @ n / n.sum()) if cut is PANEL else (cut,) * 2
            )
            stated.append(above(prior, x, n, estimated))
            true.append(share > known)
    table = pd.DataFrame({"stated": np.concatenate(stated), "true": np.concatenate(true)})
    tenth = np.minimum((table["stated"] * BINS).astype(int), BINS - 1)
    table = table.groupby(tenth.rename("tenth")).agg(
        cases=("true", "size"), stated=("stated", "mean"), true=("true", "mean")
    )
    table["apart"] = table["true"] - table["stated"]
    held = float(np.mean(inside))
    print(f"{name}: 95 % intervals hold {held:.3f}\n{table.round(3).to_string()}")
    return table[table["cases"] >= ENOUGH], held


def test_shares_drawn_from_a_beta():
    table, held = calibration("beta", from_a_beta, sizes, np.random.default_rng(11))
    assert len(table) == BINS
    assert table["apart"].abs().max() < TOLERANCE
    assert abs(held - 0.95) < 0.01


def small(rng):
    return rng.integers(5, 41, REGIONS)


@pytest.mark.parametrize("total", [sizes, small])
def test_the_default_reference(total):
    rng = np.random.default_rng(15)
    name = f"beta, {total.__name__}, the panel's share"
    table, _ = calibration(name, from_a_beta, total, rng, (PANEL,))
    assert len(table) == BINS
    assert table["apart"].abs().max() < TOLERANCE


def test_small_regions_where_the_prior_matters():
    """Totals of 5 to 40, where the learned prior is most of what is known of a region."""
    table, held = calibration("beta, small", from_a_beta, small, np.random.default_rng(12))
    assert len(table) == BINS
    assert table["apart"].abs().max() < TOLERANCE
    assert abs(held - 0.95) < 0.015


@pytest.mark.parametrize("kind", ["observed", "shrunken"])
def test_the_cities_with_known_shares(kind):
    """Asserted over many cuts; at one cut printed only.

    A fixed truth has some thirty cities near a cut. Which of them are above it is the same in all
    replicates, so that a bin's share can be 0.1 off however many cases it has; over many cuts that
    averages out.
    """
    x, n = cities()
    a, b = posterior(fit_shares(x, n), x, n)
    known = {"observed": x / n, "shrunken": a / (a + b)}[kind]
    arguments = (lambda rng: known, lambda rng: n)
    calibration(f"{kind} shares, one cut", *arguments, np.random.default_rng(13))
    rng = np.random.default_rng(14)
    table, held = calibration(f"{kind} shares, all cuts", *arguments, rng, CUTS)
    assert len(table) == BINS
    assert table["apart"].abs().max() < TOLERANCE
    assert abs(held - 0.95) < 0.01


def test_two_kinds_of_region_are_far_from_a_beta():
    """No share lies near the cut, where a beta says that many do. Only the tails are asserted."""
    table, _ = calibration(
        "two kinds",
        lambda rng: rng.choice([0.12, 0.25], REGIONS, p=[0.7, 0.3]),
        sizes,
        np.random.default_rng(16),
    )
    assert table["apart"].iloc[[0, -1]].abs().max() < TOLERANCE
