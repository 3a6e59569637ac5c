"""What a test of moderation comes to, in one sentence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.errors import choices
from clustermodels.fits.record import Fit
from clustermodels.results.standing import Standing

Values = NDArray[np.float64]

# From here on, one of the two directions is worth saying.
LIKELY = 0.95


def verdict(
    fit: Fit,
    policy: str,
    at: Standing,
    form: str,
    two: Values,
    departures: xr.Dataset,
    region: tuple[tuple[float, float], ...],
    reach: tuple[float, float],
    words: str,
) -> str:
    """Say how the effect goes from low to high, whether by a line, and where there is one.

    Parameters
    ----------
    fit, policy, at
        The fit, the treatment, and what counts as low and high.
    form
        The one that is quoted.
    two
        (S, 2): what a step adds to the predictor at low and at high, in that form.
    departures, region, reach
        As ``test_moderation`` finds them; the moderator's smallest and largest value.
    words
        The step.
    """
    kind = fit.spec.family.link.effect
    shown = two if kind == "difference" else np.exp(two)
    low, high = (f"{float(np.median(shown[:, k])):.3g}" for k in (0, 1))
    chance = float((two[:, 0] > two[:, 1]).mean())
    tried = [str(each) for each in departures["form"].to_numpy()]
    beyond = departures["beyond"].to_numpy()
    leaves = [
        each for each, left in zip(tried, departures["leaves"].to_numpy(), strict=True) if left
    ]
    others = [each for each, share in zip(tried, beyond, strict=True) if not np.isnan(share)]
    sure = "bends" if leaves or max(chance, 1 - chance) > LIKELY else "is not shown to bend"
    line = (
        f"not along a straight line ({choices(leaves)} leave{'s' * (len(leaves) == 1)} it; by the "
        f"form {form})"
        if leaves
        else f"and no departure from a straight line is found by {choices(others)}"
        if others
        else "along a straight line by assumption"
        if form == "linear"
        else f"by the form {form}, in which no departure from a line can be told"
    )
    if not region:
        where = "nowhere is the effect clear of none"
    elif region == (reach,):
        where = "the effect is clear of none all along"
    else:
        spans = " and ".join(f"{a:.3g} to {b:.3g}" for a, b in region)
        where = f"of where the data tell of it, the effect is clear of none from {spans}"
    return (
        f"{at.moderator} {sure} the effect of {policy}, {line}: of {words} the "
        f"{kind.replace('_', ' ')} is {low} where {at.moderator} is low "
        f"({at.values['low']:.3g}) and {high} where it is high ({at.values['high']:.3g}), and low "
        f"exceeds high with probability {_share(chance)}; {where}."
    )


def _share(chance: float) -> str:
    """Write a share of draws; that of all or none is known only to be close to 1 or 0."""
    return ">0.999" if chance > 0.999 else "<0.001" if chance < 0.001 else f"{chance:.2g}"
