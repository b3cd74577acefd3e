"""`solve`: one problem in, one program out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reason_tui.cli import progress
from reason_tui.cli.ending import JsonLines, end
from reason_tui.cli.options import engine_options, flags_of, search_options
from reason_tui.cli.session import Observer, run_task
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.cli.source import read_prompt_argument, read_text
from reason_tui.errors import UsageError
from reason_tui.tasks.prompt import read_prompt


@click.command
@click.argument("prompt")
@click.option("--tests", type=click.Path(path_type=Path), metavar="FILE", help="More visible tests, in a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's events as JSON lines, not the program.")
@click.option("--plain", is_flag=True, help="Tell the progress in whole lines.")
@click.option("--ask", is_flag=True, help="Ask which program is right where several pass and differ.")
@search_options
@engine_options
@click.pass_context
def solve(
    ctx: click.Context, /, prompt: str, tests: Path | None, as_json: bool, plain: bool, ask: bool, **flags: object
) -> int:
    """Solve one problem and print the program, and nothing else, on standard output.

    PROMPT is the problem itself, a file, or `-` for standard input: words, a signature with its docstring, or a
    program to repair. Examples in it (`>>> f(1)` with the result below, or asserts) are the visible tests.

    With --ask, a search that is about to end with several programs that differ on some input shows that input and what
    each of them says. The answer is a line of standard input; it becomes a visible test, and the search goes on where
    nothing passes any more.

    The exit code is 0 when all visible tests pass, 1 when they do not or there are none, 2 for a problem that cannot
    be used, 3 without a model, 4 without a sandbox, 130 after Ctrl+C. What was found is printed in any case.
    """
    if ask and prompt == "-":
        raise UsageError(
            "The problem and the answers cannot both come from standard input.", hint="Give the problem as a file."
        )
    task = read_prompt(read_prompt_argument(prompt), None if tests is None else read_text(tests))
    settings = load(flags_of(ctx, flags))
    observer: Observer = progress.observer(plain, live=not (as_json and sys.stdout.isatty()))
    if as_json:
        observer = JsonLines(observer)
    if not task.visible and not ask:
        click.echo("The problem has no examples: nothing will say whether a program is right.", err=True)
    search = search_settings(settings).model_copy(update={"ask": ask})
    view, interrupted = run_task(task, engine_settings(settings), search, observer)
    return end(view, interrupted=interrupted, program=not as_json)
