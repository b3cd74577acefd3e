"""The app as a user starts it, but for the engine, which tells a story: `story_app.py STATE_FOLDER [ENGINE MODEL]`."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends")]

from reason_tui.engine.client import EngineClient  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.search.events import SearchSettings  # noqa: E402
from reason_tui.tui.app import ReasonApp  # noqa: E402
from reason_tui.tui.look import Look  # noqa: E402

ENGINE = str(Path(__file__).with_name("story_engine.py"))


def main(state: Path, engine: str = ENGINE, model: str = "story") -> int:
    """Draw the app until it is left."""
    client = EngineClient(EngineSettings(model=model, state_dir=str(state)), entry=(engine,))
    search = SearchSettings(strategy="best-of-n", budget=4000, width=2, ask=True)
    app = ReasonApp(client, search, prompt="", state_dir=state, look=Look(notify="desktop"))
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
