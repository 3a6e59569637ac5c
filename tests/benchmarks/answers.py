"""Time predictions inside the process, as JSON: python answers.py RUN.nc."""

import json
import statistics
import sys
import time

import clustermodels as cm


def main(file: str, repeats: int = 21) -> None:
    fit = cm.load_fit(file)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        answer = cm.predict(fit, "one_more")
        seconds.append(time.perf_counter() - start)
    draws = answer.sizes["chain"] * answer.sizes["draw"]
    told = {"first": seconds[0], "median": statistics.median(seconds[1:])}
    print(json.dumps(told | {"draws": draws, "rows": answer.sizes["obs"]}))


if __name__ == "__main__":
    main(sys.argv[1])
