"""Sampling error of ties taken out of an interaction, over drawn networks and panels."""

import numpy as np

import clustermodels as cm
from tests.results.sampled_world import BEND, document, world

WORLDS = 20


def test_the_corrected_interaction_is_less_biased_and_its_interval_covers():
    rows = []
    for seed in range(WORLDS):
        tables, true = world(seed)
        fit = cm.fit(cm.read_spec(document()), tables)
        found = cm.attenuation(fit).sel(coefficient="d_x_z")
        names = ("plug_in", "plug_in_sd", "corrected", "corrected_sd")
        rows.append([float(found[name]) * true.std() / BEND for name in names])
    plug_in, plug_in_sd, corrected, corrected_sd = np.array(rows).T
    print(f"plug-in {plug_in.mean():.3f}, corrected {corrected.mean():.3f} of the truth")
    covered = [
        (np.abs(value - 1) < 1.96 * sd).mean()
        for value, sd in ((plug_in, plug_in_sd), (corrected, corrected_sd))
    ]
    print(f"covered: {covered[0]:.0%} and {covered[1]:.0%}")
    off = np.abs(corrected.mean() - 1)
    assert off < 0.5 * np.abs(plug_in.mean() - 1)
    assert off < 3 * corrected.std() / np.sqrt(WORLDS)
    # 15 or fewer of 20 has a probability of 0.3 % where each is 95 %
    assert covered[1] >= 0.8 > covered[0]
