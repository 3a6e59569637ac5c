"""Which clusters drive the answer: the effect of a policy with one of them left out at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import xarray as xr

from clustermodels.data.design import Design, design
from clustermodels.data.left_out import without
from clustermodels.data.panel import Values
from clustermodels.data.predictor import Draws, by_piece
from clustermodels.data.prepared import Prepared
from clustermodels.engines.draws import Progress
from clustermodels.engines.weights import smoothed
from clustermodels.errors import FitError, PanelError, choices
from clustermodels.fits.fit import fit as fit_again
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.cluster_likelihood import inseparable, marginals
from clustermodels.results.coefficients import asked, coefficients
from clustermodels.results.intervals import sd, weighed
from clustermodels.results.sampling import LARGEST_K, sampler_findings
from clustermodels.spec.names import INTERCEPT

Refit = Literal["auto", "never", "always"]

IMPORTANCE, REFIT = "importance", "refit"
DOUBTFUL, UNSURE = f"{REFIT}, in doubt", f"{IMPORTANCE}, in doubt"
# Of fewer clusters, what is left is no panel.
FEWEST = 3


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The coefficients without a cluster.

    Parameters
    ----------
    cluster
        Which; empty where none is left out.
    how
        How they are known; empty where none is left out.
    pareto_k
        The shape of the weights' tail; nan where there are none.
    numbers
        ``median``, ``eti95_lower``, ``eti95_upper`` and ``probability``, (coefficient,) each.
    """

    cluster: str
    how: str
    pareto_k: float
    numbers: Mapping[str, Values]


def influence(
    fit: Fit,
    treatment: str | None = None,
    *,
    refit: Refit = "auto",
    progress: Progress | None = None,
) -> xr.Dataset:
    r"""Say what each coefficient of a policy would be without each cluster.

    The posterior without cluster i weighs the draws by $1 / p(y_i \mid \theta)$, what belongs to
    the cluster alone (its effect, slopes and trend) integrated out: as the prior says, given what
    clusters share, or, of free effects, given those of the others. Weights are Pareto smoothed;
    where their tail has a k above 0.7, draws cannot stand for the posterior, and the document is
    fitted again without the cluster. Both keep what the fit learned (centres, scales, default
    priors): a coefficient at another centre of its moderator would be of something else.

    Parameters
    ----------
    fit
        A fit.
    treatment
        One treatment of its document; all by default.
    refit
        ``auto``: where weights cannot be relied on; ``never``: not even then, and ``pareto_k``
        says so; ``always``: for every cluster.
    progress
        Called while sampling again, with a Tick per chain.

    Returns
    -------
    Dataset
        Along ``row``, the clusters that move a coefficient most first: ``median``,
        ``eti95_lower``, ``eti95_upper`` and ``probability`` (of being above 0) on the
        coefficient's scale; ``shift``, the median's, in posterior sds; ``pareto_k``, nan where
        nothing was weighed. Coordinates ``treatment``, ``term`` (a name of the posterior),
        ``without`` (a cluster; empty in the first row, which is of all) and ``how``:
        ``importance`` (``importance, in doubt`` where k is too large and no refit is allowed), or
        ``refit`` (``refit, in doubt`` where diagnosis of it is serious).

    Raises
    ------
    FitError
        If there is no such treatment, there are fewer than three clusters, outcomes are fitted
        jointly, or weights are asked for where they cannot be had.

    Notes
    -----
    A treatment's own coefficient is that at its moderators' centres: pooled over clusters, the
    mean of all that there could be; free, the mean of those that are left; by cohort and year, the
    mean over rows that are left and that the policy has reached. Refits have Monte Carlo errors
    of their own: shifts of a few hundredths may be these.

    References
    ----------
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance
    sampling. Journal of Machine Learning Research 25(72), 1-58. Merkle, E. C., Furr, D. and
    Rabe-Hesketh, S. (2019). Bayesian comparison of latent variable models: conditional versus
    marginal likelihoods. Psychometrika 84, 802-829. https://doi.org/10.1007/s11336-019-09679-0

    Examples
    --------
    Is it only Beijing?::

        found = influence(load_fit("run.nc"))
        found.to_dataframe().head()
    """
    terms = asked(fit, treatment)
    labels = list(dict.fromkeys(map(str, fit.design().clusters)))
    if len(labels) < FEWEST:
        raise FitError(
            f"no cluster can be left out because there are only {len(labels)}: what is left is no "
            "panel"
        )
    if fit.tree.attrs.get("jointly"):
        raise FitError(
            "no cluster can be left out because outcomes are fitted jointly, and one equation "
            "knows only part of what they say of it. Fit the document with 'joint: false'."
        )
    draws = flat(fit.posterior)
    everything = coefficients(fit, terms, draws, "")
    whole = LeftOut("", "", np.nan, weighed(everything, _equal(everything)))
    if refit not in get_args(Refit):
        raise FitError(
            f"no cluster can be left out because refit is {refit!r}. Choose among: "
            f"{choices(get_args(Refit))}."
        )
    known = {} if refit == "always" else _weighed(fit, terms, draws, refit)
    for label in labels:
        found = known.get(label)
        if found is None or (refit == "auto" and not found.pareto_k <= LARGEST_K):
            tail = np.nan if found is None else found.pareto_k
            known[label] = _refitted(fit, terms, label, tail, progress)
    return _table(terms, whole, [known[label] for label in labels], sd(everything))


