"""The landscape as a picture: how clusters work together, and how specialised each one is."""

from __future__ import annotations

import os

from clustermodels.errors import FitError
from clustermodels.preview.landscape import Landscape
from clustermodels.report.contents import quotients_of, web_of
from clustermodels.report.page import page
from clustermodels.report.picture import check_target, style, write


def draw_landscape(found: Landscape, out: str | os.PathLike[str]) -> None:
    """Draw who works with whom, and how specialised each region is, in one picture.

    On the left the network, its ties added up over the years that the rules judge (without rules,
    all years): a circle for each cluster, as large as its activity, or as the weight w_i of its
    ties, in the colour of its position: the first one that the document declares, else closeness.
    On the right each LQ_i with its 95 % interval; below, in grey, regions that failed one rule.

    Parameters
    ----------
    found
        From ``landscape``. Without ties only the quotients are drawn, without quotients only the
        network.
    out
        The file, in .png, .svg or .pdf. An older picture of its kind is replaced.

    Raises
    ------
    FitError
        If the file cannot be written, or the landscape has neither ties nor quotients.

    Notes
    -----
    The same landscape gives the same picture. What would not fit is left out, and a line below
    says what: the weaker ties, other regions where there are more than 150, all but the largest or
    most specialised of many clusters. Distances in the network have no unit: regions are near each
    other where their ties are strong.

    References
    ----------
    Kamada, T. and Kawai, S. (1989). An algorithm for drawing general undirected graphs.
    Information Processing Letters 31, 7-15. https://doi.org/10.1016/0020-0190(89)90102-6
    """
    path = check_target(out)
    web, quotients = web_of(found), quotients_of(found)
    if web is None and quotients is None:
        raise FitError(
            f"{path} cannot be written because there is nothing to draw: the landscape has neither "
            "ties nor location quotients of a cluster. Add 'data.ties', or "
            "'clusters.location_quotient'."
        )
    title = " ".join(found.title.split())
    regions = found.regions.sizes["region"]
    clusters = int(found.regions["cluster"].sum())
    said = (
        f"{clusters:,} of {regions:,} regions {'is a cluster' if clusters == 1 else 'are clusters'}"
    )
    if "failed" not in found.regions:
        said = f"{regions:,} region{'s' * (regions != 1)}"
    elif "years" in found.regions.attrs:
        said += f", judged over {found.regions.attrs['years']}"
    names = [*(web.web.names if web else ()), *(quotients.shown.names if quotients else ())]
    with style([*names, title, web.colour if web else ""]) as readable:
        # an .svg keeps its texts, for a reader who has the letters
        readable = readable or path.suffix.lower() == ".svg"
        write(page(title, said, web, quotients, readable), path)
