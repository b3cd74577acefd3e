"""`learn`: rounds of collect, train and measure, and a report. It can be a job."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from reason_tui.cli.bundles import bundle, train_bundle
from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.options import engine_options, flags_of, search_options
from reason_tui.cli.output import print_text
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.cli.training import RATE, take_training, train_settings, training_options
from reason_tui.errors import UsageError
from reason_tui.learning.adapters.forms import require_train
from reason_tui.learning.adapters.manifest import base_folder
from reason_tui.learning.adapters.use import chosen_once
from reason_tui.learning.collect import SHARE
from reason_tui.learning.plan import LearnReport, Plan
from reason_tui.learning.report import advice, render
from reason_tui.learning.rounds import Chain
from reason_tui.runs.folders import write_new

_STAGES = ("no_dpo", "sft_lr", "dpo_lr", "dpo_epochs")
"""Options in which its trainings differ."""


@click.group(invoke_without_command=True)
@click.option("--tasks", "dataset", metavar="D", help="A dataset, as `eval` reads it.")
@click.option("--group", default="", metavar="G", help="Only tasks whose group begins so.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Learn from the first N tasks only.")
@click.option(
    "--hold-out",
    "share",
    type=click.FloatRange(0, 0.9),
    default=SHARE,
    show_default=True,
    help="Share of the tasks to measure on, where the dataset does not say it itself.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Rounds; each searches with the last one's adapter.",
)
@click.option("--searches", type=click.IntRange(min=1), default=1, show_default=True, help="Searches of each task.")
@click.option(
    "--on-policy", type=click.IntRange(min=0), default=1, show_default=True, help="More searches after SFT, for DPO."
)
@click.option("--no-dpo", is_flag=True, help="Behaviour cloning only.")
@click.option("--sft-lr", type=RATE, metavar="R", help="Learning rate of SFT.  [default: 1e-4]")
@click.option("--dpo-lr", type=RATE, metavar="R", help="Learning rate of DPO.  [default: 5e-6]")
@click.option("--dpo-epochs", type=RATE, metavar="N", help="Epochs of DPO.  [default: 1]")
@click.option(
    "--samples", type=click.IntRange(min=1), default=8, show_default=True, help="Samples of each held-out task."
)
@click.option("--measure-on", "held_out", type=click.IntRange(min=1), metavar="N", help="Held-out tasks at most.")
@click.option("--ordinary", default="", metavar="D", help="A dataset whose pass@1 should not fall.")
@click.option("--fresh", is_flag=True, help="Begin with the base, whatever is promoted.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the report to FILE.md and FILE.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@training_options
@detach_option
@search_options
@engine_options
@click.pass_context
def learn(
    ctx: click.Context,
    /,
    fresh: bool,
    out: Path | None,
    as_json: bool,
    detach: bool,
    **flags: object,
) -> int:
    """Learn from a task set in rounds: collect, SFT, DPO, measure on held-out tasks.

    It begins with the promoted adapter. The same command goes on with what was cut off. Nothing is promoted: look at
    the report, then `promote`. On two machines: `learn bundle`.
    """
    if ctx.invoked_subcommand is not None:
        return _only_the_command(ctx)
    if flags["dataset"] is None:
        raise UsageError("--tasks says what to learn from.", hint="reason-tui learn --tasks FILE")
    given, stages = take_training(flags), {name: flags.pop(name) for name in _STAGES}
    planned = {name: flags.pop(name) for name in list(flags) if name in Plan.model_fields}
    settings = load(flags_of(ctx, flags))
    given["seed"] = settings.seed
    plan = Plan.model_validate(planned | _trainings(given, **stages) | {"search": search_settings(settings)})
    require_train()
    base_folder(settings.model)
    if detach:
        return begin(ctx, settings, "learn", f"{plan.dataset} with {settings.model}")
    with job_of(ctx, settings, "learn") as job:
        with job.model(settings.model):
            start = None if fresh else chosen_once(job.folder, settings.state_dir, settings.model, None)
            chain = Chain(plan, engine_settings(settings), job, start)
            report = chain.run()
        text = f"{render(report)}\n\n{advice(report)}"
        job.result(text, data={"adapter": report.adapter, "delta": report.delta})
    _write(chain.folder / "report", report, force=True)
    if out is not None:
        _write(out, report, force=True)
    print_text(report.model_dump_json(indent=2) if as_json else text)
    return 0


def _trainings(
    given: dict[str, object], *, no_dpo: object, sft_lr: object, dpo_lr: object, dpo_epochs: object
) -> dict[str, object]:
    """The settings of both, of which only some are the same."""
    sft = train_settings("sft", given, learning_rate=sft_lr)
    dpo = train_settings("dpo", given | ({"epochs": dpo_epochs} if dpo_epochs else {}), learning_rate=dpo_lr)
    return {"sft": sft, "dpo": None if no_dpo else dpo}


def _only_the_command(ctx: click.Context) -> int:
    """Options in front of a command of this group are the group's own: nobody would heed them."""
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        raise UsageError(
            f"`learn {ctx.invoked_subcommand}` has options of its own.", hint="Give options behind its name."
        )
    return 0


learn.add_command(bundle)
learn.add_command(train_bundle)


def _write(path: Path, report: LearnReport, *, force: bool) -> None:
    write_new(path.with_name(f"{path.name}.md"), f"{render(report)}\n".encode(), force=force)
    write_new(path.with_name(f"{path.name}.json"), f"{report.model_dump_json(indent=2)}\n".encode(), force=force)
