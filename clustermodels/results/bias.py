"""How far off the coefficient of the past outcome is where its initial conditions are ignored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels import engines
from clustermodels.data.design import design
from clustermodels.data.learned import learn
from clustermodels.data.panel import Values
from clustermodels.data.persistence import largest_root, unbiased
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit, flat
from clustermodels.results.intervals import LOWER, UPPER, summarised
from clustermodels.spec.dynamics import rho
from clustermodels.spec.engine import LatentGaussian, Nuts
from clustermodels.spec.fixed_effects import CLUSTER, FixedEffect

# Draws of the fit that shows what the past's coefficient is without the bias.
DRAWS, CHAINS = 500, 2
# A persistence that may be 1 or more with this probability has no long run to speak of.
EXPLOSIVE = 0.05
# A bias that matters.
LITTLE = 0.05


def past_findings(fit: Fit) -> Iterator[Finding]:
    """Find persistence without an end, and the bias that the document has accepted."""
    own = fit.spec.dynamics
    if own is None:
        return
    draws = flat(fit.posterior)
    where = ("dynamics", fit.spec.source.line(("dynamics",)))
    largest = largest_root(np.stack([draws[name] for name in fit.spec.lagged()], axis=1))
    explosive = float((largest >= 1).mean())
    # of a yes or no the past is a yes or no, and cannot grow
    if explosive > EXPLOSIVE and fit.design().outcome.family.link.name != "logit":
        yield Finding(
            "explosive",
            "warning",
            f"the outcome's past grows without end with probability {explosive:.2g}: the largest "
            "root of its coefficients is 1 or more",
            "Then a shock is never forgotten: long-run effects and paths far ahead mean little.",
            "Model changes instead of levels, or quote short-run effects and the first years.",
            *where,
        )
    if own.accept_bias:
        yield _bias(fit, float(draws[rho(1)].mean()), where)


def _bias(fit: Fit, estimate: float, where: tuple[str, int | None]) -> Finding:
    """Say which bias to expect: by Nickell's formula, or by a fit that is free of it."""
    factor = fit.spec.fixed_effects.get(CLUSTER)
    of = fit.design()
    periods = len(of.years) / len(set(of.clusters.tolist()))
    known = (
        factor is not None
        and factor.pooling == "free"
        and factor.trend == "none"
        and of.outcome.family.name == "gaussian"
        and fit.spec.lagged().keys() == {rho(1)}
        and periods > 2
    )
    if known:
        bias = estimate - unbiased(estimate, periods)
        how = f"Nickell's formula with {periods:.3g} years a cluster"
    else:
        draws = unbiased_past(fit)
        if isinstance(draws, str):
            return _unknown(draws, where)
        numbers = summarised(draws[:, None])
        low, high = (float(numbers[end][0]) for end in (LOWER, UPPER))
        bias = estimate - float(draws.mean())
        drift = " and pooled trends" * (factor is not None and factor.trend == "free")
        how = (
            f"the same data with 'initial: wooldridge'{drift} give {draws.mean():.2g}, 95 % "
            f"{low:.2g} to {high:.2g}"
        )
    true = estimate - bias
    long_run = "among them the policy's, are off with it"
    if fit.spec.feeds:
        long_run = "but not policies' long-run ones, and effects in the first year are off with it"
    elif of.outcome.family.link.name != "logit" and max(true, estimate) < 1:
        times = (1 - true) / (1 - estimate)
        long_run = f"among them the policy's, come out about {times:.2g} times as large as they are"
    return Finding(
        "biased_past",
        "serious" if abs(bias) > LITTLE else "warning",
        f"where the past's coefficient is {estimate:.2g}, this document is expected to be off by "
        f"{bias:+.2g} ({how})",
        f"Long-run effects, {long_run}.",
        "Write 'initial: wooldridge' with correlated cluster effects"
        + (" and 'trend: partial'." if factor is not None and factor.trend == "free" else "."),
        *where,
    )


def _unknown(reason: str, where: tuple[str, int | None]) -> Finding:
    return Finding(
        "biased_past",
        "serious",
        "the past's coefficient is biased, and by how much is not known: a fit without the bias "
        f"takes the fast engine, and {reason}",
        "Long-run effects may be off by a multiple.",
        "Write 'initial: wooldridge' with correlated cluster effects.",
        *where,
    )


def unbiased_past(fit: Fit) -> Values | str:
    """Draw the past's coefficient with effects of clusters given their first values, (S,).

    Trends of clusters are pooled there, and given these too.

    Panels drawn from the fit itself would not do: a fit that takes clusters' effects for
    persistence has none left to draw. A text says why there is no answer.
    """
    spec = fit.spec
    assert spec.dynamics is not None
    told = spec.dynamics.model_copy(update={"initial": "wooldridge", "accept_bias": False})
    factor = spec.fixed_effects.get(CLUSTER)
    drifts = factor is not None and factor.trend != "none"
    clusters = FixedEffect(
        columns=(CLUSTER,), pooling="correlated", trend="partial" if drifts else "none"
    )
    factors = {**spec.fixed_effects, CLUSTER: clusters}
    spec = spec.model_copy(update={"dynamics": told, "fixed_effects": factors})
    of = design(spec, fit.panel, learn(spec, fit.panel))
    how = {"draws": DRAWS, "chains": CHAINS, "seed": spec.engine.seed}
    outside = engines.classes.outside(of)
    if spec.feeds:
        posterior = engines.nuts.sample(of, Nuts.model_validate(how))["posterior"]
    elif outside is not None:
        return str(outside)
    else:
        fast = LatentGaussian.model_validate(how)
        posterior = engines.latent_gaussian.sample(of, fast)["posterior"]
    return np.asarray(posterior[rho(1)].to_numpy().ravel(), dtype=float)
