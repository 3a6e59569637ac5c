"""Everything that can be known before a fit: of the document, its data, and what they can tell."""

from __future__ import annotations

import os

from clustermodels.data.design import design
from clustermodels.data.learned import learn
from clustermodels.data.reading import read_panel
from clustermodels.data.scenarios import check_scenarios
from clustermodels.errors import Finding, by_severity
from clustermodels.preview.identification import identification
from clustermodels.preview.idle import idle_findings
from clustermodels.preview.membership import membership
from clustermodels.preview.past import past_findings
from clustermodels.preview.positions import position_findings
from clustermodels.preview.rows import row_findings
from clustermodels.preview.staggered import staggered
from clustermodels.preview.support import support
from clustermodels.spec.document import Spec
from clustermodels.spec.read import read_spec


def check(spec: Spec | str | os.PathLike[str], data: object = None) -> tuple[Finding, ...]:
    """Check a document, its data, and what the design can tell.

    Parameters
    ----------
    spec
        A Spec, or the path of a document.
    data
        A table to use instead of the file, or a ``Panel`` that was read for this document already.

    Returns
    -------
    tuple of Finding
        Doubts, the most serious first.

    Raises
    ------
    SpecError, PanelError
        With every problem of the document, or of the data against it.
    """
    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    panel = read_panel(spec, data)
    learned = learn(spec, panel)
    of = design(spec, panel, learned)
    idle = check_scenarios(spec, panel, learned, of)
    clusters = sorted(set(panel.rows["cluster"].to_numpy().tolist()))
    found = [
        *panel.found,
        *membership(spec, panel.regions, int(of.years.max())),
        *position_findings(spec, panel.networks, clusters),
        *row_findings(spec, panel, of),
        *identification(spec, of),
        *past_findings(spec, learned, of),
        *staggered(spec, panel, of),
        *support(spec, panel, learned),
        *idle_findings(spec, idle),
    ]
    return by_severity(found)
