"""`solve`: one problem in, one program out."""

from __future__ import annotations

from pathlib import Path

import click

from reason_tui.cli.ending import end, observing
from reason_tui.cli.options import engine_options, flags_of, search_options
from reason_tui.cli.session import run_task
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.cli.source import module_name, read_prompt_argument, read_text
from reason_tui.config import Settings
from reason_tui.errors import UsageError
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.math import read_problem
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import Task


@click.command
@click.argument("prompt")
@click.option(
    "--tests",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="More visible tests: examples, asserts or a pytest file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run's events as JSON lines, not the program.")
@click.option("--plain", is_flag=True, help="Tell the progress in whole lines.")
@click.option("--ask", is_flag=True, help="Ask which program is right where several pass and differ.")
@click.option("--math", is_flag=True, help="The problem is one in words: print a worked solution.")
@click.option("--answer", metavar="NUMBER", help="With --math: the answer, where you know it.")
@search_options
@engine_options
@click.pass_context
def solve(
    ctx: click.Context,
    /,
    prompt: str,
    tests: Path | None,
    as_json: bool,
    plain: bool,
    ask: bool,
    math: bool,
    answer: str | None,
    **flags: object,
) -> int:
    """Solve one problem and print the program, and nothing else, on standard output.

    PROMPT is the problem itself, a file, or `-` for standard input: words, a signature with its docstring, or a
    program to repair. Examples in it (`>>> f(1)` with the result below, or asserts) are the visible tests.

    With --ask, a search that is about to end with several programs that differ on some input shows that input and what
    each of them says. The answer is a line of standard input; it becomes a visible test, and the search goes on where
    nothing passes any more.

    With --math the problem is one in words, and what is printed a solution step by step. Each step is computed again; a
    solution that does not compute, or does not lead to --answer, is revised once (another --strategy samples more).

    The exit code is 0 when all visible tests pass, 1 when they do not or there are none, 2 for a problem that cannot
    be used, 3 without a model, 4 without a sandbox, 130 after Ctrl+C. What was found is printed in any case.
    """
    if ask and prompt == "-":
        raise UsageError(
            "The problem and the answers cannot both come from standard input.", hint="Give the problem as a file."
        )
    given = flags_of(ctx, flags)
    task = _problem(prompt, answer, tests) if math else _task(prompt, answer, tests)
    settings = load(given)
    observer = observing(plain=plain, as_json=as_json)
    if not (math or task.visible or ask or settings.ask):
        click.echo("The problem has no examples: nothing will say whether a program is right.", err=True)
    search = _search(settings, ask=ask, revise=math and "strategy" not in given)
    view, interrupted = run_task(task, engine_settings(settings), search, observer)
    return end(view, interrupted=interrupted, program=not as_json)


def _search(settings: Settings, *, ask: bool, revise: bool) -> SearchSettings:
    search = search_settings(settings)
    changes = {"ask": ask or search.ask} | ({"strategy": "revise"} if revise else {})
    return search.model_copy(update=changes)


def _task(prompt: str, answer: str | None, tests: Path | None) -> Task:
    if answer is not None:
        raise UsageError("--answer is for --math.", hint="State examples in the problem, or in a file with --tests.")
    text = read_prompt_argument(prompt)
    return read_prompt(text, None if tests is None else read_text(tests), module=module_name(prompt))


def _problem(prompt: str, answer: str | None, tests: Path | None) -> Task:
    if tests is not None:
        raise UsageError("A math problem has no tests.", hint="Give the answer with --answer, if you know it.")
    return read_problem(read_prompt_argument(prompt), answer)
