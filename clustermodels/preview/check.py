"""Everything that can be known before a fit: of the document, its data, and what they can tell."""

from __future__ import annotations

from clustermodels.data.filled import filled
from clustermodels.data.prepared import Study, prepare
from clustermodels.errors import Finding, by_severity
from clustermodels.preview.beyond import horizon_findings
from clustermodels.preview.cohorts import cohort_findings
from clustermodels.preview.follows import follows_findings
from clustermodels.preview.identification import identification
from clustermodels.preview.idle import idle_findings
from clustermodels.preview.lost import missing_findings
from clustermodels.preview.membership import membership
from clustermodels.preview.own_slopes import slope_findings
from clustermodels.preview.past import past_findings
from clustermodels.preview.positions import position_findings
from clustermodels.preview.reached import reached_findings
from clustermodels.preview.rows import row_findings
from clustermodels.preview.serial import serial_findings
from clustermodels.preview.staggered import staggered
from clustermodels.preview.support import support
from clustermodels.preview.weights import weight_findings


def check(spec: Study, data: object = None) -> tuple[Finding, ...]:
    """Check a document, its data, and what the design can tell.

    Parameters
    ----------
    spec
        A Spec, the path of a document, or what ``prepare`` made of it.
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
    ready = prepare(spec, data)
    spec, panel, of = ready.spec, ready.panel, ready.design
    clusters = sorted(set(panel.rows["cluster"].to_numpy().tolist()))
    found = [
        *panel.found,
        *membership(spec, panel.regions, int(of.years.max())),
        *position_findings(spec, panel.networks, clusters),
        *row_findings(spec, panel, of),
        *missing_findings(spec, panel, of),
        *identification(spec, filled(of)),
        *slope_findings(spec, filled(of)),
        *past_findings(spec, ready.learned, of),
        *follows_findings(spec, panel),
        *serial_findings(spec, of),
        *weight_findings(spec, of),
        *staggered(spec, panel, of),
        *cohort_findings(spec, panel, of),
        *reached_findings(spec, panel, ready.learned, of),
        *support(spec, panel, ready.learned),
        *idle_findings(spec, ready.idle),
        *horizon_findings(spec, panel, ready.learned),
    ]
    return by_severity(found)
