"""The house: import floors, no hidden imports, no forbidden names, public names that exist."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clustermodels as cm
from clustermodels.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "clustermodels"
FLOORS = [
    "errors",
    "families",
    "network",
    "spec",
    "tables",
    "data",
    "preview",
    "model",
    "engines",
    "fits",
    "results",
    "decide",
    "report",
    "cli",
]
MODULES = sorted(PACKAGE.rglob("*.py"))
TEXTS = [
    path
    for pattern in ("clustermodels/**/*.py", "specs/**/*.*", "docs/**/*.md", "tests/**/*.py", "*.*")
    for path in ROOT.glob(pattern)
    if path.is_file() and path.suffix in (".py", ".md", ".yaml", ".toml", ".txt", ".json")
]


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


def own_imports(path: Path) -> list[str]:
    found = []
    for node in imports(path):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "clustermodels":
                found += [f"clustermodels.{alias.name}" for alias in node.names]
            elif (node.module or "").startswith("clustermodels."):
                found.append(node.module)
        else:
            found += [a.name for a in node.names if a.name.startswith("clustermodels")]
    return found


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_from_rooms_below(path):
    here = room(name_of(path))
    if here in ("__init__", "__main__"):
        return
    floor = FLOORS.index(here)
    for module in own_imports(path):
        if module == "clustermodels":
            assert here == "cli", "only the commands use the public verbs"
            continue
        assert FLOORS.index(room(module)) <= floor, f"{module} is above {here}"


def test_no_import_cycle():
    graph = {
        name_of(path).removesuffix(".__init__"): set(own_imports(path))
        for path in MODULES
        if path.parent != PACKAGE or path.name == "errors.py"
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, f"cycle: {' -> '.join((*above, module))}"
        if module in done:
            return
        for below in graph.get(module, ()):
            visit(below, (*above, module))
        done.add(module)

    for module in graph:
        visit(module, ())
    assert len(done) > 60


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_inside_a_function_and_no_hasattr(path):
    tree = ast.parse(path.read_text("utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.Lambda)):
            inside = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
            assert not inside, f"{path}:{inside[0].lineno}"
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "hasattr" not in called


def test_inits_are_empty_but_for_the_two_lazy_ones():
    inits = [path for path in MODULES if path.name == "__init__.py"]
    full = {path.parent.name for path in inits if path.read_text("utf-8").strip()}
    assert full == {"clustermodels", "engines"}


def test_names_and_sizes_of_files():
    for path in MODULES:
        assert path.stem not in ("utils", "helpers", "base", "manager", "core"), path
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 340, f"{path} has {lines} lines: one idea a file"


def test_only_the_model_knows_pymc_and_one_module_talks_to_arviz():
    users: dict[str, set[str]] = {"pymc": set(), "arviz_stats": set(), "nutpie": set()}
    for path in MODULES:
        for node in imports(path):
            modules = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
            for module in modules:
                top = module.split(".")[0]
                if top in users:
                    users[top].add(name_of(path).rpartition(".")[0])
                assert not top.startswith("arviz") or name_of(path).endswith("engines.chains")
    assert users["pymc"] == {"clustermodels.model"}
    assert users["nutpie"] == {"clustermodels.engines"}


def test_no_method_is_overridden():
    """A class is abstract or final: what a subclass defines, its parent declares abstract."""
    classes: dict[str, ast.ClassDef] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes[node.name] = node
    for node in classes.values():
        for parent in node.bases:
            above = classes.get(getattr(parent, "id", ""))
            if above is None:
                continue
            concrete = {
                item.name
                for item in above.body
                if isinstance(item, ast.FunctionDef)
                and not any(getattr(d, "id", "") == "abstractmethod" for d in item.decorator_list)
            }
            own = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            assert not (concrete & own) - {"__init__"}, f"{node.name} overrides {concrete & own}"


def test_every_public_name_exists_and_is_documented():
    assert len(cm.__all__) >= 25
    for name in cm.__all__:
        assert getattr(cm, name).__doc__, name


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_names_a_machine(path):
    text = path.read_text("utf-8")
    marks = ("/ho" + "me/", "/wo" + "rk/", "file:" + "//", "pypi" + ".org", "github" + ".com")
    for mark in marks:
        assert mark not in text, mark


def test_the_documents_list_what_exists():
    architecture = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    for name in rooms:
        assert f"`{name}/`" in architecture, name
    commands = (ROOT / "docs" / "commands.md").read_text("utf-8")
    named = [command.__name__ for command in COMMANDS]
    assert len(named) >= 13
    for command in named:
        assert f"## {command.replace('_', '-')}" in commands, command
    grammar = (ROOT / "docs" / "grammar.md").read_text("utf-8")
    for section in cm.json_schema()["properties"]:
        assert f"`{section}`" in grammar, section


@pytest.mark.parametrize("first", ["results.summary", "results.diagnose", "network.network"])
def test_whatever_is_loaded_first_the_sampler_loads(first):
    """A module that waits to be loaded would be loaded amid the imports of ArviZ."""
    code = f"import clustermodels.{first}, clustermodels.engines.nuts, clustermodels.engines.chains"
    subprocess.run([sys.executable, "-c", code], check=True)
