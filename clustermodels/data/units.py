"""What leads from a standardised column back to the user's units."""

from __future__ import annotations

from clustermodels.data.forms import part
from clustermodels.data.learned import Learned
from clustermodels.spec import names
from clustermodels.spec.bending import bent, interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.products import products


def unit_of(spec: Spec, name: str, learned: Learned) -> tuple[float, float, str]:
    """Give the unit, the step and the step's words of a standardised column."""
    for product in products(spec):
        if name == product.name:
            one, other = learned.scales[product.treatment], learned.scales[product.moderator]
            return 1 / (one.spread * other.spread), one.step * other.step, ""
    for bent_, moderator in bent(spec):
        if name == interaction(bent_, moderator):
            own, by = learned.scales[bent_], learned.scales[moderator]
            return 1 / (own.spread * by.spread), own.step * by.step, ""
    for of, unit in _parts(spec, learned).items():
        if name == of:
            return unit, 1.0, ""
    slopes = learned.slopes
    for position, treatment in enumerate(slopes.columns if slopes else ()):
        if slopes and name == names.by_mean(treatment):
            scale = learned.scales[treatment]
            return 1 / (scale.spread**2 * slopes.spreads[position]), scale.step**2, ""
    scale = learned.scales[name]
    return 1 / scale.spread, scale.step, scale.words


def _parts(spec: Spec, learned: Learned) -> dict[str, float]:
    """Give the units of the columns of curves, and of the levels of steps, by name."""
    labels = {name: dict.fromkeys(own.levels, 1.0) for name, own in learned.steps.items()}
    labels |= {
        name: dict(zip(own.labels, own.units, strict=True)) for name, own in learned.curves.items()
    }
    found = {part(name, at): unit for name, own in labels.items() for at, unit in own.items()}
    return found | {
        part(interaction(one, name), at): unit / learned.scales[one].spread
        for one, name in bent(spec)
        if one in learned.scales
        for at, unit in labels.get(name, {}).items()
    }
