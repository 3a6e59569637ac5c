"""The latent Gaussian engine beside long runs of NUTS, and calibrated by simulation.

With many draws its Monte Carlo errors are so small that an approximation would show beside a long
run. Calibration needs nothing but the model: where truths are drawn from the prior and outcomes
from the model, truths rank uniformly among draws. With ``-rP`` pytest prints what was found.
"""

import numpy as np
import pytest

from tests.recovery import checks, fast_world
from tests.reference.accuracy import AbsentRecordsError, compare, line
from tests.reference.long_runs import CASES

DRAWS = 40_000
# A Gaussian posterior is exact but for Monte Carlo error, so that no allowance is due.
GAUSSIAN = ("ai_gaussian", "zones_gaussian", "zones_pooled", "capital_free", "capital_pooled")
GAUSSIAN_DRAWS = 200_000

REPLICATES = 500
# Of a family: of all bands together, and of all biases.
LEVEL = 0.01
BAD_K = 0.7


def compared(name, draws, folder):
    try:
        found = compare(name, draws, folder)
    except AbsentRecordsError:
        pytest.skip("the records that this case reads are not here")
    print(line(name, found))
    return found


@pytest.mark.parametrize("name", CASES)
def test_many_draws_agree_with_a_long_run(name, tmp_path):
    found = compared(name, DRAWS, tmp_path)
    beyond = found.beyond()
    # few effective draws have errors so wide that anything would lie in them
    assert found.effective > found.draws / 2
    assert found.pareto_k < BAD_K
    assert beyond.empty, beyond.to_string()


@pytest.mark.parametrize("name", GAUSSIAN)
def test_gaussian_posteriors_differ_by_monte_carlo_errors_alone(name, tmp_path):
    found = compared(name, GAUSSIAN_DRAWS, tmp_path)
    assert found.effective > found.draws / 2
    beyond = found.beyond(allowed=False)
    assert beyond.empty, beyond.to_string()


@pytest.fixture(scope="module", params=fast_world.FAMILIES)
def replicates(request):
    rows = fast_world.table()
    made = [fast_world.replicate(request.param, number, rows) for number in range(REPLICATES)]
    _report(request.param, made)
    return made


def _ranks(replicates):
    return np.array([[*one.ranks.values()] for one in replicates])


def _errors(replicates):
    return np.array([[*one.errors.values()] for one in replicates])


def _report(family, replicates):
    names = [*replicates[0].ranks]
    bands = checks.rank_probability(_ranks(replicates), fast_world.RANKED + 1)
    biases = checks.mean_probability(_errors(replicates), 0.0)
    means = _ranks(replicates).mean(axis=0) / fast_world.RANKED
    ks = np.array([one.pareto_k for one in replicates])
    print(
        f"{family}: Pareto k over {BAD_K} in {np.mean(ks > BAD_K):.3f}, median {np.median(ks):.2f}"
    )
    for name, band, bias, mean in zip(names, bands, biases, means, strict=True):
        print(f"{name}: mean rank {mean:.3f}, ranks {band:.2g}, bias {bias:.2g}")


def test_ranks_stay_in_their_bands(replicates):
    """The 99 % simultaneous band of all quantities; it is wider by how many they are."""
    found = checks.rank_probability(_ranks(replicates), fast_world.RANKED + 1)
    worst = [*replicates[0].ranks][int(np.argmin(found))]
    assert checks.smallest(found) > LEVEL, f"{worst}: probability {found.min():.1e}"


def test_posterior_means_have_no_bias(replicates):
    found = checks.mean_probability(_errors(replicates), 0.0)
    worst = [*replicates[0].errors][int(np.argmin(found))]
    assert checks.smallest(found) > LEVEL, f"{worst}: probability {found.min():.1e}"


def test_weights_can_be_relied_on(replicates):
    """What the engine says of itself: where k is over 0.7, auto would have taken NUTS."""
    assert np.mean([one.pareto_k > BAD_K for one in replicates]) < 0.05


def test_counts_stay_in_a_range_that_users_have(replicates):
    assert max(one.largest for one in replicates) < fast_world.LARGEST
