"""How fast the app answers, and what it costs, at any size of the tree: on a real terminal (a pty), by real keys.

python benchmarks/tui.py               # all of it, about four minutes; the table goes to tui.md
"""

from __future__ import annotations

import json
import os
import platform
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).resolve().parent
HEAVY = ("textual", "rich", "pydantic", "pydantic_settings", "asyncio", "docker", "xllamacpp", "torch")
SIZES = (100, 1_000, 10_000, 100_000)
RATES = (50, 200)
IDLE_S = 20
Found = dict[str, Any]

TEXT = """\
# How fast the app answers

Made by `python benchmarks/tui.py{options}` in {minutes:.0f} minutes on {cores} shared cores ({system},
Python {python}).
Load from other work at the time: {load:.1f}; where it is high, waiting for a core is most of a wait.

120x40 cells on a pty. A frame: the events of a tenth of a second come as lines, are parsed and folded in, a key is
pressed, and the time ends when the frame in which the cursor moved is written to the terminal. `CPU ms` is what the
process computed in that time: the wait on a free core. The goals are held against that.

| | |
|---|---:|
| `reason-tui --help` | {help:.0f} ms |
| heavy imports of `--help` (of {heavy}) | {imports} |
| first frame of the app | {first:.0f} ms |
| CPU with a finished run on the screen | {idle:.2f} % |

| nodes | events/s | key → frame p50 ms | p95 ms | CPU ms p50 | p95 | CPU % at 10 frames/s | memory MB |
|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{verdicts}
"""


def spawn(command: Sequence[str], size: tuple[int, int] = (120, 40)) -> tuple[int, subprocess.Popen[bytes]]:
    """The command on a terminal of its own; our end of it."""
    ours, theirs = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": f"{HERE.parent}:{HERE.parent / 'backends'}"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    return ours, process


def read(terminal: int, seconds: float) -> bytes:
    """What is written within so many seconds; empty at the end."""
    ready, _, _ = select.select([terminal], [], [], seconds)
    if not ready:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def scenario(
    what: str, nodes: int, rates: Sequence[int], frames: int, *, wide: bool = False, idle: float = 0
) -> list[Found]:
    """Run the app over so many nodes, frame by frame; what it measured at each rate, and then idle."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        told = {"what": what, "nodes": nodes, "rates": rates, "frames": frames, "wide": wide, "idle": idle}
        terminal, process = spawn([sys.executable, str(HERE / "tui_child.py"), json.dumps(told), str(out)])
        said = b""
        while process.poll() is None:
            said = (said + read(terminal, 0.1))[-4000:]
        os.close(terminal)
        if not out.exists():
            raise SystemExit(f"{told}: {said.decode(errors='replace')}")
        found: list[Found] = json.loads(out.read_text())
        return found


def first_frame() -> float:
    """Milliseconds from the start of the process to the frame that has the example in it; the median of five."""
    return statistics.median(_first_frame() for _ in range(5))


def _first_frame() -> float:
    with tempfile.TemporaryDirectory() as state:
        begun = time.perf_counter()
        terminal, process = spawn([sys.executable, "-m", "reason_tui", "--state-dir", state])
        seen = b""
        while b"sum_even" not in seen and process.poll() is None:
            seen += read(terminal, 5)
        took = (time.perf_counter() - begun) * 1000
        os.write(terminal, b"\x11")
        while process.poll() is None:
            read(terminal, 0.05)
        os.close(terminal)
        return took


def median_ms(work: Callable[[], object]) -> float:
    """Of seven times."""
    took = []
    for _ in range(7):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def help_() -> None:
    subprocess.run([sys.executable, "-m", "reason_tui", "--help"], capture_output=True, check=True, cwd=HERE.parent)


def heavy_imports() -> list[str]:
    """The heavy modules that `--help` imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reason_tui", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE.parent,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    return [name for name in HEAVY if name in imported]


def percentile(values: Sequence[float], share: float) -> float:
    """By the nearest rank; NaN of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000 if ordered else float("nan")


def row(name: str, rate: int, found: Found) -> str:
    figures = [percentile(found[what], share) for what in ("took", "computed") for share in (0.5, 0.95)]
    shown = " | ".join(f"{figure:.0f}" for figure in figures)
    busy = statistics.fmean(found["computed"]) * 10 * 100
    return f"| {name} | {rate} | {shown} | {busy:.0f} | {found['mb']:.0f} |"


@click.command()
@click.option("--frames", type=int, default=100, show_default=True, help="At each size and rate.")
@click.option("--only", type=int, multiple=True, help="These sizes alone; nothing is written.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "tui.md", help="Where the table goes.")
def main(frames: int, only: tuple[int, ...], out: Path) -> None:
    """Measure it all, print the tables and write them."""
    begun, rows, p95 = time.monotonic(), [], {}
    memory = 0.0
    for nodes in only or SIZES:
        for found in scenario("app", nodes, RATES, frames):
            rate = found["rate"]
            p95[nodes, rate], memory = percentile(found["computed"], 0.95), max(memory, found["mb"])
            rows.append(row(f"{nodes:,}", rate, found))
            click.echo(rows[-1])
    others = [
        (10_000, "stock", "10,000 in Textual's Tree", False),
        (100_000, "app", "100,000 below the root", True),
        (14_000, "log", "14,000, in the log of {logged:,} lines", False),
    ]
    for nodes, what, name, wide in others:
        if not only or nodes in only:
            # A frame of Textual's Tree can take seconds: a tenth of the frames is enough.
            [found] = scenario(what, nodes, RATES[:1], max(frames // 10, 5) if what == "stock" else frames, wide=wide)
            p95[what, nodes, wide] = percentile(found["computed"], 0.95)
            rows.append(row(name.format(**found), RATES[0], found))
            click.echo(rows[-1])
    if only:
        return
    idle = scenario("app", 1_000, [], 0, idle=IDLE_S)[0]["idle"] * 100
    imports = heavy_imports()
    verdicts = _verdicts(p95, memory, idle, imports)
    text = TEXT.format(
        options="" if frames == 100 else f" --frames {frames}",
        minutes=(time.monotonic() - begun) / 60,
        cores=os.cpu_count(),
        system=platform.system(),
        python=platform.python_version(),
        load=os.getloadavg()[2],
        help=median_ms(help_),
        heavy=", ".join(HEAVY),
        imports=", ".join(imports) or "none",
        first=first_frame(),
        idle=idle,
        rows="\n".join(rows),
        verdicts="\n".join(verdicts),
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _verdicts(p95: dict[Any, float], memory: float, idle: float, imports: list[str]) -> list[str]:
    """The goals, and whether this run met them."""
    growth = max(p95[100_000, rate] / p95[100, rate] for rate in RATES)
    against = p95["stock", 10_000, False] / p95[10_000, 50]
    goals = (
        (f"p95 at 100,000 nodes is {growth:.2f} times that at 100 (goal: at most 1.5)", growth <= 1.5),
        (f"p95 of Textual's Tree at 10,000 nodes is {against:.0f} times ours (goal: at least 10)", against >= 10),
        (f"idle CPU {idle:.2f} % (goal: under 1)", idle < 1),
        (f"at most {memory:.0f} MB (goal: under 150)", memory < 150),
        ("`--help` imports nothing heavy", not imports),
    )
    return [f"* {'met' if met else '**missed**'}: {words}" for words, met in goals]


if __name__ == "__main__":
    main()
