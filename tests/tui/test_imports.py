"""What importing the package costs."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_imports_no_textual_and_no_engine():
    code = (
        "import sys, reason_tui.tui; print([m for m in ('textual', 'rich', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
