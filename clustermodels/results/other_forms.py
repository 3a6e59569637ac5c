"""The same study with a moderator of another form."""

from __future__ import annotations

from dataclasses import replace

from clustermodels.data.reading import read_as
from clustermodels.errors import FitError
from clustermodels.fits.fit import fit as fitted
from clustermodels.fits.record import Fit
from clustermodels.spec.bending import amplitude, bent, interaction, length
from clustermodels.spec.document import Spec
from clustermodels.spec.engine import Auto
from clustermodels.spec.forms import AnyForm, form_named


def name_of(form: AnyForm) -> str:
    """Name a form, without its settings."""
    return form if isinstance(form, str) else next(iter(type(form).model_fields))


def refitted(fit: Fit, moderator: str, form: str) -> Fit:
    """Fit the study again with a moderator of another form, in its default settings.

    Priors that the document states of the moderator or its products are of another curve, and give
    way to the defaults. The engine is ``auto``, with the document's draws, chains and seed.

    Parameters
    ----------
    fit
        The fit as it is.
    moderator, form
        Which, and what: ``linear``, ``quadratic``, ``bins``, ``spline`` or ``gp``.

    Raises
    ------
    FitError, PanelError
        If the form cannot be had with this panel.
    """
    spec = fit.spec
    changed = spec.moderators[moderator].model_copy(update={"form": form_named(form)})
    engine = Auto.model_validate(
        {"draws": spec.engine.draws, "chains": spec.engine.chains, "seed": spec.engine.seed}
    )
    other = spec.model_copy(
        update={
            "moderators": {**spec.moderators, moderator: changed},
            "priors": _kept(spec, moderator),
            "scenarios": {},
            "engine": engine,
        }
    )
    # another form reads the same columns of the same rows
    made = fitted(other, replace(fit.panel, read_as=read_as(other)))
    if not isinstance(made, Fit):
        raise FitError("a form is tried for one outcome at a time because each has its own curve")
    return made


def _kept(spec: Spec, moderator: str) -> dict[str, object]:
    own = {moderator, *(interaction(t, m) for t, m in bent(spec) if m == moderator)}
    own |= {named(each) for each in own for named in (amplitude, length)}
    return {name: prior for name, prior in spec.priors.items() if name not in own}
