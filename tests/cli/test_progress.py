"""What is said while an engine draws."""

from clustermodels.cli.progress import sampling
from clustermodels.engines.draws import Tick


def test_a_line_a_quarter_and_divergences_only_where_there_are_any(capsys):
    with sampling() as notify:
        for finished, divergences in ((0, 0), (10, 0), (60, 1), (100, 3)):
            notify((Tick(finished, 100, 0), Tick(finished, 100, divergences)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "sampling: 0 of 200 draws",
        "sampling: 120 of 200 draws, 1 divergence",
        "sampling: 200 of 200 draws, 3 divergences",
    ]
