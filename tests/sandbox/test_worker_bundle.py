"""The worker is one source of standard library code, for Pythons older than the host's."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reason_tui.sandbox import bundle, inside

MODULES = sorted(path for path in Path(inside.__file__).parent.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_worker_imports_the_standard_library_and_its_siblings_only(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 10))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("reason_tui.sandbox.inside")} == set()


def test_every_module_goes_into_the_source():
    source = bundle.worker_source()
    assert int(source[:8]) == len(source) - 8
    for path in MODULES:
        assert f"'{path.stem}': ".encode() in source


def test_the_host_loads_nothing_that_only_a_worker_can():
    names = [f"reason_tui.sandbox.inside.{name}" for name in ("server", "walls", "candidate")]
    code = f"import sys, reason_tui.sandbox; print([name for name in {names} if name in sys.modules])"
    paths = {"PYTHONPATH": os.pathsep.join([str(Path(inside.__file__).parents[3]), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=paths)
    assert done.stdout.strip() == "[]"
