"""Ranks of clusters whose effects are drawn anew with each panel: do intervals hold them?

Truths are drawn from the prior and outcomes from the model, so that what is said with a probability
p of draws is true with that probability. A rank is one of 29 numbers, so an interval holds it with
what the draws say, and not with 95 % to the digit. With ``-rP`` pytest prints what was found.
"""

import numpy as np
import pytest

import clustermodels as cm
from tests.recovery import checks, fast_world, world

REPLICATES = 500
TOP = 5
# Eight bounds; see ``checks``.
LEVEL = 0.01 / 8


def effects(values, rows, at):
    """Give the true slope in each cluster, the moderator at its mean there or at its centre."""
    slopes = np.array([values["policies_by_cluster"][city] for city in fast_world.CITIES])
    if at == "centre":
        return slopes
    used = rows[rows["year"] > fast_world.FIRST]
    off = used.groupby("city")["centrality"].mean() - used["centrality"].mean()
    return slopes + values["policies_x_centrality"] * off[[*fast_world.CITIES]].to_numpy()


def replicate(number, rows):
    """Give, for both ways to stand: hits and what was said of them, and both of two events."""
    spec = cm.read_spec(fast_world.document("gaussian", fast_world.fast(number)))
    values = fast_world.truth("gaussian", np.random.default_rng([23, number]))
    fit = cm.fit(spec, world.outcome(spec, values, rows, seed=number))
    found = {}
    for at in ("own", "centre"):
        said = cm.rank_clusters(fit, at=at, top=TOP, draws=True)
        theirs = effects(values, rows, at)
        true = (1 + (theirs > theirs[:, None]).sum(axis=1))[
            [fast_world.CITIES.index(city) for city in said["cluster"].to_numpy()]
        ]
        low, high = said["rank_eti95_lower"].to_numpy(), said["rank_eti95_upper"].to_numpy()
        draws = said["rank_draws"].to_numpy().reshape(-1, len(true))
        held, chance = (low <= true) & (true <= high), ((low <= draws) & (draws <= high)).mean(0)
        rows_of = {"held": held, "chance": chance, "width": (high - low + 1) / len(true)}
        error = said["rank_mean"].to_numpy() - true
        rows_of |= {"error": error * (draws.mean(axis=0) - 15), "off": np.abs(error)}
        for event, name, limit in (("top", "top", TOP), ("first", "highest", 1)):
            p = said[f"probability_{name}"].to_numpy()
            rows_of[event] = p * ((true <= limit) - p)
        found[at] = {name: float(np.mean(numbers)) for name, numbers in rows_of.items()}
    return found


@pytest.fixture(scope="module")
def replicates():
    rows = fast_world.table()
    made = [replicate(number, rows) for number in range(REPLICATES)]
    return {
        at: {name: np.array([one[at][name] for one in made]) for name in made[0][at]}
        for at in ("own", "centre")
    }


@pytest.mark.parametrize("at", ["own", "centre"])
def test_intervals_hold_ranks_as_often_as_they_say(replicates, at):
    found = replicates[at]
    print(
        f"{at}: ranks held {found['held'].mean():.3f}, said {found['chance'].mean():.3f}; an "
        f"interval is {found['width'].mean():.2f} of all ranks; mean rank off by "
        f"{found['off'].mean():.1f}"
    )
    assert found["chance"].mean() > 0.95
    assert checks.mean_probability(found["held"] - found["chance"], 0.0) > LEVEL


@pytest.mark.parametrize("at", ["own", "centre"])
@pytest.mark.parametrize("event", ["top", "first", "error"])
def test_probabilities_and_mean_ranks_are_not_too_sure(replicates, at, event):
    """Of p (hit - p), and of (mean rank - 15) (mean rank - rank), the expectation is 0.

    Were probabilities too close to 0 and 1, or mean ranks too far apart, the sums would be off.
    """
    found = replicates[at][event]
    print(f"{at}, {event}: {found.mean():+.5f}, error {found.std() / np.sqrt(REPLICATES):.5f}")
    assert checks.mean_probability(found, 0.0) > LEVEL
