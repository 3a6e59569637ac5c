"""Columns with missing cells or errors, over many panels: the truth, and what goes wrong without.

How many cells are missing is the same in every panel, so that NUTS compiles one model.
"""

import numpy as np
import pandas as pd

import clustermodels as cm

PANELS, CLUSTERS, YEARS = 40, 20, 6
SLOPE, OTHER = 0.8, 0.5
VARIANCE, ERROR = 0.5**2 + 0.8**2, 0.7


def panel(seed):
    """x given z and the cluster; 30 % of x missing, most where z is high; w is x with an error."""
    rng = np.random.default_rng(seed)
    n = CLUSTERS * YEARS
    z = rng.normal(size=n)
    x = np.repeat(rng.normal(0, 0.5, CLUSTERS), YEARS) + 0.7 * z + rng.normal(0, 0.5, n)
    dose = rng.normal(size=n) + 0.5 * x
    y = SLOPE * x + OTHER * dose + rng.normal(size=n)
    gone = np.argsort(1.5 * z + rng.logistic(size=n))[-int(0.3 * n) :]
    plain = np.repeat(rng.normal(0, 0.5, CLUSTERS), YEARS) + rng.normal(0, 0.8, n)
    return pd.DataFrame(
        {
            "city": np.repeat([f"c{j:02d}" for j in range(CLUSTERS)], YEARS),
            "year": np.tile(np.arange(YEARS), CLUSTERS),
            "y": y,
            "dose": dose,
            "z": z,
            "x": np.where(np.isin(np.arange(n), gone), np.nan, x),
            "w": plain + rng.normal(0, ERROR, n),
            "yw": SLOPE * plain + rng.normal(size=n),
        }
    )


def fits(outcome, treatments, control):
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {outcome: {"family": "gaussian"}},
        "treatments": {key: {"slope": "common"} for key in treatments},
        "controls": {"c": control},
        "fixed_effects": {},
        "engine": {"kind": "nuts", "draws": 400, "tune": 400, "chains": 2},
    }
    for seed in range(PANELS):
        yield cm.fit(cm.read_spec(document), panel(seed))


def looked_at(fit, name, truth):
    table = cm.summary(fit).sel(quantity=name)
    low, high = float(table["eti95_lower"]), float(table["eti95_upper"])
    compared = cm.measurement(fit).sel(coefficient=name)
    numbers = [
        float(compared[key]) for key in ("corrected", "plug_in", "corrected_sd", "plug_in_sd")
    ]
    return [low < truth < high, *numbers]


def judged(found, truth):
    """The truth is covered, and the mean of the estimates is as near as chance allows."""
    assert found[:, 0].mean() >= 0.82  # fewer of 40 have probability 0.0003 at 0.95
    error = found[:, 1].std(ddof=1) / np.sqrt(len(found))
    assert abs(found[:, 1].mean() - truth) < 3.5 * error


def test_imputed_cells_give_the_truth_and_more_of_it_than_complete_rows():
    found = {"c": [], "dose": []}
    for fit in fits("y", ["dose"], {"column": "x", "missing": {"given": ["z"]}}):
        for name, truth in (("c", SLOPE), ("dose", OTHER)):
            found[name].append(looked_at(fit, name, truth))
    for name, truth in (("c", SLOPE), ("dose", OTHER)):
        of = np.array(found[name], dtype=float)
        print(f"{name}: covered {of[:, 0].mean():.3f}, mean {of[:, 1].mean():.3f} for {truth}, sd "
              f"{of[:, 3].mean():.4f} against {of[:, 4].mean():.4f} of complete rows")  # fmt: skip
        judged(of, truth)
        assert of[:, 3].mean() < of[:, 4].mean()


def test_errors_attenuate_by_the_reliability_and_are_corrected():
    found = [looked_at(fit, "c", SLOPE) for fit in fits("yw", [], {"column": "w", "error": ERROR})]
    of = np.array(found, dtype=float)
    reliability = VARIANCE / (VARIANCE + ERROR**2)
    ratio = of[:, 2].mean() / SLOPE
    print(f"covered {of[:, 0].mean():.3f}, mean {of[:, 1].mean():.3f} for {SLOPE}; plug-in "
          f"{ratio:.3f} of it, for {reliability:.3f}")  # fmt: skip
    judged(of, SLOPE)
    error = of[:, 2].std(ddof=1) / np.sqrt(PANELS) / SLOPE
    assert abs(ratio - reliability) < 3.5 * error
