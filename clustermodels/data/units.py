"""What leads from a standardised column back to the user's units."""

from __future__ import annotations

from clustermodels.data.learned import Learned
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.products import products


def unit_of(spec: Spec, name: str, learned: Learned) -> tuple[float, float, str]:
    """Give the unit, the step and the step's words of a standardised column."""
    for product in products(spec):
        if name == product.name:
            one, other = learned.scales[product.treatment], learned.scales[product.moderator]
            return 1 / (one.spread * other.spread), one.step * other.step, ""
    slopes = learned.slopes
    for position, treatment in enumerate(slopes.columns if slopes else ()):
        if slopes and name == names.by_mean(treatment):
            scale = learned.scales[treatment]
            return 1 / (scale.spread**2 * slopes.spreads[position]), scale.step**2, ""
    scale = learned.scales[name]
    return 1 / scale.spread, scale.step, scale.words
