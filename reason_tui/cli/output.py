"""The program on standard output: its own bytes into a pipe or a file, made safe on a terminal."""

from __future__ import annotations

import sys

from reason_tui.text import clean


def print_program(program: str) -> None:
    """Print `program`, ending in one newline. Raises BrokenPipeError."""
    text = program if program.endswith("\n") else program + "\n"
    if sys.stdout.isatty():
        text = clean(text)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()


def print_text(text: str) -> None:
    """Print figures or a table in which others' words may stand, and a newline. Raises BrokenPipeError."""
    print_program(text)


def print_bytes(content: bytes) -> None:
    """Print ASCII bytes as they are and at once. Raises BrokenPipeError."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
