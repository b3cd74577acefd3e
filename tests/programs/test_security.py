"""Bandit's findings are there where the extra `security` is installed, and are nothing that anybody waits for."""

from __future__ import annotations

import builtins

import pytest
from support.needs import skip_without

from reason_tui.programs import security

BAD = "import subprocess\n\n\ndef f(command):\n    subprocess.run(command, shell=True)\n    return eval(command)\n"


@pytest.fixture
def bandit():
    skip_without("bandit", security.available(), "the extra `security` is not installed")


def test_findings_name_the_line_and_the_test(bandit):
    found = security.findings(BAD)
    assert found is not None
    assert ("B602", 5, "high") in [(each.test, each.line, each.severity) for each in found]
    assert "B307" in [each.test for each in found]
    assert found[0].describe().startswith("line 1: B404 ")


def test_a_harmless_program_has_none(bandit):
    assert security.findings("def f(x):\n    return x + 1\n") == ()


def test_a_program_cannot_wave_its_findings_away_nor_write_to_the_terminal(bandit, capfd):
    found = security.findings("def f(x):\n    return eval(x)  # nosec B307, \x1b[2J\n")
    assert found is not None
    assert [each.test for each in found] == ["B307"]
    security.findings("x = " + "(" * 150 + ")" * 150 + "  # nosec: \x1b[31m\n")
    assert capfd.readouterr() == ("", "")


def test_what_is_no_python_is_not_looked_at(bandit):
    assert security.findings("def f(:\n") is None


def test_without_the_extra_there_is_nothing_to_show(monkeypatch):
    monkeypatch.setattr(security.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(builtins, "__import__", _no_bandit(builtins.__import__))
    assert not security.available()
    assert security.findings.__wrapped__(BAD) is None


def _no_bandit(usual):
    def importing(name, *args, **kwargs):
        assert not name.startswith("bandit"), "it must not be imported"
        return usual(name, *args, **kwargs)

    return importing
