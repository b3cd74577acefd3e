"""The ledger of one request, from events of a real server."""

from __future__ import annotations

from pathlib import Path

from reason_tui_backends._llama_server import LlamaServer
from reason_tui_backends._siblings import Siblings

from reason_tui.policy import ModelSpec

PROMPT = [65, 66] * 200
BODY = {"prompt": PROMPT, "max_tokens": 3, "n": 2, "stream": True, "timings_per_token": True, "return_progress": True}


def test_a_prompt_cancelled_half_way_is_charged_as_far_as_it_was_evaluated(tiny: Path):
    server = LlamaServer(ModelSpec(name="tiny", path=tiny), pool=2048, device="cpu")
    siblings = Siblings(2, lambda *_: None, first=0, prompt=len(PROMPT))
    stream = server.stream(BODY)
    for event in stream:
        if event is not None:
            siblings.receive(event)
            if event["prompt_progress"]["processed"]:
                break
    stream.stop()
    server.close()
    first, second = siblings.completions()
    assert 0 < first.usage.prompt < len(PROMPT)
    assert (first.finish, first.usage.completion, second.usage.total) == ("cancelled", 0, 0)


def test_a_second_wave_counts_its_siblings_on_and_finds_the_prompt_cached(tiny: Path):
    server = LlamaServer(ModelSpec(name="tiny", path=tiny), pool=2048, device="cpu")
    heard: list[int] = []
    for first in (0, 2):
        wave = Siblings(2, lambda sibling, text: heard.append(sibling), first=first, prompt=len(PROMPT))
        for event in server.stream(BODY):
            if event is not None:
                wave.receive(event)
    server.close()
    assert set(heard) == {0, 1, 2, 3}
    usage = wave.completions()[0].usage
    assert usage.prompt + usage.cached == len(PROMPT)
    assert usage.prompt < len(PROMPT)
