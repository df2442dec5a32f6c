"""The shape of the house: imports run one way, in no circle, and each module says what it is for."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("care", "reminders", "scheduler", "web", "homestretch")
MAY_IMPORT = {
    "care": {"care"},
    "reminders": {"care", "reminders"},
    "scheduler": {"care", "reminders", "scheduler"},
    "web": {"care", "reminders", "web"},
    "homestretch": set(PACKAGES),
}
KEPT_OUT = {
    "care": {"flask", "twilio", "apscheduler", "procrastinate", "aiohttp", "wtforms"},
    "reminders": {"flask", "apscheduler", "procrastinate", "wtforms"},
    "scheduler": {"flask", "twilio", "wtforms"},
    "web": {"apscheduler", "procrastinate", "aiohttp"},
    "homestretch": {"apscheduler", "procrastinate"},
}
# An installation without these must run all the same: only their own rooms may need them.
ROOMS = {
    "procrastinate": {"scheduler.cluster", "scheduler.cluster_tables"},
    "weasyprint": {"web.pdf_printing"},
}

LOADED_LATE = (
    "aiohttp",
    "alembic",
    "gunicorn",
    "icalendar",
    "PIL",
    "procrastinate",
    "requests",
    "weasyprint",
)


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module named by an import statement, however deep in the code it stands."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in submodules if name in MODULES]
            yield from found
            if len(found) < len(submodules):
                yield node.module


def load_time_imports(path: Path) -> Iterator[str]:
    """Only those that run as the module loads, where a circle would break it."""
    body = parsed(path).body
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _named_by(node)


def _named_by(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module:
        submodules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
        yield from submodules or {node.module}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        if name.split(".")[0] == package
        for imported in imports_of(path)
        if imported.split(".")[0] in PACKAGES and imported.split(".")[0] not in MAY_IMPORT[package]
    ]

    assert wrong == []


@pytest.mark.parametrize("package", KEPT_OUT)
def test_a_package_knows_nothing_of_its_neighbours_tools(package: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        if name.split(".")[0] == package
        for imported in imports_of(path)
        if imported.split(".")[0] in KEPT_OUT[package]
    ]

    assert wrong == []


@pytest.mark.parametrize("tool", ROOMS)
def test_an_optional_tool_stays_in_its_room(tool: str) -> None:
    users = {
        name for name, path in MODULES.items() if tool in {one.split(".")[0] for one in imports_of(path)}
    }
    beside = {
        name
        for name, path in MODULES.items()
        if name not in ROOMS[tool] and ROOMS[tool] & set(load_time_imports(path))
    }

    assert users == ROOMS[tool]
    assert beside == set()


def test_a_start_loads_nothing_that_few_installations_need() -> None:
    """Each of these costs megabytes for as long as the process lives."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, homestretch.cli, homestretch.serving; print(*sys.modules)"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout.split()

    assert set(LOADED_LATE) & set(loaded) == set()


def test_no_module_leads_back_to_itself() -> None:
    graph = {
        name: {one for one in load_time_imports(path) if one in MODULES and one != name}
        for name, path in MODULES.items()
    }

    assert [name for name in graph if name in _reachable(graph, name)] == []


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return seen


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(parsed(path))]

    assert silent == []


# Proxy and certificates are read where a connection is made, as every HTTP library does.
READS_THE_NETWORK_ENVIRONMENT = {"reminders.surroundings"}


def test_only_the_front_door_reads_the_environment() -> None:
    readers = {name for name, path in MODULES.items() if "os.environ" in path.read_text("utf-8")}

    inside = {name for name in readers if not name.startswith("homestretch")}
    assert inside <= READS_THE_NETWORK_ENVIRONMENT