def _equal(draws: Values) -> Values:
    return np.full(len(draws), 1 / len(draws))


def _weighed(
    fit: Fit, terms: list[tuple[str, str]], draws: Draws, refit: Refit
) -> dict[str, LeftOut]:
    """Weigh the draws for each cluster; none where its own coefficients cannot be told apart."""
    of = fit.design()
    reason = inseparable(of)
    if reason is not None:
        if refit == "never":
            raise FitError(
                f"no cluster can be left out by weights because {reason}. Leave refit at 'auto'."
            )
        return {}

    def weights(_: slice, here: Design) -> list[LeftOut]:
        found = []
        for label, density in marginals(here, draws):
            share, k = _equal(density), np.inf
            if np.isfinite(density).all():
                share, k = smoothed(-density)
            left = coefficients(_rest(fit, label), terms, draws, label)
            how = IMPORTANCE if k <= LARGEST_K else UNSURE
            found.append(LeftOut(label, how, k, weighed(left, share)))
        return found

    pieces = by_piece(of, len(draws[INTERCEPT]), weights)
    return {each.cluster: each for _, found in pieces for each in found}


def _rest(fit: Fit, cluster: str) -> Fit:
    """Give the fit with a panel that lacks the cluster: draws and what was learned stay."""
    return replace(fit, panel=without(fit.panel, cluster))


def _refitted(
    fit: Fit, terms: list[tuple[str, str]], cluster: str, k: float, progress: Progress | None
) -> LeftOut:
    """Fit the document again without a cluster, with the same priors, centres and scales."""
    learned = fit.learned.model_copy(update={"centred": ()})  # the sampler's own business
    panel = without(fit.panel, cluster)
    try:
        ready = Prepared(fit.spec, panel, learned, design(fit.spec, panel, learned), ())
        made = fit_again(ready, progress=progress)
    except (PanelError, FitError) as error:
        raise FitError(
            f"the document cannot be fitted without {cluster} because of this: {error}"
        ) from None
    assert isinstance(made, Fit)
    serious = any(finding.severity == "serious" for finding in sampler_findings(made)[1])
    left = coefficients(made, terms, flat(made.posterior), cluster)
    return LeftOut(cluster, DOUBTFUL if serious else REFIT, k, weighed(left, _equal(left)))


def _table(
    terms: list[tuple[str, str]], whole: LeftOut, left: list[LeftOut], sds: Values
) -> xr.Dataset:
    """Put a table together: for each coefficient all clusters, then each left out."""
    rows: list[tuple[str, str, str, str, float]] = []
    numbers: dict[str, list[float]] = {}
    for place, (treatment, term) in enumerate(terms):
        centre = whole.numbers["median"][place]
        moved = np.array([each.numbers["median"][place] - centre for each in left]) / sds[place]
        shifts = {each.cluster: float(shift) for each, shift in zip(left, moved, strict=True)}
        ordered = [left[spot] for spot in np.argsort(-np.abs(moved), kind="stable")]  # nan last
        for each in (whole, *ordered):
            rows.append((treatment, term, each.cluster, each.how, each.pareto_k))
            for name, values in each.numbers.items():
                numbers.setdefault(name, []).append(float(values[place]))
            numbers.setdefault("shift", []).append(shifts.get(each.cluster, 0.0))
    treatments, named, clusters, how, ks = zip(*rows, strict=True)
    labels = {"treatment": treatments, "term": named, "without": clusters, "how": how}
    columns = {name: np.array(values) for name, values in numbers.items()}
    return answers(labels, columns | {"pareto_k": np.array(ks)})
