"""Whether a moderator bends a policy's effect, and along a straight line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.errors import FitError, choices
from clustermodels.fits.record import Fit
from clustermodels.results.bands import band
from clustermodels.results.compare import predictive, without_row
from clustermodels.results.departures import BINS, LINEAR, departures_of, effect_along
from clustermodels.results.intervals import increase, summarised
from clustermodels.results.other_forms import name_of, refitted
from clustermodels.results.standing import standing
from clustermodels.results.supported import FEWEST_CLUSTERS, FEWEST_ROWS, support_along
from clustermodels.results.verdict import verdict
from clustermodels.spec.forms import FORMS as KINDS

Values = NDArray[np.float64]

FORMS = (BINS, "spline")
# Places along the moderator.
GRID = 41


@dataclass(frozen=True, eq=False)
class Moderation:
    """How a policy's effect goes along a moderator.

    Parameters
    ----------
    curves
        Along (form, place): ``median``, ``eti95_lower``, ``eti95_upper`` and ``sim95_lower``,
        ``sim95_upper`` (of the band that holds everywhere at once) of the effect of the step in
        ``per``; ``probability`` that it is an increase; ``falling``, that its slope there is below
        0 (nan for bins). Coordinates ``moderator_value`` (as it enters the predictor) and
        ``supported``, whether the policy varies there.
    departures
        Along ``form``: how far each form leaves the straight line that fits it best over the rows,
        where it does so most (``departure``, of the step in ``per`` on the link's scale, at
        ``moderator_value``, with ``sim95_lower`` and ``sim95_upper``); ``beyond``, the share of
        draws that stray as far from their mean as that is from the line, all places together; and
        whether that is below 0.05 (``leaves``). nan of fewer than three bins, through which a line
        goes anyway.
    support
        Along ``bin``: where along the moderator the policy varies.
    region
        Where the simultaneous band excludes no effect: stretches of supported places, from and to.
        That of the document's own form; or where this is a line that others leave, of the form that
        leaves it furthest, which the verdict quotes too.
    models
        Which form predicts rows better that are left out, as of ``compare``, with the ``weight`` of
        each in a mixture (stacking). None where there is one form, or a panel is so large that its
        log likelihood is not stored.
    fits
        The fit of each form, by its name.
    verdict
        What is found, in a sentence with its numbers.
    """

    curves: xr.Dataset
    departures: xr.Dataset
    support: xr.Dataset
    region: tuple[tuple[float, float], ...]
    models: xr.Dataset | None
    fits: Mapping[str, Fit]
    verdict: str


def test_moderation(
    fit: Fit,
    moderator: str | None = None,
    treatment: str | None = None,
    forms: Collection[str] = FORMS,
    low: float = 0.25,
    high: float = 0.75,
) -> Moderation:
    r"""Test how a moderator bends a policy's effect.

    The study is fitted again with the moderator in each of ``forms``, and as a straight line, and
    the effect $x (b + f(z))$ of a step x of the policy is set out along the moderator z. Whether f
    is straight is told within each fit: its curve at 40 quantiles of the rows where the policy
    varies, less the line that fits it best there by least squares, is 0 where f is straight; how
    far its draws are from that is told by Mahalanobis' distance, all places together. Of bins it is
    their effects, where the rows are that tell of them and weighed by what these tell, the square
    of what the policy is off its mean in the bin.

    Parameters
    ----------
    fit
        A fit whose document has the moderator in any form.
    moderator, treatment
        Which; None for the only one (or the only position in the network).
    forms
        Beside ``linear``: ``bins``, ``spline``, ``quadratic``, ``gp`` (which takes NUTS).
    low, high
        Quantiles of the moderator that the verdict sets against each other.

    Returns
    -------
    Moderation
        Curves, departures from a line, support, the region of effects and a verdict.

    Raises
    ------
    FitError
        If no treatment has a continuous moderator of that name, quantiles are out of order, a form
        is unknown, or the policy varies nowhere along the moderator.
    PanelError
        If a form cannot be had, such as more bins than values.

    Notes
    -----
    Bins and curves are as wide as their default priors let them be, which hold them near the line's
    own scale: with few clusters a bend may go unseen, and 'no departure found' is no proof of a
    line. Where the policy does not vary an effect is the form's, not the data's.

    References
    ----------
    Hainmueller, J., Mummolo, J. and Xu, Y. (2019). How much should we trust estimates from
    multiplicative interaction models? Political Analysis 27, 163-192.
    https://doi.org/10.1017/pan.2018.46. Johnson, P. O. and Neyman, J. (1936). Tests of certain
    linear hypotheses and their application to some educational problems. Statistical Research
    Memoirs 1, 57-93.
    """
    forms = [forms] if isinstance(forms, str) else forms
    unknown = [form for form in forms if form not in KINDS]
    if unknown:
        raise FitError(
            f"moderation cannot be tested because there is no form {choices(unknown)}. Choose "
            f"among: {choices(KINDS)}."
        )
    at = standing(fit, moderator, low, high)
    policy = _policy(fit, at.moderator, treatment)
    found = support_along(fit, policy, at.moderator)
    if not found.table["supported"].any():
        raise FitError(
            f"moderation by '{at.moderator}' cannot be tested because '{policy}' varies nowhere "
            f"along it: of ten stretches of equal width none has {FEWEST_ROWS} rows of "
            f"{FEWEST_CLUSTERS} clusters whose '{policy}' differs. Test it on a larger panel."
        )
    z = found.along
    places = np.linspace(z.min(), z.max(), GRID)
    own = name_of(fit.spec.moderators[at.moderator].form)
    wanted = dict.fromkeys([LINEAR, *forms, own])
    fits = {f: fit if f == own else refitted(fit, at.moderator, f) for f in wanted}
    step = fit.learned.scales[policy]
    draws = {name: effect_along(one, policy, at.moderator, places) for name, one in fits.items()}
    inside = found.covers(places)
    curves = _curves(fit, draws, places, inside, step.words, at.moderator)
    departures = departures_of(fits, policy, at.moderator, found)
    told = _telling(own, departures)
    held = _regions(places, band(draws[told]).excludes_zero & inside)
    ends = np.array([at.values["low"], at.values["high"]])
    two = effect_along(fits[told], policy, at.moderator, ends)
    reach = (float(z.min()), float(z.max()))
    said = verdict(fit, policy, at, told, two, departures, held, reach, step.words)
    return Moderation(curves, departures, found.table, held, _models(fits), fits, said)


# None of pytest's, where it is imported.
test_moderation.__test__ = False  # type: ignore[attr-defined]


def _models(fits: Mapping[str, Fit]) -> xr.Dataset | None:
    if len(fits) < 2 or any("log_likelihood" not in fit.tree.children for fit in fits.values()):
        return None
    return predictive({name: without_row(fit) for name, fit in fits.items()})


def _policy(fit: Fit, moderator: str, treatment: str | None) -> str:
    bent = [t for t, m in fit.spec.moderated() if m == moderator]
    if treatment is None and len(bent) == 1:
        return bent[0]
    if treatment in bent:
        return str(treatment)
    what = "there are several" if treatment is None else f"'{moderator}' does not bend it"
    raise FitError(
        f"moderation of {treatment or 'a treatment'} cannot be tested because {what}. Choose "
        f"among: {choices(bent)}."
    )


def _telling(own: str, departures: xr.Dataset) -> str:
    """Choose the form to quote: the document's, or the one that leaves its line furthest."""
    leaves = departures["leaves"].to_numpy()
    if own != LINEAR or not leaves.any():
        return own
    share = np.where(leaves, departures["beyond"].to_numpy(), np.inf)
    return str(departures["form"].to_numpy()[int(np.argmin(share))])


