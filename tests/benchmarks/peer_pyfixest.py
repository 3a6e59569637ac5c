"""Fixed effects of clusters and years in pyfixest: python peer_pyfixest.py FOLDER FAMILY [--again].

Prints the estimate of the first slope with its standard error, under the assumptions of the
likelihood alone (iid), as JSON; with --again also the seconds of a second fit in the same process.
"""

import json
import sys
import time
from pathlib import Path

import problem
import pyfixest as pf

FORMULA = "patents ~ policies + centrality + policies:centrality + ed + ic + ie | city + year"
FITS = {"gaussian": pf.feols, "poisson": pf.fepois}


def main(folder: str, family: str, again: bool) -> None:
    table = problem.read(Path(folder))
    for _ in range(1 + again):
        start = time.perf_counter()
        made = FITS[family](FORMULA, data=table, vcov="iid")
        seconds = time.perf_counter() - start
    made.summary()
    told = {"estimate": float(made.coef()["policies"]), "error": float(made.se()["policies"])}
    print(json.dumps(told | ({"inside": seconds} if again else {})))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--again" in sys.argv)
