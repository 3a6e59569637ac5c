"""Who fits which model, by which command, what it gives, and whether it is installed."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
DRAWS = "posterior draws"
PARTIAL = {("partial", "negative_binomial"), ("partial", "gaussian")}
FREE = {("free", "gaussian"), ("free", "poisson")}
# The fewest clusters with which a model of free effects is timed.
FREE_FROM = 100
TUNE = 1000


@dataclass(frozen=True)
class Case:
    """A model, a family and a size, and the folder where its panel and documents are."""

    model: str
    family: str
    clusters: int
    folder: Path

    @property
    def draws(self) -> int:
        """Fewer for larger panels, whose posteriors are as wide but take more room."""
        return 1000 if self.clusters <= 1000 else 250 if self.clusters <= 10_000 else 100


@dataclass(frozen=True)
class Contestant:
    """One that fits; ``package`` is of Python, or of R where ``in_r``."""

    name: str
    package: str
    gives: str
    models: frozenset[tuple[str, str]]
    in_r: bool = False

    def version(self) -> str:
        """Give the installed version, empty where it is not there."""
        return r_version(self.package) if self.in_r else python_version(self.package)

    def command(self, case: Case) -> list[str]:
        """Give the command of the whole process."""
        of, family = str(case.folder), case.family
        if self.in_r:
            return ["Rscript", str(HERE / "peer_r.R"), of, family, self.package]
        if self.package == "pyfixest":
            return [sys.executable, str(HERE / "peer_pyfixest.py"), of, family]
        if self.package == "bambi":
            script = [sys.executable, str(HERE / "peer_bambi.py"), of, str(case.draws), "nutpie"]
            return [*script, "--family", family, "--tune", str(TUNE)]
        spec = str(self.document(case))
        return [sys.executable, "-m", "clustermodels", "fit", spec, "--out", str(self.saved(case))]

    def again(self, case: Case) -> list[str]:
        """Give the command that times later fits in one process; empty: the first one told."""
        if self.package == "pyfixest":
            return [*self.command(case), "--again"]
        if self.ours:
            return [sys.executable, str(HERE / "inside.py"), "second", str(self.document(case))]
        return []

    @property
    def ours(self) -> bool:
        return self.package == "clustermodels"

    def document(self, case: Case) -> Path:
        """Give our document of a case, which ``panel.py`` names after its engine."""
        return case.folder / f"{self.engine}.yaml"

    def saved(self, case: Case) -> Path:
        """Give the file of our fit of a case."""
        return case.folder / f"{self.engine}.nc"

    @property
    def engine(self) -> str:
        return self.name.rpartition(" ")[2]


def ours(engine: str) -> Contestant:
    return Contestant(f"clustermodels, {engine}", "clustermodels", DRAWS, frozenset(PARTIAL | FREE))


PEERS = (
    Contestant("bambi, nutpie", "bambi", DRAWS, frozenset(PARTIAL)),
    Contestant("pyfixest", "pyfixest", "estimate, standard error", frozenset(FREE)),
    Contestant(
        "lme4", "lme4", "REML estimate, standard error", frozenset({("partial", "gaussian")}), True
    ),
    Contestant("glmmTMB", "glmmTMB", "ML estimate, standard error", frozenset(PARTIAL), True),
)


@cache
def r_version(package: str) -> str:
    if not shutil.which("Rscript"):
        return ""
    asked = f"cat(as.character(packageVersion('{package}')))"
    done = subprocess.run(["Rscript", "-e", asked], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def python_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def cases(sizes: list[int]) -> list[tuple[str, str, int]]:
    """Give every model, family and size, sizes rising within each of the first two."""
    wanted = [
        (*of, clusters)
        for models in (PARTIAL, FREE)
        for of in sorted(models, reverse=models is PARTIAL)
        for clusters in sorted(sizes)
    ]
    return [case for case in wanted if case[0] == "partial" or case[2] >= FREE_FROM]
