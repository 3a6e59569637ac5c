"""What a moderator's bend is of: becoming, being, or a curve of the treatment's own effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtr

from clustermodels.data.design import Design
from clustermodels.data.predictor import Draws
from clustermodels.errors import Finding, FitError
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.conditional import conditional_mode
from clustermodels.results.intervals import LOWER, UPPER, Z, increase, sd, summarised
from clustermodels.results.product_forms import PARTED, PLAIN, SQUARED, forms
from clustermodels.spec.products import Part, Product, products

WHY = (
    "One coefficient of the whole product is of three things together: of changes of both, of a "
    "change of the treatment in clusters of different means, and of a change of the moderator in "
    "clusters of different treatment. Where these differ, so do the rows; taking the moderator "
    "alone off its mean leaves the third in. A product can also stand in for a curve of the "
    "treatment's own effect, which its square then takes up."
)
WORDS: Mapping[Part, str] = {
    "whole": "product",
    "within": "becoming",
    "between": "being",
    "of_mean": "nuisance",
}
# Coefficients further apart than so many standard deviations are told.
APART = 2.0


def moderation_split(fit: Fit) -> xr.Dataset:
    r"""Set what becoming and being do beside the plain product, and beside a curve.

    With $D$ a treatment, $Z$ a moderator and means over clusters' rows, the forms are the plain
    product $D Z$; within and between: $(D - \bar D_i)(Z - \bar Z_i)$, $(D - \bar D_i) \bar Z_i$
    and $\bar D_i (Z - \bar Z_i)$ together; the first of these alone; the moderator's change $D (Z
    - \bar Z_i)$; and the first two again with $D^2$ in the model.

    Parameters
    ----------
    fit
        A fit of a document with moderators, split or not.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``sd``, ``robust_sd`` (over clusters), ``eti95_lower``,
        ``eti95_upper`` and ``probability`` (of being above 0), on the coefficient's scale;
        coordinates ``treatment``, ``moderator``, ``form``, ``term`` (``product``, ``becoming``,
        ``being``, ``nuisance``) and ``source``: the ``posterior`` of the fit's own form, else the
        ``conditional mode``. ``attrs["why"]`` says why forms differ.

    Raises
    ------
    FitError
        If no moderator bends an effect along a straight line, or what depends on rows is no part of
        a conditional mode.

    Notes
    -----
    A conditional mode is where likelihood times the document's priors is highest in all
    coefficients, with the family's own parameters, sds and correlations at the fit's posterior
    means; its interval is that of a normal with the curvature there. Its sd is that of the
    likelihood: quote ``robust_sd`` where rows of a cluster depend. A moderator or treatment that
    cannot be split has the plain rows alone.

    References
    ----------
    Balli, H. O. & Sørensen, B. E. (2013). Interaction effects in econometrics. Empirical Economics
    45, 583-603. https://doi.org/10.1007/s00181-012-0604-2. Giesselmann, M. & Schmidt-Catran, A. W.
    (2022). Interactions in fixed effects regression models. Sociological Methods & Research 51,
    1100-1127. https://doi.org/10.1177/0049124120914934
    """
    if not fit.spec.moderated():
        raise FitError("nothing bends an effect because the document has no moderator.")
    if not products(fit.spec):
        raise FitError(
            "no product can be split because no moderator bends an effect along a straight line. "
            "Write 'form: linear'."
        )
    draws = flat(fit.posterior)
    found = [*_posterior(fit, draws)]
    for moderator in dict.fromkeys(product.moderator for product in products(fit.spec)):
        for form, of, asked in forms(fit, moderator):
            found += _at_mode(fit, form, of, asked, draws)
    labels, numbers = zip(*found, strict=True)
    return answers(
        {name: [about[name] for about in labels] for name in labels[0]},
        {name: np.array([each[name] for each in numbers]) for name in numbers[0]},
    ).assign_attrs(why=WHY)


_Row = tuple[dict[str, str], dict[str, float]]


def _about(product: Product, form: str, source: str) -> dict[str, str]:
    return {
        "treatment": product.treatment,
        "moderator": product.moderator,
        "form": form,
        "term": WORDS[product.part],
        "source": source,
    }


def _posterior(fit: Fit, draws: Draws) -> Iterator[_Row]:
    """Give the coefficients of the fit itself."""
    robust = conditional_mode(fit, fit.design(), draws).robust
    for product in products(fit.spec):
        own = np.asarray(draws[product.name])[:, None]
        numbers = {name: float(values[0]) for name, values in summarised(own).items()}
        numbers |= {"sd": float(sd(own)[0]), "robust_sd": robust.get(product.name, np.nan)}
        numbers["probability"] = float(increase(own)[0])
        form = PLAIN if product.part == "whole" else PARTED
        yield _about(product, form, "posterior"), _in_order(numbers)


def _at_mode(
    fit: Fit, form: str, of: Design, asked: tuple[Product, ...], draws: Draws
) -> Iterator[_Row]:
    """Climb to the conditional mode, and give its coefficients of products."""
    found = conditional_mode(fit, of, draws)
    for product in asked:
        mode, own = found.coefficient(product.name)
        numbers = {
            "median": mode,
            LOWER: mode - Z * own,
            UPPER: mode + Z * own,
            "sd": own,
            "robust_sd": found.robust.get(product.name, np.nan),
            "probability": float(ndtr(mode / own)),
        }
        yield _about(product, form, "conditional mode"), _in_order(numbers)


def _in_order(numbers: Mapping[str, float]) -> dict[str, float]:
    return {n: numbers[n] for n in ("median", "sd", "robust_sd", LOWER, UPPER, "probability")}


@dataclass(frozen=True)
class _Told:
    """One coefficient as a sentence has it."""

    value: float
    sd: float

    def __str__(self) -> str:
        return f"{self.value:.3g} (sd {self.sd:.2g})"


def moderation_findings(fit: Fit, table: xr.Dataset) -> tuple[Finding, ...]:
    """Say where a plain product tells of something else than of becoming, or of a curve.

    Parameters
    ----------
    fit, table
        A fit, and its ``moderation_split``.
    """
    found = []
    rows = table.to_dataframe()
    for treatment, moderator in dict.fromkeys(
        (product.treatment, product.moderator) for product in products(fit.spec)
    ):
        own = rows[(rows["treatment"] == treatment) & (rows["moderator"] == moderator)]
        modes = own[own["source"] == "conditional mode"].set_index(["form", "term"])
        told = {
            label: _Told(float(row["median"]), max(float(row["sd"]), float(row["robust_sd"])))
            for label, row in modes.iterrows()
        }
        place = (f"moderators.{moderator}", fit.spec.source.line(("moderators", moderator)))
        whole = fit.spec.moderators[moderator].split == "none"
        becoming, being = (told.get((PARTED, term)) for term in ("becoming", "being"))
        plain, bent = told[PLAIN, "product"], told.get((SQUARED.format(PLAIN), "product"))
        if whole and becoming and being and _apart(plain, becoming):
            found.append(
                Finding(
                    "mixed_moderation",
                    "warning",
                    f"the product of '{treatment}' and '{moderator}' has {plain}, where becoming "
                    f"higher has {becoming} and being higher {being}",
                    "The single coefficient says little of what a change of the moderator does.",
                    "Write 'split: within_between'.",
                    *place,
                )
            )
        if bent and _apart(plain, bent):
            found.append(
                Finding(
                    "curved_treatment",
                    "warning",
                    f"the product of '{treatment}' and '{moderator}' has {plain}, and {bent} once "
                    f"the square of '{treatment}' is in the model",
                    "It may stand in for a curve of the treatment's own effect.",
                    "Try another transform of the treatment.",
                    *place,
                )
            )
    return tuple(found)


def _apart(one: _Told, other: _Told) -> bool:
    return abs(one.value - other.value) > APART * max(one.sd, other.sd)
