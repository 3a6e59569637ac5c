"""What the peers share: where the panel is, and the numbers of the document's priors."""

from pathlib import Path

import pandas as pd

CHAINS = 4
SEED = 1

# Means and sds, on standardised columns.
INTERCEPT = (3, 2.5)
SLOPE = 0.8
LEVEL = 1
# of an effect that is not pooled
FREE = 2.5


def read(folder: Path) -> pd.DataFrame:
    """Read the panel, from Parquet where it is there."""
    fast = folder / "panel.parquet"
    return pd.read_parquet(fast) if fast.exists() else pd.read_csv(folder / "panel.csv")
