"""What Bandit says about a program: for readers, never for a reward. Needs the extra `security`, else says nothing."""

from __future__ import annotations

import importlib.util
import logging
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from reason_tui.tasks.types import Frozen
from reason_tui.text import one_line

Level = Literal["low", "medium", "high"]
_LEVELS: dict[str, Level] = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
_MAX_TEXT = 200
_REMEMBERED = 256


class Finding(Frozen):
    """One thing that a reader should look at. `test` is Bandit's name for it, e.g. `B102`; `line` is the program's."""

    test: str
    text: str
    severity: Level
    confidence: Level
    line: int

    def describe(self) -> str:
        """`line 3: B102 Use of exec detected. (medium)`."""
        return f"line {self.line}: {self.test} {self.text} ({self.severity})"


def available() -> bool:
    """Whether Bandit is installed."""
    return importlib.util.find_spec("bandit") is not None


@lru_cache(_REMEMBERED)
def findings(program: str) -> tuple[Finding, ...] | None:
    """By line; None without Bandit, or where `program` is not Python. Nothing of it is executed."""
    if not available():
        return None
    with tempfile.TemporaryDirectory(prefix="reason-tui-security-") as folder:
        path = Path(folder, "program.py")
        path.write_bytes(program.encode("utf-8", "surrogatepass"))
        manager = _scan(path)
    if manager.skipped:
        return None
    return tuple(sorted(map(_finding, manager.get_issue_list()), key=lambda each: (each.line, each.test)))


def _scan(path: Path) -> Any:
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    logging.getLogger("bandit").setLevel(logging.CRITICAL + 1)  # what it logs would go to the terminal, uncleaned
    # A program that was not written by its reader may not say of itself that it is harmless.
    manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True)
    manager.discover_files([str(path)])
    manager.run_tests()
    return manager


def _finding(issue: Any) -> Finding:
    return Finding(
        test=issue.test_id,
        text=one_line(issue.text, _MAX_TEXT),
        severity=_LEVELS.get(issue.severity, "low"),
        confidence=_LEVELS.get(issue.confidence, "low"),
        line=issue.lineno,
    )
