"""What outcomes that are fitted jointly share, in words."""

from __future__ import annotations

from clustermodels.data.priors import concentration
from clustermodels.errors import choices
from clustermodels.spec.document import Spec
from clustermodels.spec.joint import EFFECTS, NORMAL, shared


def jointly(spec: Spec) -> tuple[str, ...]:
    """Say what the outcomes of a document have in common, a sentence each.

    Parameters
    ----------
    spec
        The whole document.

    Returns
    -------
    tuple of str
        Nothing where outcomes are fitted one by one.
    """
    return tuple(_words(spec, name) for name in shared(spec))


def _words(spec: Spec, name: str) -> str:
    if name == EFFECTS:
        of, what = [*spec.outcomes], "What clusters vary by is"
    else:
        of = [key for key, outcome in spec.outcomes.items() if outcome.family in NORMAL]
        what = "What is left of a cluster-year is"
    return (
        f"{what} correlated across {choices(of)} ({name}); within each equation all is as it is "
        f"alone. Prior: density |C|^{concentration(spec, name) - 1:g} of the correlations across."
    )
