"""Under which assumptions an answer is an effect: said before a fit and under every scenario."""

from __future__ import annotations

from clustermodels.errors import choices
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import OF_TIES


def assumptions(spec: Spec) -> str:
    """Say what must hold for a document's answers to be effects, less what it models itself.

    Parameters
    ----------
    spec
        The document.

    Returns
    -------
    str
        What is printed under every effect and scenario.
    """
    reacting = spec.predetermined()
    past = "if past outcomes do not drive the policy"
    if reacting:
        past = (
            f"if past outcomes drive {choices(reacting)} only as its equation says, and no other "
            "policy"
        )
    stronger = "if clusters with stronger effects did not get more of the policy"
    modelled = [name for name, item in spec.treatments.items() if item.slope == "correlated"]
    if modelled:
        stronger += f" (of {choices(modelled)}, beyond a straight line in the cluster's mean)"
    ties = ""
    if any(edit.verb in OF_TIES for scenario in spec.scenarios.values() for edit in scenario):
        ties = (
            ". Where a scenario edits ties, the same regions are clusters, and every column but "
            "positions in the network stays as it was"
        )
    return (
        "Predictions and scenarios are forward simulations of this model, not proof of cause: they "
        "are causal only if nothing else moves with the policy within clusters and years once the "
        f"model's terms are held fixed, {past}, if a policy in one cluster leaves the others "
        "alone, if effects come at the stated lags, along the stated lines and the same whenever "
        f"they come, {stronger}, and if clusters were not chosen by their outcome{ties}."
    )
