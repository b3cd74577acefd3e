"""What a command may import: `--help` must answer at once, and no command may pay for the app or the model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"pydantic", "pydantic_settings", "textual", "rich", "xllamacpp", "asyncio", "platformdirs", "tomllib", "torch"}
SCRIPT = """
import json, sys
sys.path[:0] = {paths!r}
sys.argv = ["reason-tui", *{arguments!r}]
from reason_tui.__main__ import main
try:
    main()
except SystemExit as leaving:
    code = leaving.code
print(json.dumps([code, sorted({{name.partition(".")[0] for name in sys.modules}}), sorted(sys.modules)]))
"""


def imported_by(*arguments: str) -> tuple[int, set[str], set[str]]:
    """The exit code, the top-level packages and all modules in a process that ran this command line."""
    script = SCRIPT.format(paths=[str(ROOT), str(ROOT / "backends")], arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, packages, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(packages), set(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-h"]])
def test_help_and_version_import_click_and_nothing_heavy(arguments):
    code, packages, modules = imported_by(*arguments)
    assert code == 0
    assert "click" in packages
    assert not packages & HEAVY
    ours = {name for name in modules if name.startswith("reason_tui.")} - {"reason_tui.__main__"}
    assert ours <= {"reason_tui.errors", "reason_tui.text"} | {
        f"reason_tui.cli{rest}" for rest in ("", ".main", ".edge", ".options")
    }


@pytest.mark.parametrize(
    "arguments",
    [["solve", "--help"], ["runs", "ls", "--help"], ["doctor", "--help"], ["eval", "--help"], ["config", "--help"]],
)
def test_no_command_imports_the_app_or_a_model(arguments):
    code, packages, modules = imported_by(*arguments)
    assert code == 0
    assert not packages & {"textual", "rich", "xllamacpp", "torch"}
    assert not {name for name in modules if name.startswith("reason_tui.tui")}


def test_every_command_of_the_help_can_be_imported():
    from reason_tui.cli.main import COMMANDS, cli

    for name in COMMANDS:
        assert cli.get_command(None, name).name == name
