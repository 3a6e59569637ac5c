"""Say how good saved draws are, as JSON: python quality.py FILE PEER.

The effective sample size does not change under monotone maps, so units and inverses may differ.
"""

import json
import sys

import xarray as xr
from arviz_stats import ess, rhat

# The slopes, the dispersion and the group sds, as each peer calls them.
NAMES = {
    "clustermodels": [
        *("policies", "centrality", "policies_x_centrality", "ed", "ic", "ie"),
        *("dispersion", "cluster_effect_sd", "policies_sd"),
    ],
    "pymc": ["beta", "dispersion", "city_effects_stds"],
    "bambi": [
        *("policies", "centrality", "policies:centrality", "ed", "ic", "ie"),
        *("alpha", "1|city_sigma", "policies|city_sigma"),
    ],
}


def main(file: str, peer: str) -> None:
    with xr.open_datatree(file, engine="h5netcdf") as tree:
        draws = tree["posterior"].to_dataset()[NAMES[peer]].load()
        divergences = int(tree["sample_stats"]["diverging"].sum())
    least = min(float(values.min()) for values in ess(draws, method="bulk").values())
    worst = max(float(values.max()) for values in rhat(draws).values())
    print(json.dumps({"ess": least, "rhat": worst, "divergences": divergences}))


if __name__ == "__main__":
    main(*sys.argv[1:])
