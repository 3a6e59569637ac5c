"""What unknown cells change: coefficients of the fit beside those of the column as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import xarray as xr

from clustermodels import engines
from clustermodels.data.design import Design, design
from clustermodels.data.learned import learn
from clustermodels.data.panel import Reader
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit, flat
from clustermodels.results.intervals import sd
from clustermodels.spec.document import Spec
from clustermodels.spec.engine import Auto
from clustermodels.spec.products import interaction

# Draws of the fit to the column as it stands.
DRAWS, CHAINS = 500, 2


def measurement(fit: Fit) -> xr.Dataset:
    """Set coefficients of a fit with unknown cells beside those of the columns as they stand.

    The plug-in fit leaves rows with a missing cell out, and takes what was observed for the
    truth; moderators are centred where the fit centres them. Where a column alone is measured
    with a classical error, and nothing else is in the model, the plug-in coefficient tends to
    lambda times the true one, lambda = Var(x) / (Var(x) + se^2).

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    Dataset
        Along ``coefficient`` (every treatment, every column with unknown cells, and its products
        with treatments): mean and sd of both fits, ``corrected``, ``corrected_sd``, ``plug_in``,
        ``plug_in_sd``; ``attenuation``, plug-in over corrected; in ``attrs`` how many rows either
        has, and which engine made the second. Empty where every cell is known.

    References
    ----------
    Carroll, Ruppert, Stefanski & Crainiceanu (2006), Measurement Error in Nonlinear Models,
    doi 10.1201/9781420010138.
    """
    own = fit.design()
    if not own.cells:
        return xr.Dataset(coords={"coefficient": np.array([], dtype=object)})
    of = plug_in(fit)
    engine = Auto(draws=DRAWS, chains=CHAINS, seed=fit.spec.engine.seed)
    tree = engines.auto.sample(of, engine)
    corrected, plain = flat(fit.posterior), flat(tree["posterior"].to_dataset())
    names = [*fit.spec.treatments]
    for cells in own.cells:
        names.append(cells.column)
        names += [interaction(t, m) for t, m in fit.spec.moderated() if m == cells.column]
    numbers = {}
    for label, draws in (("corrected", corrected), ("plug_in", plain)):
        table = np.column_stack([draws[name] for name in names])
        numbers[label], numbers[f"{label}_sd"] = table.mean(axis=0), sd(table)
    numbers["attenuation"] = numbers["plug_in"] / numbers["corrected"]
    return xr.Dataset(
        {key: ("coefficient", values) for key, values in numbers.items()},
        coords={"coefficient": np.array(names, dtype=object)},
        attrs={
            "rows": len(own.years),
            "plug_in_rows": len(of.years),
            "engine": tree.attrs["engine"],
        },
    )


def plug_in(fit: Fit) -> Design:
    """Design the rows whose cells are all there, as if these were the truth."""
    spec = _plain(fit)
    everything = Reader(fit.panel.rows, np.arange(fit.panel.rows.sizes["obs"]))
    used = fit.panel.rows["used"].to_numpy().copy()
    for (section, name), item in fit.spec.uncertain().items():
        read = fit.spec.predictors()[section, name][0]
        if item.missing != "drop":
            used &= ~np.isnan(everything.numbers(read))
    panel = replace(fit.panel, rows=fit.panel.rows.assign_coords(used=("obs", used)), read_as="")
    return design(spec, panel, learn(spec, panel))


def _plain(fit: Fit) -> Spec:
    """Give the document without its unknown cells, centred as the fit is."""
    known = {"missing": "drop", "error": None}
    unknown = {name for _, name in fit.spec.uncertain()}
    moderators = {
        name: item.model_copy(
            update={"centre": fit.learned.scales[name].centre, **(known if name in unknown else {})}
        )
        for name, item in fit.spec.moderators.items()
    }
    controls = {
        name: item.model_copy(update=known) if name in unknown else item
        for name, item in fit.spec.controls.items()
    }
    return fit.spec.model_copy(update={"moderators": moderators, "controls": controls})


def measurement_findings(fit: Fit) -> Iterator[Finding]:
    """Say by how much the coefficients of unknown columns are corrected."""
    table = measurement(fit)
    for cells in fit.design().cells:
        own = [interaction(t, m) for t, m in fit.spec.moderated() if m == cells.column]
        said = []
        for name in (cells.column, *own):
            row = table.sel(coefficient=name)
            said.append(
                f"{name} is {float(row['corrected']):.3g} (sd {float(row['corrected_sd']):.2g}), "
                f"and would be {float(row['plug_in']):.3g} (sd {float(row['plug_in_sd']):.2g})"
            )
        section = "moderators" if cells.column in fit.spec.moderators else "controls"
        yield Finding(
            "unknown_cells",
            "note",
            f"with the {len(cells.rows)} unknown cells of '{cells.column}' as parameters "
            f"{'; '.join(said)} with the column as it stands, in {table.attrs['plug_in_rows']} of "
            f"{table.attrs['rows']} rows",
            "The difference rests on what the cells are taken to follow, and on the standard "
            "errors where there are any."
            if (cells.error > 0).any()
            else "The difference rests on what the missing cells are taken to follow.",
            "Report both, and what 'explain' says of the cells.",
            f"{section}.{cells.column}",
            fit.spec.source.line((section, cells.column)),
        )
