"""What the outcome's past must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices
from clustermodels.families.family import Family
from clustermodels.families.feedback import FED
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import form_of
from clustermodels.spec.fixed_effects import CLUSTER


def _family(spec: Spec) -> Iterator[Problem]:
    """Refuse families whose past outcome has no scale to enter on, and forms of other links."""
    if spec.dynamics is None:
        return
    family = find(spec.outcome[1].family)
    if family.takes_trials:
        yield spec.source.problem(
            ("dynamics",),
            f"{family.name} has no dynamics, because its past outcome is a number of successes "
            "among trials that differ from year to year",
            fix="Remove it, or make the past share a control.",
        )
        return
    if family.link.name == "logit" and not family.discrete:
        yield spec.source.problem(
            ("dynamics",),
            f"{family.name} has no dynamics, because a past share would act on another scale than "
            "its own log odds",
            fix="Remove it, or fit the log odds of the share as a gaussian outcome.",
        )
        return
    form = form_of(family)
    if spec.dynamics.form == "linear_feedback":
        yield from _fed(spec, family)
        return
    if spec.dynamics.form not in (None, form):
        yield spec.source.problem(
            ("dynamics", "form"),
            f"{family.name} takes the past outcome as '{form}', because that is the scale of its "
            f"{family.link.name} link" + " where counts may be 0" * (form == "log1p"),
            got=repr(spec.dynamics.form),
            fix=f"Write 'form: {form}', or leave it out.",
        )


def _fed(spec: Spec, family: Family) -> Iterator[Problem]:
    """Refuse linear feedback of what is no plain count, and of several years."""
    own = spec.dynamics
    assert own is not None
    if family.name not in FED:
        form = form_of(family)
        yield spec.source.problem(
            ("dynamics", "form"),
            f"{family.name} takes no linear feedback, because that is a rule on the mean of counts "
            "whose mean the log link gives",
            got="'linear_feedback'",
            fix=f"Write 'form: {form}', or use one of {choices(FED)}.",
        )
    if own.lags > 1:
        yield spec.source.problem(
            ("dynamics", "lags"),
            "linear feedback looks one year back, because shares of several years would have to "
            "leave a sum below 1",
            got=str(own.lags),
            fix="Write 'lags: 1', or 'form: log1p'.",
        )
    if spec.engine.kind == "latent_gaussian":
        yield spec.source.problem(
            ("engine", "kind"),
            "latent_gaussian does not take linear feedback, because there the past adds to the "
            "mean, and not to its predictor",
            fix="Write 'kind: nuts' or 'kind: auto'.",
        )


def _biased(spec: Spec) -> Iterator[Problem]:
    """Refuse forms that are biased in short panels, unless the document accepts that."""
    own = spec.dynamics
    if own is None:
        return
    factor = spec.fixed_effects.get(CLUSTER)
    pooling = "absent" if factor is None else factor.pooling
    if own.initial == "wooldridge" and pooling != "correlated":
        yield spec.source.problem(
            ("dynamics",),
            "'initial: wooldridge' cannot be had, because it models the cluster's effect given its "
            f"first outcomes and its means, and here cluster effects are {pooling}",
            fix="Write 'cluster: {pooling: correlated}' in the fixed effects; or 'initial: "
            "ignore, accept_bias: true', and read the bias that 'diagnose' expects.",
        )
    if factor is not None and factor.trend == "free" and not own.accept_bias:
        yield spec.source.problem(
            ("dynamics",),
            "the coefficient of the past outcome would be biased, because free trends of clusters "
            "pull it down in short panels, as free effects do (Nickell 1981)",
            fix="Write 'trend: partial'; or 'accept_bias: true'.",
        )
    if own.initial == "ignore" and not own.accept_bias:
        why = {
            "free": "free cluster effects pull it down in short panels (Nickell 1981)",
            "partial": "a random effect takes the past outcome for its own",
            "correlated": "means alone leave the first outcome's part in the cluster's effect",
            "absent": "what differs between clusters for good is taken for persistence",
        }[pooling]
        yield spec.source.problem(
            ("dynamics", "initial"),
            f"the coefficient of the past outcome would be biased, because {why}",
            fix="Write 'initial: wooldridge' with correlated cluster effects; or 'accept_bias: "
            "true', and read the bias that 'diagnose' expects.",
        )
    trending = factor is not None and factor.trend == "free"
    if own.initial == "wooldridge" and own.accept_bias and not trending:
        yield spec.source.problem(
            ("dynamics", "accept_bias"),
            "there is no bias to accept with 'initial: wooldridge'",
            fix="Remove it.",
        )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_family, _biased)
