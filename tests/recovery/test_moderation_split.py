"""Opposite slopes of becoming and being, over drawn panels."""

import numpy as np

import clustermodels as cm
from tests.results.test_moderation_split import CORRELATED, world

PANELS, WITHIN, BETWEEN = 20, 0.1, -0.1
SPLIT = CORRELATED | {
    "moderators": {"z": {"split": "within_between"}},
    "engine": {"kind": "latent_gaussian", "draws": 500, "chains": 2},
}


def test_both_are_found_with_their_signs_and_their_errors():
    truth = {"d_x_z_within": WITHIN, "d_x_z_between": BETWEEN, "d_mean_x_z": 0.0}
    scores = []
    for seed in range(PANELS):
        frame = world(within=WITHIN, between=BETWEEN, clusters=30, seed=seed)
        draws = cm.fit(cm.read_spec(SPLIT), frame).posterior
        ours = {name: draws[name].to_numpy().ravel() for name in truth}
        scores.append([(ours[n].mean() - at, ours[n].std()) for n, at in truth.items()])
        assert np.mean(ours["d_x_z_within"]) > 0 > np.mean(ours["d_x_z_between"])
    off, sd = np.moveaxis(np.array(scores), 2, 0)
    z = off / sd
    # the mean of 20 standard normals, and their number beyond 1.96, within 99.9 % of their laws
    assert (np.abs(z.mean(axis=0)) < 3.3 / np.sqrt(PANELS)).all(), z.mean(axis=0)
    assert ((np.abs(z) > 1.96).sum(axis=0) <= 5).all(), z
