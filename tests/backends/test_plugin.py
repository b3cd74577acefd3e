"""The backend of backends/README.md is a working one: installed from that page as a package of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

README = Path(__file__).parents[2] / "backends" / "README.md"
SCRIPT = """
import json, sys
from reason_tui.models.loader import backend_names, load_policy
from reason_tui.policy import CancelToken, Message, SampleRequest
assert "letter-pairs" in backend_names(), backend_names()
policy = load_policy(sys.argv[1], "letter-pairs")
request = SampleRequest(messages=(Message(role="user", content="go"),), prefix="a", n=3, max_tokens=9, stop=("c",))
print(json.dumps([reply.text for reply in policy.sample(request, lambda *_: None, CancelToken())]))
"""


def block(language: str) -> str:
    """The first block of this language."""
    found = re.search(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def run(*command: str, path: Path | None = None, cwd: Path | None = None) -> str:
    search = [str(path)] if path else []
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*search, *sys.path])}
    result = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_backend_of_the_readme_is_short_and_runs_where_it_is_installed(tmp_path: Path):
    module = block("python")
    assert len(module.splitlines()) < 60
    package, target, model = tmp_path / "package", tmp_path / "target", tmp_path / "model.txt"
    package.mkdir()
    (package / "letter_pairs.py").write_text(module, "utf-8")
    (package / "pyproject.toml").write_text(block("toml"), "utf-8")
    model.write_text("abababc", "utf-8")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(package / "dist"), cwd=package)
    (wheel,) = (package / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)  # what installing a wheel of pure Python is
    replies = json.loads(run(sys.executable, "-c", SCRIPT, str(model), path=target))
    assert len(replies) == 3
    assert all(re.fullmatch("(ba)*b?", reply) for reply in replies)
    assert len(set(replies)) > 1
