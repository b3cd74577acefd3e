"""What every test shares, and the rule about skipping.

A test that needs something the machine may lack skips with a reason that begins with `needs NAME`, e.g. by
`support.needs.skip_without("landlock", found, "no Landlock in this kernel")`. `REASON_TUI_REQUIRE=landlock,tmux` names
what must be there: a skip for one of those is a failure. `.ci/run` says which these are.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from support import docker
from support.groups import group_of
from support.needs import required_by

REQUIRED = frozenset(name.strip() for name in os.environ.get("REASON_TUI_REQUIRE", "").split(",") if name.strip())

docker.hide()

# pytest brings readline, which sets these for every process begun from here: a test's terminal has a size of its own.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)
    os.unsetenv(_size)

# A shell has what it starts in the background ignore Ctrl+C, and processes hand that on: here some are ended by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no counter-example.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each of several processes takes whole groups. (xdist's own `--dist loadgroup` does nothing under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A skipped test, by mark or by call."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_if_required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """A skipped module."""
    report = yield
    if report.skipped:
        _fail_if_required(report)
    return report


def _fail_if_required(report: pytest.TestReport | pytest.CollectReport) -> None:
    place = report.longrepr
    reason = str(place[2]) if isinstance(place, tuple) else str(place)
    name = required_by(reason, REQUIRED)
    if name is not None:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: {reason}\nREASON_TUI_REQUIRE names {name}: this must not be skipped here."


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder of the test's own whose path is short wherever temporary files lie: for sockets and narrow screens."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def clean_environment(tmp_path, monkeypatch):
    """No settings of whoever runs the tests, and a home, a state folder and a working folder of the test's own."""
    for name in [name for name in os.environ if name.upper().startswith("REASON_TUI__") or name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path
