"""Everything that checks and fits start from, made once."""

from __future__ import annotations

import os
from dataclasses import dataclass

from clustermodels.data.answered import answered
from clustermodels.data.design import Design, design
from clustermodels.data.horizon import extended
from clustermodels.data.learned import Learned, learn
from clustermodels.data.panel import Panel
from clustermodels.data.reading import read_panel
from clustermodels.data.scenarios import check_scenarios
from clustermodels.spec.document import Spec
from clustermodels.spec.read import read_spec


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document with its panel, what that taught and the numbers of the model.

    Parameters
    ----------
    spec, panel, learned, design
        As ``read_spec``, ``read_panel``, ``learn`` and ``design`` make them.
    idle
        The scenarios under which every column of every fitted row stays as it is.
    """

    spec: Spec
    panel: Panel
    learned: Learned
    design: Design
    idle: tuple[str, ...]


# What a study may be handed over as.
Study = Prepared | Spec | str | os.PathLike[str]


def prepare(spec: Study, data: object = None) -> Prepared:
    """Read a document and its panel, and design the panel and every scenario.

    Parameters
    ----------
    spec
        A Spec, or the path of a document. What has been prepared is given back.
    data
        A table to use instead of the file, or a ``Panel`` that was read for this document already.

    Returns
    -------
    Prepared
        What ``check`` and ``fit`` take in place of a document, to do this once for both.

    Raises
    ------
    SpecError, PanelError
        With every problem of the document, or of the data and the scenarios against it.
    TypeError
        If there are data for what has been prepared with its own.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...                   "outcomes": {"patents": {"family": "poisson"}}, "controls": ["talent"]})
    >>> table = pd.DataFrame({"city": [*"AABB"], "year": [2020, 2021] * 2,
    ...                       "patents": [3, 5, 2, 4], "talent": [0.1, 0.3, 0.2, 0.5]})
    >>> [block.name for block in prepare(spec, table).design.blocks]
    ['talent', 'cluster_means', 'year_effect', 'cluster_effect']
    """
    if isinstance(spec, Prepared):
        if data is not None:
            raise TypeError("what has been prepared has its data: hand it over alone")
        return spec
    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    panel = read_panel(spec, data)
    learned = learn(spec, panel)
    of = design(spec, panel, learned)
    ahead, known = extended(spec, panel, learned)
    whole = answered(ahead)
    observed = of if whole is panel else design(spec, whole, known)
    return Prepared(spec, panel, learned, of, check_scenarios(spec, ahead, known, observed))
