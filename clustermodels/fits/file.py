"""The file of a fit: one netCDF DataTree that opens without us."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import xarray as xr

from clustermodels.data.learned import Learned
from clustermodels.data.networks import Networks
from clustermodels.data.panel import Loss, Panel
from clustermodels.data.reading import read_as
from clustermodels.errors import FitError
from clustermodels.fits.prefixed import joined_attrs, parted, shared_of
from clustermodels.fits.record import Fit
from clustermodels.fits.several import Fits
from clustermodels.network.network import from_dataset
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import MARK, equations, of_equation
from clustermodels.spec.read import read_text
from clustermodels.tables.writing import whole

FORMAT = 1
# How every HDF5 file, and so every run, begins.
SIGNATURE = b"\x89HDF"


# Groups beside ArviZ's own: what each region scored, the ties by name, and those of scenarios by
# number, with their file as an attribute.
REGIONS, NETWORK, REWIRED, PATH = "regions", "network_", "rewired_", "path"


def check_target(out: str | os.PathLike[str]) -> None:
    """Refuse a path that could not be written, before hours are spent on what goes there."""
    path = Path(out)
    folder = path.parent
    if path.is_dir():
        raise FitError(f"{path} cannot be written because it is a folder. Name a file: RUN.nc.")
    if not folder.is_dir():
        raise FitError(f"{path} cannot be written because there is no folder {folder}. Create it.")
    if not os.access(folder, os.W_OK):
        raise FitError(f"{path} cannot be written because {folder} is read-only.")
    if path.exists():
        with path.open("rb") as there:
            if there.read(len(SIGNATURE)) not in (SIGNATURE, b""):
                raise FitError(
                    f"{path} is not replaced because what is there is not a run. "
                    "Name another file, or delete it first."
                )


def save(fit: Fit | Fits, out: str | os.PathLike[str]) -> None:
    """Write a fit, whole or not at all: an older file stays until the new one is complete.

    The fits of several outcomes are one file, with the names of ``Fits.tree``.

    Raises
    ------
    FitError
        If the file cannot be written.
    """
    check_target(out)
    path = Path(out)
    try:
        with whole(path) as part:
            tree = _several(fit) if isinstance(fit, Fits) else _tree(fit)
            tree.to_netcdf(part, engine="h5netcdf")
    except OSError as error:
        raise FitError(f"{path} could not be written because {error.strerror or error}.") from None


@contextmanager
def saving(out: str | os.PathLike[str]) -> Iterator[Callable[[Fit | Fits], object]]:
    """Save a fit while the rest of the block goes on with it.

    The path is tried before the block begins; what the block is given begins to save a fit; and
    the file is complete when the block has ended, also when that fails.

    Raises
    ------
    FitError
        If the path cannot be written: at the beginning, where that can be known.

    Examples
    --------
    ::

        with saving("run.nc") as save_beside:
            run = fit("spec.yaml")
            save_beside(run)
            print(summary(run))
    """
    check_target(out)
    with ThreadPoolExecutor(1) as beside:
        begun = []
        try:
            yield lambda fit: begun.append(beside.submit(save, fit, out))
        finally:
            for saved in begun:
                saved.result()


def _tree(fit: Fit) -> xr.DataTree:
    tree = fit.tree.copy()
    tree["panel"] = xr.DataTree(_quoted(fit.panel.rows))
    for name, network in fit.panel.networks.all().items():
        about = {"inside": np.int64(fit.panel.networks.inside)}
        tree[f"{NETWORK}{name}"] = xr.DataTree(network.to_dataset().assign_attrs(about))
    for number, (path, network) in enumerate(fit.panel.networks.rewired.items()):
        table = network.to_dataset().assign_attrs({PATH: path})
        tree[f"{REWIRED}{number}"] = xr.DataTree(table)
    if fit.panel.regions is not None:
        tree[REGIONS] = xr.DataTree(_texts(fit.panel.regions))
    tree.attrs = {
        **fit.tree.attrs,
        "clustermodels_format": np.int64(FORMAT),
        "spec": fit.spec.source.text,
        "spec_file": fit.spec.source.file,
        "learned": fit.learned.model_dump_json(),
        "losses": _losses_text(fit.panel.losses),
    }
    return tree


def _several(fits: Fits) -> xr.DataTree:
    """Put the trees of several fits together: draws by name, panels and networks in own groups."""
    tree, about = fits.tree.copy(), {}
    source = fits.document.source
    for outcome, run in fits.runs.items():
        own = _tree(run)
        for group in own.children.keys() - run.tree.children.keys():
            tree[of_equation(outcome, group)] = xr.DataTree(own[group].to_dataset())
        about[outcome] = own.attrs | {"spec": source.text, "spec_file": source.file}
    tree.attrs = joined_attrs(about)
    return tree


def load_fit(path: str | os.PathLike[str]) -> Fit | Fits:
    """Load a fit from its file.

    Returns
    -------
    Fit or Fits
        As ``fit`` made it: of a document with several outcomes, ``Fits``.

    Raises
    ------
    FitError
        If there is no such file, or it is not a whole fit of this format.
    """
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            tree = opened.load()
    except FileNotFoundError:
        raise FitError(f"{path} cannot be read because there is no such file.") from None
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        if "signature not found" in reason:
            reason = "no file that 'fit' wrote"
        raise FitError(
            f"{path} cannot be read because it is not a whole run: {reason}. Fit it again."
        ) from None
    if tree.attrs.get("clustermodels_format") != FORMAT:
        raise FitError(
            f"{path} cannot be read because it is not a run of clustermodels, format {FORMAT}. "
            "Make one with 'clustermodels fit SPEC --out RUN.nc'."
        )
    document = read_text(tree.attrs["spec"], tree.attrs["spec_file"])
    if len(document.outcomes) == 1:
        return _loaded(tree, document)
    each = equations(document)
    runs = {name: _loaded(_part(tree, name), one) for name, one in each.items()}
    return Fits(document, runs, shared_of(tree["posterior"].to_dataset()))


def _part(tree: xr.DataTree, outcome: str) -> xr.DataTree:
    """Give the tree of one equation as the file of its fit alone would hold it."""
    shared = xr.DataTree.from_dict(
        {name: node.to_dataset() for name, node in tree.children.items() if MARK not in name}
    )
    shared.attrs = tree.attrs
    one, mark = parted(shared, outcome), of_equation(outcome, "")
    for name, node in tree.children.items():
        if name.startswith(mark):
            one[name.removeprefix(mark)] = xr.DataTree(node.to_dataset())
    return one


def _loaded(tree: xr.DataTree, spec: Spec) -> Fit:
    """Make a fit of the tree of its file."""
    rows = _unquoted(tree["panel"].to_dataset())
    losses = _losses(tree.attrs["losses"])
    groups = {name: node.to_dataset() for name, node in tree.children.items() if name != "panel"}
    ties = {n: groups.pop(n) for n in [*groups] if n.startswith((NETWORK, REWIRED))}
    panel = Panel(
        rows,
        losses,
        tree.attrs["data_name"],
        tree.attrs["data_sha256"],
        networks=_networks(ties),
        regions=groups.pop(REGIONS, None),
        read_as=read_as(spec),
    )
    learned = Learned.model_validate_json(tree.attrs["learned"])
    fitted = xr.DataTree.from_dict(groups)
    own = {"clustermodels_format", "spec", "spec_file", "learned", "losses"}
    fitted.attrs = {key: value for key, value in tree.attrs.items() if key not in own}
    return Fit(spec, panel, learned, fitted)


def _networks(groups: Mapping[str, xr.Dataset]) -> Networks:
    """Give back the networks that were written, by the names of their groups."""
    read = {name: from_dataset(table) for name, table in groups.items()}
    inside = any(bool(table.attrs.get("inside")) for table in groups.values())
    rewired = {str(groups[n].attrs[PATH]): read[n] for n in read if n.startswith(REWIRED)}
    ties, apart = (read.get(f"{NETWORK}{name}") for name in ("ties", "without_own"))
    return Networks(ties, apart, inside=inside, rewired=rewired)


# netCDF names hold no slash, and h5netcdf's no full stop.
_UNSAFE = {"%": "%25", "/": "%2F", ".": "%2E"}


def _quote(name: str) -> str:
    return "".join(_UNSAFE.get(letter, letter) for letter in name)


def _texts(table: xr.Dataset) -> xr.Dataset:
    """Give a table as netCDF takes it: text as text, and no attribute that is missing."""
    text = [name for name in table.variables if table[name].dtype.kind == "O"]
    table = table.assign({n: table[n].astype(str) for n in text if n not in table.coords})
    table = table.assign_coords({n: table[n].astype(str) for n in text if n in table.coords})
    return table.assign_attrs({k: v for k, v in table.attrs.items() if v is not None})


def _quoted(rows: xr.Dataset) -> xr.Dataset:
    text = [name for name in rows.data_vars if rows[name].dtype.kind == "O"]
    rows = rows.assign({name: rows[name].astype(str) for name in text})
    rows = rows.assign_coords(cluster=rows["cluster"].astype(str))
    return rows.rename({name: _quote(str(name)) for name in rows.data_vars})


def _unquoted(rows: xr.Dataset) -> xr.Dataset:
    rows = rows.rename({name: unquote(str(name)) for name in rows.data_vars})
    text = [name for name in rows.data_vars if rows[name].dtype.kind not in "fib"]
    rows = rows.assign({name: rows[name].astype(object) for name in text})
    return rows.assign_coords(
        cluster=rows["cluster"].astype(object), used=rows["used"].astype(bool)
    )


def _losses_text(losses: tuple[Loss, ...]) -> str:
    return json.dumps([[loss.reason, loss.places] for loss in losses], ensure_ascii=False)


def _losses(text: str) -> tuple[Loss, ...]:
    return tuple(
        Loss(reason, tuple((cluster, year) for cluster, year in places))
        for reason, places in json.loads(text)
    )
