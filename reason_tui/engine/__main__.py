"""`python -P -m reason_tui.engine --fd N --parent PID --settings JSON`: started by `engine.client`, never by hand.

Standard input is closed, standard output and error go to engine.log: a model's library may write there what it
likes. Only the inherited socket N carries the protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import os
import signal
import socket
import sys
from collections.abc import Sequence

from reason_tui.engine.parts import LoadPolicy, OpenSandbox
from reason_tui.engine.process import follow_parent, quiet_threads
from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.server import serve
from reason_tui.engine.walls import open_walls
from reason_tui.policy import Policy


def load(settings: EngineSettings) -> Policy:
    """The model of the settings."""
    from reason_tui.models.loader import load_policy

    return load_policy(settings.model, settings.backend, **settings.model_options())


def main(arguments: Sequence[str], load: LoadPolicy = load, sandbox: OpenSandbox = open_walls) -> int:
    """Serve; the exit status."""
    parser = argparse.ArgumentParser(prog="reason_tui.engine")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--settings", type=EngineSettings.model_validate_json, required=True)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what Ctrl+C means
    faulthandler.enable()
    quiet_threads()
    stream = socket.socket(fileno=options.fd)
    stream.set_inheritable(False)  # whoever we start must not keep the client from seeing our end
    follow_parent(options.parent)
    return asyncio.run(serve(stream, options.settings, load, sandbox))


def leave(code: int) -> None:
    """End now: a model's thread that does not return must not keep the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
