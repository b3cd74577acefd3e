"""Workers in containers, through the `docker` command.

The command and not the Python client: it follows the user's contexts and credentials, needs no further package, costs
no import (291 ms), and passes a worker's stdin on, so that a container is a process like any other here. Closing
that stdin (also by dying) ends the worker, and `--rm` the container.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid

from reason_tui.errors import SandboxError
from reason_tui.sandbox.bundle import BOOT
from reason_tui.sandbox.types import DockerMode, Level, Limits
from reason_tui.sandbox.walls.base import PYTHON_FLAGS, Launch, worker_env
from reason_tui.sandbox.walls.direct import JOBS_PER_WORKER
from reason_tui.sandbox.walls.owners import is_gone, owner, remove_left_behind

LABEL = "reason-tui.sandbox"
OLDEST_IMAGE = "python:3.10-slim"
_WORK = "/tmp"
_NOBODY = 65534
SOON_S = 1.0
"""How long an engine is waited for that nobody asked for by name."""
_ANSWER_S, _TIDY_S = 10.0, 30.0
_CONTAINER_MB = 512
_WALLS = (
    *("--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--pids-limit", "64", "--memory", f"{_CONTAINER_MB}m", "--memory-swap", f"{_CONTAINER_MB}m", "--cpus", "1"),
    *("--user", f"{_NOBODY}:{_NOBODY}", "--ipc", "none", "--log-driver", "none", "--ulimit", "core=0"),
    *("--hostname", "sandbox", "--workdir", "/", "--pull", "never"),
)
# The command line client hands the proxies of its configuration, with their passwords, to every container.
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")


def host_image() -> str:
    """The official image of this interpreter's minor version: verdicts are then those of this machine's Python."""
    return f"python:3.{sys.version_info.minor}-slim"


class DockerWall:
    """Containers without network, privileges or anything of the host, seccomp (and Landlock) on top.

    `image`: any local image with a `python3` of 3.10 or newer; without one, that of this interpreter's minor version,
    else `python:3.10-slim`. `mode`: `warm` keeps a container for 500 jobs, `per-run` takes a new one for each.
    `answer_s`: how long the engine may take to say that it is there.
    Holes: the image's own files can be read where the kernel has no Landlock; the kernel is the host's.
    """

    level: Level = "docker"
    holes = ""
    packages: tuple[str, ...] = ()

    def __init__(self, image: str | None = None, mode: DockerMode = "warm", answer_s: float = _ANSWER_S) -> None:
        self._answer_s = answer_s
        self._wanted = (image,) if image else (host_image(), OLDEST_IMAGE)
        self.image = self._wanted[0]
        self.label = "docker" if mode == "warm" else "docker per-run"
        self.jobs_per_worker = JOBS_PER_WORKER if mode == "warm" else 1

    def unavailable(self) -> str:
        """Why this machine cannot have it: no client, no engine that answers in time, or no image."""
        if shutil.which("docker") is None:
            return "Docker is not installed (`docker`)."
        why = ""
        for image in self._wanted:
            done = _docker("image", "inspect", "--format", "{{.Id}}", image, timeout_s=self._answer_s)
            if done is None:
                return f"The Docker engine does not answer within {self._answer_s:g} s."
            if done.returncode == 0:
                self.image = image
                return ""
            why = done.stderr.strip()
            if "no such image" not in why.lower():
                return f"The Docker engine does not answer: {why}"
        return f"There is no image `{self._wanted[0]}` here: docker pull {self._wanted[0]}"

    def pull(self) -> None:
        """Fetch the image; the client writes its progress to stderr. Raises SandboxError."""
        try:
            done = subprocess.run(["docker", "pull", self.image], stdout=sys.stderr.fileno(), check=False)
        except OSError as error:
            raise SandboxError("Docker is not installed.", why=str(error)) from error
        if done.returncode:
            raise SandboxError(
                f"The image `{self.image}` cannot be fetched.",
                why="`docker pull` says why, above.",
                hint="Any local image with Python 3.10 or newer will do: name it as `docker_image`.",
            )

    def tidy(self) -> None:
        """Remove containers whose app is gone, of this machine only, and files."""
        remove_left_behind()
        shown = "{{.ID}} {{.Label " + json.dumps(LABEL) + "}}"
        done = _docker("ps", "--all", "--filter", f"label={LABEL}", "--format", shown, timeout_s=_TIDY_S)
        rows = [line.split(" ", 1) for line in done.stdout.splitlines()] if done is not None else []
        left = [row[0] for row in rows if len(row) == 2 and is_gone(row[1])]
        if left:
            _docker("rm", "--force", *left, timeout_s=_TIDY_S)

    def launch(self) -> Launch:
        """`docker run`, attached; the worker's source goes in through stdin."""
        docker = shutil.which("docker") or "docker"
        name = f"reason-tui-{uuid.uuid4().hex}"
        tmpfs = f"{_WORK}:nosuid,nodev,noexec,size={Limits().tmp_mb}m,nr_inodes=4k"
        owned = f"uid={_NOBODY},gid={_NOBODY},mode=0700"
        env = {**worker_env(_WORK), **{name: "" for proxy in _PROXIES for name in (proxy, proxy.upper())}}
        flags = (*_WALLS, "--tmpfs", f"{tmpfs},{owned}", "--name", name, "--label", f"{LABEL}={owner(os.getpid())}")
        set_env = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
        worker = ("--entrypoint", "python3", self.image, *PYTHON_FLAGS, "-c", BOOT)
        argv = (docker, "run", "--rm", "--interactive", *flags, *set_env, *worker)
        return Launch(argv, dict(os.environ), _WORK, remove=(docker, "rm", "--force", name))


def _docker(*words: str, timeout_s: float) -> subprocess.CompletedProcess[str] | None:
    """The command's outcome; None where it cannot be run or does not answer in time."""
    try:
        return subprocess.run(
            ["docker", *words], capture_output=True, text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
