"""The section ``residuals``: how what is left of one year goes with what is left of the next."""

from __future__ import annotations

from typing import Literal

from clustermodels.spec.section import Section

# The posterior names of what this section adds.
CARRIED = "residual_correlation"
EFFECT, EFFECT_SD = "residual_effect", "residual_sd"


class Residuals(Section):
    """Within a cluster, what the model leaves of a year carries over to the next.

    Gaussian outcomes have errors that do; counts a random effect of each cluster and year.
    """

    kind: Literal["ar1"]