def _curves(
    fit: Fit,
    draws: Mapping[str, Values],
    places: Values,
    inside: NDArray[np.bool_],
    per: str,
    moderator: str,
) -> xr.Dataset:
    difference = fit.spec.family.link.effect == "difference"
    columns: dict[str, list[Values]] = {}
    for form, curve in draws.items():
        numbers = summarised(curve)
        whole = band(curve)
        moving = np.gradient(curve, places, axis=1)
        falling = np.full(len(places), np.nan) if form == BINS else increase(-moving)
        numbers |= {"sim95_lower": whole.lower, "sim95_upper": whole.upper}
        if not difference:
            numbers = {name: np.exp(values) for name, values in numbers.items()}
        for name, values in {
            **numbers,
            "probability": increase(curve),
            "falling": falling,
        }.items():
            columns.setdefault(name, []).append(values)
    return xr.Dataset(
        {name: (("form", "place"), np.array(values)) for name, values in columns.items()},
        coords={
            "form": np.array([*draws], dtype=object),
            "moderator_value": ("place", places),
            "supported": ("place", inside),
            "scale": fit.spec.family.link.effect,
            "per": per,
            "moderator": moderator,
        },
    )


def _regions(places: Values, inside: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Give the stretches of neighbouring places that are inside."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    pairs: Sequence[tuple[int, int]] = [(a, b - 1) for a, b in edges.reshape(-1, 2).tolist()]
    return tuple((float(places[a]), float(places[b])) for a, b in pairs)
