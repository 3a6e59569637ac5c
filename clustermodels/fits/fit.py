"""Spec to Fit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from clustermodels import engines
from clustermodels.data.across import across
from clustermodels.data.design import Design
from clustermodels.data.panel import Panel
from clustermodels.data.prepared import Prepared, Study
from clustermodels.data.prepared_each import PreparedEach, prepare_each
from clustermodels.engines.draws import Progress
from clustermodels.errors import FitError
from clustermodels.fits.density import labels, log_likelihood, log_prior
from clustermodels.fits.file import check_target, save
from clustermodels.fits.prefixed import parted, shared_of
from clustermodels.fits.record import Fit
from clustermodels.fits.several import Fits
from clustermodels.spec.document import Spec
from clustermodels.spec.engine import Stepping
from clustermodels.spec.names import level_dim
from clustermodels.spec.read import in_own_words

# log_likelihood is stored up to this many numbers; beyond, making it again is faster than reading
# it, as ``log_likelihood`` does on request.
STORED_AT_MOST = 10**7

PACKAGES = (
    "clustermodels",
    "pymc",
    "pytensor",
    "nutpie",
    "numba",
    "arviz",
    "xarray",
    "numpy",
    "scipy",
)

Sampler = Callable[..., xr.DataTree]


# Through the room's own door, which loads an engine when it is used.
SAMPLERS: dict[str, Sampler] = {
    "auto": lambda *given: engines.auto.sample(*given),
    "latent_gaussian": lambda *given: engines.latent_gaussian.sample(*given),
    "nuts": lambda *given: engines.nuts.sample(*given),
}


def register(kind: str, sampler: Sampler) -> None:
    """Add an engine from outside: what draws from a design, for the ``kind`` of a document.

    Raises
    ------
    ValueError
        If the kind has a sampler already.
    """
    if kind in SAMPLERS:
        raise ValueError(f"the engine kind {kind!r} has a sampler already")
    SAMPLERS[kind] = sampler


def fit(
    spec: Study | PreparedEach,
    data: object = None,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Fit | Fits:
    """Fit a document to its panel.

    Parameters
    ----------
    spec
        A Spec, the path of a document, or what ``prepare`` or ``prepare_each`` made of it.
    data
        A pandas, polars or Arrow table or an xarray Dataset to use instead of the file; or a
        ``Panel`` that was read for this document already.
    out
        Where to save the fit; written whole or not at all.
    progress
        Called while sampling, with a Tick per chain.

    Returns
    -------
    Fit or Fits
        Draws with everything that made them. Of a document with several outcomes, ``Fits``: each
        is fitted as a document with it alone would be, or all as one model (``joint: true``).

    Raises
    ------
    SpecError, PanelError
        If the document or the data are wrong.
    FitError
        If the fit cannot be made or saved.
    """
    if out is not None:
        check_target(out)
    ready = prepare_each(spec, data)
    if ready.spec.joint:
        made: Fit | Fits = _jointly(ready, progress)
    else:
        runs = {outcome: _fitted(one, progress) for outcome, one in ready.equations.items()}
        several = len(runs) > 1
        made = Fits(in_own_words(ready.spec), runs) if several else next(iter(runs.values()))
    if out is not None:
        save(made, out)
    return made


def _fitted(ready: Prepared, progress: Progress | None) -> Fit:
    """Fit one equation."""
    engine = ready.spec.engine
    return _made(ready, SAMPLERS[engine.kind](ready.design, engine, progress))


def _jointly(ready: PreparedEach, progress: Progress | None) -> Fits:
    """Fit all equations as one model, and give each the draws that are its own."""
    engine = ready.spec.engine
    if not isinstance(engine, Stepping):
        raise FitError(
            f"{engine.kind} fits no outcomes jointly because it knows one likelihood. Write "
            "'kind: nuts' in the engine, or 'joint: false'."
        )
    designs = {outcome: one.design for outcome, one in ready.equations.items()}
    tree = engines.nuts_joint.sample(designs, across(ready.spec, designs), engine, progress)
    about = tree["sample_stats"]
    runs = {}
    for outcome, one in ready.equations.items():
        own = parted(tree, outcome)
        own["sample_stats"] = xr.DataTree(about.to_dataset())
        own.attrs["jointly"] = np.int64(1)
        if engine.kind == "auto":
            own.attrs |= {"engine": "nuts", "engine_because": "outcomes are fitted jointly"}
        runs[outcome] = _made(one, own)
    return Fits(in_own_words(ready.spec), runs, shared_of(tree["posterior"].to_dataset()))


def _made(ready: Prepared, tree: xr.DataTree) -> Fit:
    """Put a fit together from what a sampler drew."""
    spec, panel, of = in_own_words(ready.spec), ready.panel, ready.design
    # what a sampler moved in, so that its model can be built again from the file
    learned = ready.learned.model_copy(update={"centred": tree.attrs.pop("centred", ())})
    return Fit(spec, panel, learned, _completed(tree, spec, panel, of))


def _completed(tree: xr.DataTree, spec: Spec, panel: Panel, of: Design) -> xr.DataTree:
    """Add observed data, log likelihood, log prior and provenance."""
    posterior = tree["posterior"].to_dataset()
    name = of.outcome.name
    observed = xr.Dataset({name: ("obs", of.outcome.values)}, coords=labels(of))
    groups = {path: node.to_dataset() for path, node in tree.children.items()}
    groups["posterior"] = posterior = _with_made(posterior, of)
    groups["observed_data"] = observed
    size = posterior.sizes["chain"] * posterior.sizes["draw"] * len(of.outcome.values)
    stored = size <= STORED_AT_MOST
    if stored:
        groups["log_likelihood"] = log_likelihood(of, posterior).to_dataset()
    groups["log_prior"] = log_prior(of, posterior)
    whole = xr.DataTree.from_dict(groups)
    whole.attrs = (
        provenance(spec, panel)
        | dict(tree.attrs)
        | {"log_likelihood": "stored" if stored else "made again on request"}
    )
    return whole


def _with_made(posterior: xr.Dataset, of: Design) -> xr.Dataset:
    """Add the coefficients that follow from those that were drawn."""
    return posterior.assign(
        {
            name: (posterior[block.name] * xr.DataArray(weights, dims=level_dim(block.name))).sum(
                level_dim(block.name)
            )
            for block in of.blocks
            for name, weights in block.makes
        }
    )


def provenance(spec: Spec, panel: Panel) -> dict[str, Any]:
    """Say where a fit comes from: versions, seed, hashes of document and data."""
    return {
        "title": spec.title,
        "versions": " ".join(f"{package} {version(package)}" for package in PACKAGES),
        "seed": np.int64(spec.engine.seed),
        "spec_sha256": hashlib.sha256(spec.source.text.encode()).hexdigest(),
        "data_sha256": panel.sha256,
        "data_name": panel.name,
    }
