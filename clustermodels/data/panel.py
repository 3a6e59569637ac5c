"""The panel: long, sorted, typed, with a ledger of every row that was lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.networks import Networks
from clustermodels.data.stocks import accumulated
from clustermodels.errors import Finding
from clustermodels.spec.reads import Read

Values = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Loss:
    """Rows that cannot be used, for one reason.

    Parameters
    ----------
    reason
        Why, a clause.
    places
        The (cluster, year) of each row.
    """

    reason: str
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class Panel:
    """A cluster-year panel.

    Parameters
    ----------
    rows
        Dataset on ``obs``, sorted by cluster and year, a row each. Coordinates ``cluster``,
        ``year`` and ``used`` (True where the row enters the likelihood; other rows still serve
        as the past of later ones). Variables: the columns that the document names, numbers as
        float64 with nan where missing, labels as text with '' where missing.
    losses
        The rows that are not used, and why.
    name
        The file as the document names it, for messages.
    sha256
        The hash of the file's bytes.
    networks
        The ties of all regions, and those without the outcome's own units where a position asks
        for them.
    regions
        Where the document has rules for clusters: what each region scored, on ``region``.
    found
        What is odd about the tables and how they fit together.
    read_as
        What the document says of reading; empty where rows were edited since.
    """

    rows: xr.Dataset
    losses: tuple[Loss, ...] = ()
    name: str = ""
    sha256: str = ""
    networks: Networks = field(default_factory=Networks)
    regions: xr.Dataset | None = None
    found: tuple[Finding, ...] = ()
    read_as: str = ""

    @property
    def used(self) -> Positions:
        """The positions of the used rows, in order."""
        return np.flatnonzero(self.rows["used"].to_numpy())


@dataclass(frozen=True, eq=False)
class Labels:
    """The text of each row.

    Parameters
    ----------
    codes
        Which of the different texts each row has, (obs,).
    different
        Every text of a row, in the order of first rows.
    """

    codes: Positions
    different: list[str]


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads columns of a panel at chosen rows, lags by year value and never by row.

    Parameters
    ----------
    rows
        A panel's rows.
    at
        The positions to read at, (obs,).
    """

    rows: xr.Dataset
    at: Positions

    @property
    def clusters(self) -> NDArray[np.object_]:
        """The cluster of each row, (obs,)."""
        return np.asarray(self.rows["cluster"].to_numpy()[self.at], dtype=object)

    @property
    def years(self) -> Positions:
        """The year of each row, (obs,)."""
        years: Positions = self.rows["year"].to_numpy()[self.at]
        return years

    def is_number(self, column: str) -> bool:
        """Tell whether the panel holds ``column`` as numbers; the year itself is one."""
        return self.rows[column].dtype.kind in "fi"

    def numbers(self, read: Read) -> Values:
        """Give a numeric column, (obs,); nan where it, or the year that it lags to, is missing.

        Or, where the read says so, what has accumulated until then.
        """
        source = self.source(read.lag)
        values = self.rows[read.column].to_numpy()
        if read.stock is not None:
            years = self.rows["year"].to_numpy()
            begins = _begins(self.rows)
            values = accumulated(values, years, begins, read.stock)
            if read.lag == 1:  # the year before the first row: what there was to begin with
                known = np.where(begins[self.at] & (source < 0), read.stock.initial, np.nan)
                return np.where(source < 0, known, values[source])
        return np.where(source < 0, np.nan, values[source])

    def labels(self, column: str, lag: int = 0) -> Labels:
        """Give a column as text; '' where missing.

        Rows are sorted by cluster, so that runs of one value are looked up once.
        """
        source = self.at if column in ("cluster", "year") else self.source(lag)
        values, number = self.rows[column].to_numpy()[source], self.is_number(column)
        if lag:
            values = np.where(source < 0, np.nan if number else "", values)
        begins = np.append(True, values[1:] != values[:-1])[: len(values)]
        codes, found = pd.factorize(values[begins])
        different = [*map(_label, found.tolist())] if number else found.tolist()
        if (codes < 0).any():
            codes, different = np.where(codes < 0, len(different), codes), [*different, ""]
        return Labels(codes[np.cumsum(begins) - 1], different)

    def source(self, lag: int) -> Positions:
        """Give the position that each row reads from, -1 where that year is not in the panel."""
        if lag == 0:
            return self.at
        years = self.rows["year"].to_numpy().astype(np.int64)
        codes = cluster_codes(self.rows)
        first, span = int(years.min()), int(years.max() - years.min()) + 1
        keys = codes * span + (years - first)
        wanted = keys[self.at] - lag
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        when = years[self.at] - lag
        hit = (keys[found] == wanted) & (when >= first) & (when < first + span)
        return np.where(hit, found, -1)


def clusters_of(rows: xr.Dataset) -> list[str]:
    """Give the clusters of a panel's rows, sorted as the rows are."""
    clusters: list[str] = rows["cluster"].to_numpy()[_begins(rows)].tolist()
    return clusters


def cluster_codes(rows: xr.Dataset) -> Positions:
    """Give the cluster of each row as a number, (obs,), in the order of ``clusters_of``."""
    return np.cumsum(_begins(rows)) - 1


def _begins(rows: xr.Dataset) -> NDArray[np.bool_]:
    """Tell where the rows of each cluster begin, (obs,)."""
    clusters = rows["cluster"].to_numpy()
    return np.concatenate([[True], clusters[1:] != clusters[:-1]])[: len(clusters)]


def _label(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def reader(panel: Panel) -> Reader:
    """Read a panel at its used rows."""
    return Reader(panel.rows, panel.used)
