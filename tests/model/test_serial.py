"""The compiled model of dependent residuals against numpy."""

import numpy as np
import pytest
import xarray as xr
from pymc.pytensorf import compile as compiled

import clustermodels as cm
from clustermodels.fits.density import log_likelihood
from clustermodels.model.numbers import structure
from tests.data.test_serial import EFFECTS, ERRORS
from tests.designs import designed, table


@pytest.mark.parametrize(
    ("document", "own"), [(ERRORS, ("sigma",)), (EFFECTS, ("residual_effect", "residual_sd"))]
)
def test_it_is_the_density_and_the_path_that_numpy_makes(document, own):
    *_, design = designed(document, table())
    model = cm.build_model(design)
    names = ["intercept", "dose", "residual_correlation", *own]
    inputs = [model.rvs_to_values[variable] for variable in model.free_RVs]
    told = model.replace_rvs_by_values([model[name] for name in names])
    density = model.logp(vars=[model[design.outcome.name]])
    function = compiled(inputs, [density, *told], mode="FAST_COMPILE")
    start, rng = model.initial_point(random_seed=3), np.random.default_rng(7)
    for _ in range(3):
        point = {
            name: value + 0.4 * rng.normal(size=np.shape(value)) for name, value in start.items()
        }
        density, *values = function(**point)
        at = dict(zip(names, values, strict=True))
        posterior = xr.Dataset(
            {
                name: (("chain", "draw", *["level"] * value.ndim), value[None, None])
                for name, value in at.items()
            },
            coords={"chain": [0], "draw": [0]},
        )
        ours = log_likelihood(design, posterior)
        np.testing.assert_allclose(float(ours.sum()), float(density), rtol=1e-10)
        if "residual_effect" in at:
            share = at["residual_correlation"] ** np.maximum(design.serial.gap, 1)
            path = point["z_residual_effect"].copy()
            for row in np.flatnonzero(design.serial.gap):
                new = np.sqrt(1 - share[row] ** 2) * path[row]
                path[row] = share[row] * path[row - 1] + new
            np.testing.assert_allclose(at["residual_effect"], at["residual_sd"] * path, rtol=1e-12)


def test_another_panel_of_the_structure_is_another_only_in_its_numbers():
    *_, one = designed(EFFECTS, table(1))
    *_, other = designed(EFFECTS, table(2))
    *_, apart = designed({k: v for k, v in EFFECTS.items() if k != "residuals"}, table(1))
    assert structure(one) == structure(other) != structure(apart)
