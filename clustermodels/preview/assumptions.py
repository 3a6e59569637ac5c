"""Under which assumptions an answer is an effect: said before a fit and under every scenario."""

ASSUMPTIONS = (
    "Predictions and scenarios are forward simulations of this model, not proof of cause: they "
    "are causal only if nothing else moves with the policy within clusters and years once the "
    "model's terms are held fixed, if past outcomes do not drive the policy, if a policy in one "
    "cluster leaves the others alone, if effects come at the stated lags, along the stated lines "
    "and the same whenever they come, if clusters with stronger effects did not get more of the "
    "policy, and if clusters were not chosen by their outcome."
)
