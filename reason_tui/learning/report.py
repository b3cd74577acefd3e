"""The report of a chain of rounds, in Markdown. The record itself is the JSON."""

from __future__ import annotations

from reason_tui.learning.adapters.manifest import Compared
from reason_tui.learning.plan import LearnReport, Round
from reason_tui.text import one_line


def render(report: LearnReport) -> str:
    """What changed, how sure that is, and what it cost; without a line end at its end."""
    parts = [_headline(report), _setting(report), _rounds(report)]
    if report.ordinary is not None:
        parts.append(f"Ordinary tasks ({report.ordinary.dataset}): {_words(report.ordinary)}.")
    return "\n\n".join([*parts, _costs(report)])


def advice(report: LearnReport) -> str:
    """What a person may do next; an adapter that is not surely better is not recommended."""
    last = report.rounds[-1].measured[-1]
    use = f"reason-tui promote {report.adapter}"
    if last.sure and last.low > 0:
        return f"Use it: {use}"
    found = "It is worse" if last.sure else "That is no sure gain"
    return f"{found}. To use it all the same: {use}"


def _headline(report: LearnReport) -> str:
    last = report.rounds[-1].measured[-1]
    sure = f"The interval {'excludes' if report.ci_low > 0 or report.ci_high < 0 else 'includes'} 0."
    if not last.enough:
        sure = "These are too few to claim anything."
    return (
        f"pass@1 on {_tasks(last)}: {_percent(report.before)} → {_percent(report.after)}, "
        f"{_points(report.delta)} points, 95% interval [{_points(report.ci_low)}, {_points(report.ci_high)}]. {sure}"
    )


def _tasks(one: Compared) -> str:
    several = one.problems is not None and one.problems < one.tasks
    held = f"{one.tasks} held-out task{'' if one.tasks == 1 else 's'}"
    return f"{held} of {one.problems} problem{'' if one.problems == 1 else 's'}" if several else held


def _setting(report: LearnReport) -> str:
    plan, search = report.plan, report.plan.search
    group = f", group {plan.group}" if plan.group else ""
    start = "the base alone" if report.start is None else report.start
    trained = [f"SFT at lr {plan.sft.rate:g}, {plan.sft.epochs:g} epochs"]
    if plan.dpo is not None:
        trained.append(f"DPO at lr {plan.dpo.rate:g}, beta {plan.dpo.beta:g}, {plan.dpo.epochs:g} epochs")
    rounds = (
        f"The SFT of each round begins with {start}, on the lessons of all rounds so far. " if plan.rounds > 1 else ""
    )
    return (
        f"Model {report.base.name}, from {start}. Tasks {plan.dataset}{group}; {plan.searches} searches a task and "
        f"round by {search.strategy}, budget {search.budget}, temperature {search.temperature:g}. "
        f"{', then '.join(trained)}; LoRA rank {plan.sft.rank}. {rounds}"
        f"Measured with {plan.samples} samples a task, graded by the hidden tests; intervals by bootstrap over "
        "problems, paired."
    )


def _rounds(report: LearnReport) -> str:
    lines = [
        "| round | tasks solved | examples | pairs | after | pass@1 | change | 95% interval |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    for found in report.rounds:
        lines += [_row(found, name, one) for name, one in zip(("SFT", "DPO"), found.measured, strict=False)]
        if found.dpo_over_sft is not None:
            lines.append(_row(found, "DPO over SFT", found.dpo_over_sft))
    notes = [f"Round {found.number}: {found.note}" for found in report.rounds if found.note]
    return "\n\n".join(["\n".join(lines), *notes])


def _row(found: Round, after: str, one: Compared) -> str:
    cells = (
        str(found.number),
        f"{found.tasks_solved}/{found.tasks}",
        str(found.examples),
        str(found.pairs),
        after,
        _percent(one.after),
        _points(one.difference),
        f"[{_points(one.low)}, {_points(one.high)}]",
    )
    return f"| {' | '.join(cells)} |"


def _costs(report: LearnReport) -> str:
    costs = report.costs
    stages = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in costs.seconds.items())
    return (
        f"Cost: {costs.total:.0f} s ({stages}); {costs.ledger.completions:,} completions, "
        f"{costs.ledger.tokens:,} tokens and {costs.ledger.programs:,} programs run in searches."
    )


def _words(one: Compared) -> str:
    return (
        f"{_percent(one.before)} → {_percent(one.after)}, {_points(one.difference)} points "
        f"[{_points(one.low)}, {_points(one.high)}] on {one.tasks} tasks"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def compared_words(one: Compared) -> str:
    """An evaluation in a line."""
    sure = "" if one.sure else " (may be chance)" if one.enough else " (too few tasks to claim anything)"
    shares = f"{100 * one.before:.1f} % -> {100 * one.after:.1f} %, {100 * one.difference:+.1f} points"
    interval = f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]{sure}"
    against = f", against {one.against}" if one.against else ""
    how = f"{one.tasks} tasks, {one.samples} samples each{against}"
    return one_line(f"{one.dataset}: pass@1 {shares} {interval}, {how}", 240)
