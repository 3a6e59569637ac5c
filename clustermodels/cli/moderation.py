"""The command that tests how a moderator bends an effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import typer

import clustermodels as cm
from clustermodels.cli.arguments import AsFormat, Picture, RunPath, wrote
from clustermodels.cli.outcomes import Outcome, apart, one_picture, opened, together
from clustermodels.cli.tables import (
    Cell,
    Format,
    cells_of,
    json_text,
    note,
    probability,
    records,
    table,
)

# Places along the moderator that readers are shown.
SHOWN = 6
# The form whose effects are steps.
BINS = "bins"
# What is shown of how well forms predict.
PREDICTIVE = ("elpd_difference", "difference_se", "weight", "beyond_k")
_Columns = dict[str, list[Cell]]


def test_moderation(
    run: RunPath,
    moderator: Annotated[
        str | None, typer.Option(help="Which one: by default the only one, or the only position.")
    ] = None,
    treatment: Annotated[str | None, typer.Option(help="Which policy, of several.")] = None,
    forms: Annotated[
        str, typer.Option(help="Tried beside a line: of bins, spline, quadratic and gp (slow).")
    ] = "bins,spline",
    format_: AsFormat = Format.text,
    picture: Picture = None,
    outcome: Outcome = None,
) -> None:
    """Test how a moderator bends a policy's effect.

    The study is fitted again with the moderator in other forms: is it a line, where is the effect
    clear of none, and where does the policy vary? csv has the curves, json everything.
    """
    each = opened(run, outcome)
    one_picture(each, picture)
    asked = [form.strip() for form in forms.split(",") if form.strip()]
    found = {n: cm.test_moderation(one, moderator, treatment, asked) for n, one in each.items()}
    for name, one in found.items():
        if picture is not None:
            cm.draw_moderation(one, picture, name)
    if format_ is Format.json:
        told = {name: _whole(one) for name, one in found.items()}
        json_text(told if len(told) > 1 else next(iter(told.values())))
        return
    if format_ is Format.csv:
        table(together({name: _curves(one.curves) for name, one in found.items()}), format_)
        return
    apart(found, format_, lambda one: _read(one, format_))
    wrote(picture, format_)


def _curves(curves: Any) -> _Columns:
    """Give every place of every form, a row each."""
    forms, size = curves["form"].to_numpy(), curves.sizes["place"]
    columns: _Columns = {"form": cells_of(np.repeat(forms, size))}
    for name in ("moderator_value", "supported"):
        columns[name] = cells_of(np.tile(curves[name].to_numpy(), len(forms)))
    return columns | {str(n): cells_of(v.to_numpy().ravel()) for n, v in curves.data_vars.items()}


def _whole(found: Any) -> dict[str, Any]:
    """Give all that is found, for programs."""
    told: dict[str, Any] = {"verdict": found.verdict, "region": [*map(list, found.region)]}
    told["curves"] = records(_curves(found.curves))
    for name in ("departures", "support", "models"):
        part = getattr(found, name)
        if part is not None:
            dims = [n for n, v in part.coords.items() if v.dims]
            told[name] = records({str(n): cells_of(part[n].to_numpy()) for n in (*dims, *part)})
    return told


def _shown(curves: Any) -> Any:
    """Choose a few places along curves; of steps the middle of each."""
    size = curves.sizes["place"]
    parts = []
    for form in curves["form"].to_numpy():
        one = curves.sel(form=[form])
        spots = np.linspace(0, size - 1, SHOWN).astype(int)
        if form == BINS:
            new = np.flatnonzero(np.diff(one["median"].to_numpy()[0])) + 1
            known = curves["supported"].to_numpy()
            steps = np.split(np.arange(size), new)
            spots = np.array(
                [_middle(step[known[step]] if known[step].any() else step) for step in steps]
            )
        parts.append(_curves(one.isel(place=np.unique(spots))))
    return {name: [cell for part in parts for cell in part[name]] for name in parts[0]}


def _middle(spots: Any) -> int:
    return int(spots[len(spots) // 2])


def _named(columns: _Columns, moderator: str) -> _Columns:
    """Head the moderator's values by its name."""
    return {(moderator if n == "moderator_value" else n): cells for n, cells in columns.items()}


def _read(found: Any, format_: Format) -> None:
    """Print support, curves, departures and the verdict, for readers."""
    support: Mapping[str, Any] = found.support.data_vars
    columns: _Columns = {str(name): cells_of(values.to_numpy()) for name, values in support.items()}
    columns["supported"] = ["yes" if cell else "no" for cell in columns["supported"]]
    table(columns, format_, "Where the policy varies, along the moderator")
    curves = found.curves
    name_of = str(curves["moderator"].item())
    shown = _named(_shown(curves), name_of)
    shown["supported"] = ["yes" if cell else "no" for cell in shown["supported"]]
    for name in ("probability", "falling"):
        shown[name] = [probability(cell) for cell in shown[name]]
    kind, per = str(curves["scale"].item()), str(curves["per"].item())
    table(shown, format_, f"The effect of {per} along the moderator ({kind.replace('_', ' ')})")
    left = found.departures
    columns = {"form": cells_of(left["form"].to_numpy())}
    columns |= {str(name): cells_of(values.to_numpy()) for name, values in left.data_vars.items()}
    columns["leaves"] = ["yes" if cell else "no" for cell in columns["leaves"]]
    title = "How far each form leaves the line that fits it best, on the link's scale"
    if left.sizes["form"]:
        table(_named(columns, name_of), format_, title)
    if found.models is not None:
        models = found.models
        columns = {"form": cells_of(models["model"].to_numpy())}
        columns |= {name: cells_of(models[name].to_numpy()) for name in PREDICTIVE}
        table(columns, format_, "Which form predicts a row better that is left out")
    note(
        "sim95: a band that holds everywhere at once; eti95: at that place alone. falling: the "
        "probability that the effect falls there. beyond: the share of draws that stray as far, "
        "all places together; below 0.05 a form leaves the line.",
        format_,
    )
    note("", format_)
    note(found.verdict, format_)
