"""Draw speed.svg, time against rows, from what tests/benchmarks/engines.py measured.

Run: python docs/speed.py [engines.json]. Needs altair and vl-convert-python.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert as vlc

DOCS = Path(__file__).resolve().parent
MEASURED = DOCS.parent / "tests" / "benchmarks" / "engines.json"
# Middle tones, which are legible on white and on near-black: the page is not ours to colour.
INK = "#808080"
FAINT = "#80808040"
OURS = "#d9601a"
PEERS = {"bambi": "#3b82c4", "pyfixest": "#3c9d5d", "lme4": "#a06cc9", "glmmTMB": "#1f9a9a"}
PANELS = {
    ("partial", "gaussian"): "slope and intercept by cluster: gaussian",
    ("partial", "negative_binomial"): "slope and intercept by cluster: negative binomial",
    ("free", "gaussian"): "free cluster and year effects: gaussian",
    ("free", "poisson"): "free cluster and year effects: Poisson",
}
SAID = [
    "Whole processes, compiled code in caches, from start to a saved or printed result. Ours and "
    "bambi give posterior draws,",
    "the others point estimates with standard errors. A triangle: stopped there.",
]
SIZE = {"width": 300, "height": 220}
# A time that was stopped is drawn where it was stopped, as an arrow upwards.
LATE = "triangle-up"
# Labels nearer than this share of the axis are pushed apart.
APART = 0.075


def points(measured: dict[str, Any]) -> pd.DataFrame:
    """Give a row a run that was timed or stopped: whole processes with caches filled."""
    rows, engines = [], set[str]()
    for run in measured["runs"]:
        stopped = run["note"].startswith(">")
        seconds = measured["limit"] if stopped else run.get("then") or run.get("first")
        if (run["model"], run["family"]) not in PANELS or seconds is None:
            continue
        name = run["who"].partition(",")[0]
        own = name == "clustermodels"
        engines |= {run["who"]} if own else set()
        rows.append(
            {
                "model": run["model"],
                "family": run["family"],
                "who": run["who"].replace("clustermodels", "ours") if own else name,
                "colour": OURS if own else PEERS.get(name, INK),
                "ours": own,
                "rows": run["rows"],
                "seconds": seconds,
                "stopped": stopped,
            }
        )
    made = pd.DataFrame(rows)
    if len(engines) == 1:
        made.loc[made["ours"], "who"] = "ours"
    return made


def labels(drawn: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """Give each line's end with its label, pushed up where another one is too near.

    Lines that end before the largest panel bear theirs above: beside it other lines go on. A lone
    point at the smallest one has it to the right, where there is room.
    """
    ends = drawn.sort_values("rows").groupby("who", as_index=False).last()
    last = ends["rows"] == drawn["rows"].max()
    ends = ends.assign(last=last, beside=last | (ends["rows"] == drawn["rows"].min()))
    ends = ends.sort_values(["beside", "last", "seconds"]).reset_index(drop=True)
    step = (high / low) ** APART
    at = ends["seconds"].to_list()
    for row in range(1, len(ends)):
        if (
            ends["last"][row] == ends["last"][row - 1]
            and ends["beside"][row - 1] == ends["beside"][row]
        ):
            at[row] = max(at[row], at[row - 1] * step)
    said = [
        f"{who}, {'> ' if stopped else ''}{seconds:.3g} s"
        for who, seconds, stopped in zip(ends["who"], ends["seconds"], ends["stopped"], strict=True)
    ]
    return ends.assign(at=at, said=said)


def panel(drawn: pd.DataFrame, title: str, low: float, high: float, widest: int) -> alt.LayerChart:
    """Draw one model: a line a contestant, ours thick, its name at its end."""
    ticks = [10**power for power in range(-1, 5) if low <= 10**power <= high]
    x = alt.X(
        "rows:Q",
        scale=alt.Scale(type="log", domain=[200, widest], nice=False),
        axis=alt.Axis(title="rows", values=[1_000, 10_000, 100_000, 1_000_000], format="~s"),
    )
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    y = alt.Y("seconds:Q", scale=scale, axis=alt.Axis(title="seconds", values=ticks, format="~g"))
    colour = alt.Color("colour:N", scale=None)
    chart = alt.Chart(drawn)
    thick = alt.condition("datum.ours", alt.value(4.0), alt.value(1.5))
    lines = chart.mark_line().encode(
        x=x, y=y, color=colour, detail="who:N", strokeWidth=thick, order="rows:Q"
    )
    round_ = alt.condition("datum.ours", alt.value(60), alt.value(28))
    dots = chart.transform_filter("!datum.stopped").mark_point(filled=True, opacity=1)
    stops = chart.transform_filter("datum.stopped").mark_point(shape=LATE, filled=True, opacity=1)
    ends = labels(drawn, low, high)
    above = {"align": "right", "dx": 6, "dy": -12}
    names = [
        alt.Chart(part)
        .mark_text(
            fontSize=11,
            fontWeight="bold" if ours else "normal",
            **({"align": "left", "dx": 8} if beside else above),
        )
        .encode(x=x, y=alt.Y("at:Q", scale=scale), text="said:N", color=colour)
        for (ours, beside), part in ends.groupby(["ours", "beside"])
    ]
    marks = [
        dots.encode(x=x, y=y, color=colour, size=round_),
        stops.encode(x=x, y=y, color=colour, size=alt.value(90)),
    ]
    return alt.layer(lines, *marks, *names).properties(**SIZE, title=title)


def picture(measured: dict[str, Any]) -> alt.ConcatChart:
    """Draw a panel a model, on one scale of time."""
    drawn = points(measured)
    low, high = drawn["seconds"].min() / 1.6, drawn["seconds"].max() * 3.0
    # labels stand to the right of the largest panels
    widest = int(drawn["rows"].max() * 30)
    made = [
        panel(part, title, low, high, widest)
        for (model, family), title in PANELS.items()
        if len(part := drawn[(drawn["model"] == model) & (drawn["family"] == family)])
    ]
    said = alt.TitleParams(SAID, orient="bottom", anchor="start", offset=12, fontSize=11)
    drawn_so = alt.concat(*made, columns=2, spacing=28, title=said).configure(
        background="transparent", font="sans-serif", padding=8
    )
    return (
        drawn_so.configure_view(stroke=None)
        .configure_title(color=INK, fontSize=12, anchor="start", fontWeight="normal")
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            domainColor=INK,
            tickColor=INK,
            gridColor=FAINT,
            titleFontWeight="normal",
        )
    )


def main() -> None:
    """Read what was measured, and write the picture."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else MEASURED
    made = picture(json.loads(source.read_text("utf-8")))
    (DOCS / "speed.svg").write_text(vlc.vegalite_to_svg(made.to_dict()), "utf-8")


if __name__ == "__main__":
    main()
