"""What moderators bend, and the names of what bends."""

from __future__ import annotations

from clustermodels.spec.document import Spec
from clustermodels.spec.forms import GaussianProcess
from clustermodels.spec.moderators import Moderator, in_steps


def interaction(bent: str, moderator: str) -> str:
    """Name what a moderator does to the effect of a treatment or control."""
    return f"{bent}_x_{moderator}"


def amplitude(curve: str) -> str:
    """Name the height of a Gaussian process."""
    return f"{curve}_amplitude"


def length(curve: str) -> str:
    """Name how far along a moderator a Gaussian process takes to change."""
    return f"{curve}_length"


def bent(spec: Spec) -> list[tuple[str, str]]:
    """Give every (treatment or control, moderator) pair whose interaction is in the predictor.

    Without moderators that are split: of these ``products`` has the parts.
    """
    controls = [
        (control, name)
        for name, moderator in spec.moderators.items()
        if moderator.full
        for control in spec.controls
    ]
    whole = [(t, m) for t, m in spec.moderated() if spec.moderators[m].split == "none"]
    return [*whole, *controls]


def curves(spec: Spec) -> dict[str, str]:
    """Give the names of moderators and interactions that have coefficients, with the moderator."""
    own = {name: name for name in spec.moderators}
    return own | {interaction(one, name): name for one, name in bent(spec)}


def is_process(moderator: Moderator) -> bool:
    """Tell whether an effect is a Gaussian process along a moderator."""
    return isinstance(moderator.form, GaussianProcess)


def is_curve(moderator: Moderator) -> bool:
    """Tell whether effects follow a curve of several columns along a moderator."""
    return moderator.form != "linear" and not in_steps(moderator)
