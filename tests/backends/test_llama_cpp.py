"""What is particular to the backend `llama-cpp`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.gguf_files import random_lora
from support.layouts import has_embedded
from support.needs import skip_without
from support.sampling import about, ask, check_return, check_silence, sample, spec, texts

from reason_tui.errors import BackendError, ConfigError
from reason_tui.models import loader
from reason_tui.models.catalogue import EMBEDDED, find_model
from reason_tui.models.loader import backend_names, choose_backend, missing_packages
from reason_tui.policy import CancelToken, Policy

skip_without("llama-cpp", not missing_packages("llama-cpp"), "make llama-cpp")

from reason_tui_backends._batch import CancelledError  # noqa: E402
from reason_tui_backends._llama_engine import LlamaEngine  # noqa: E402
from reason_tui_backends.llama_cpp import load  # noqa: E402

Load = Callable[..., Policy]


@pytest.fixture
def open_model(tiny: Path) -> Iterator[Load]:
    opened: list[Policy] = []

    def open_one(**options: Any) -> Policy:
        opened.append(load(spec(tiny, **options)))
        return opened[-1]

    yield open_one
    for policy in opened:
        policy.close()


def engine_of(policy: Policy) -> LlamaEngine:
    return policy._model  # type: ignore[attr-defined,no-any-return]


def test_when_a_sibling_ends_the_next_one_takes_its_place(open_model: Load):
    policy = open_model(parallel=2)
    steps: list[int] = []
    step = engine_of(policy).step
    engine_of(policy).step = lambda tokens, cancel: (steps.append(len(tokens)), step(tokens, cancel))[1]  # type: ignore
    lengths = [reply.usage.completion for reply in sample(policy, ask(6, stop=tuple("aeiou")))]
    assert len(set(lengths)) > 2  # they end at different times
    assert sum(steps) == sum(lengths) - 6  # the first token of each is the prompt's
    assert steps.count(2) > steps.count(1)


def test_siblings_are_what_they_are_however_many_there_are_at_a_time(open_model: Load):
    """But for the last bits, in which sums over other cells may differ."""
    wide, narrow = (texts(open_model(parallel=n), ask(6, max_tokens=20)) for n in (6, 2))
    assert sum(a == b for a, b in zip(wide, narrow, strict=True)) >= 5


def test_returning_to_a_node_evaluates_nothing_and_gives_the_same_texts(open_model: Load):
    check_return(open_model())


def test_what_a_prompt_has_in_common_with_any_other_is_evaluated_once(open_model: Load):
    policy = open_model()
    for messages in (about("one"), about("x" * 300), about("two")):
        usage = sample(policy, ask(messages=messages))[0].usage
    assert usage.cached == 256  # two chunks of the first
    assert usage.prompt < 128
    assert texts(policy, ask(messages=about("two"))) == texts(open_model(), ask(messages=about("two")))


def test_where_cells_end_the_width_is_halved_and_every_text_comes_to_its_end(open_model: Load, caplog):
    policy = open_model(parallel=4, context_length=256)
    expected = texts(policy, ask())
    policy.info = policy.info.model_copy(update={"context_length": 512})  # more than there are cells for
    replies = policy.sample(ask(max_tokens=400), lambda *_: None, CancelToken())
    assert [(reply.finish, reply.usage.completion) for reply in replies] == [("length", 400)] * 4
    assert "2 at a time" in caplog.text
    assert [reply.text[: len(text)] for reply, text in zip(replies, expected, strict=True)] == expected


def test_a_computation_is_cancelled_in_its_middle(open_model: Load):
    """The library asks between two operations, and gives up before the first."""
    engine = engine_of(open_model())
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        engine.extend([65] * 100, cancel)
    engine.keep(0)
    engine.extend([65] * 100, CancelToken())


def test_a_prompt_cancelled_in_its_middle_leaves_nothing_behind(open_model: Load):
    policy, cancel = open_model(), CancelToken()
    engine = engine_of(policy)
    decode = engine._decode
    chunks: list[int] = []

    def cancelling(tokens: Sequence[int], *rows: Any, **outputs: int) -> Any:
        chunks.append(len(tokens))
        if len(chunks) == 2:
            cancel.cancel()
        return decode(tokens, *rows, **outputs)

    engine._decode = cancelling  # type: ignore[method-assign]
    replies = policy.sample(ask(messages=about("one")), lambda *_: pytest.fail("a token"), cancel)
    assert len(chunks) == 2
    assert [reply.finish for reply in replies] == ["cancelled"] * 4
    del engine._decode
    assert texts(policy, ask(messages=about("one"))) == texts(open_model(), ask(messages=about("one")))


def test_serial_sampling_keeps_nothing(open_model: Load):
    policy = open_model(serial=True)
    order: list[int] = []
    for _ in range(2):
        replies = policy.sample(ask(3), lambda sibling, text: order.append(sibling), CancelToken())
        assert replies[0].usage.cached == 0
    assert order[: len(order) // 2] == sorted(order[: len(order) // 2])
    assert policy.info.width == 1


def test_descriptors_one_and_two_stay_where_they_are(open_model: Load):
    """The package's own class points them at /dev/null while it works."""
    before = [os.fstat(descriptor).st_ino for descriptor in (1, 2)]
    seen = []
    policy = open_model()
    policy.sample(ask(1), lambda *_: seen.append([os.fstat(d).st_ino for d in (1, 2)]), CancelToken())
    assert seen
    assert all(now == before for now in seen)


def test_a_process_of_its_own_prints_nothing_at_all(tiny: Path, tmp_path: Path):
    check_silence("llama-cpp", tiny, random_lora(tmp_path / "adapter.gguf", tiny))


@pytest.mark.parametrize("options", [{"device": "quantum"}, {"quantise": "nf4"}])
def test_an_option_that_cannot_be_had_is_named(open_model: Load, options: dict[str, str]):
    with pytest.raises(ConfigError) as caught:
        open_model(**options)
    assert next(iter(options)) in caught.value.what
    assert caught.value.hint


def test_keys_and_values_can_be_of_full_precision(open_model: Load):
    half, full = open_model(), open_model(dtype="float32")
    assert full.info.memory_bytes > half.info.memory_bytes
    assert sample(full, ask())[0].mean_logprob == pytest.approx(sample(half, ask())[0].mean_logprob, abs=0.05)


def test_the_embedded_model_takes_what_was_said():
    """As `benchmarks/backends.py` measures it, in a new process and with every cell in use."""
    skip_without("embedded-model", has_embedded("gguf"), "assets/embedded has no model")
    skip_without("procfs", Path("/proc/self/status").exists(), "a process's peak of memory is read there")
    root = Path(__file__).parents[2]
    script = (
        "from backends_memory import predicted_and_measured as found; from pathlib import Path; import sys; "
        "print(*found(Path(sys.argv[1]), width=4, room=2048))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(find_model(EMBEDDED))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(root / "benchmarks")])},
        capture_output=True,
        text=True,
        check=True,
    )
    predicted, measured = map(int, told.stdout.split())
    assert measured == pytest.approx(predicted, rel=0.15)


def test_a_template_that_refuses_the_messages_is_explained(tiny: Path, tmp_path: Path):
    path = tmp_path / "strict.gguf"
    path.write_bytes(tiny.read_bytes().replace(b"{{ m.role }}", b"{{ x.role }}"))
    with pytest.raises(BackendError) as caught:
        texts(load(spec(path)), ask())
    assert "refuses" in caught.value.what
    assert caught.value.hint


def test_auto_prefers_it_for_gguf_where_it_is_whole(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert choose_backend(str(tiny)) == "llama-cpp"
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))  # bindings without their library
    assert "llama-cpp" not in backend_names()
    assert choose_backend(str(tiny)) == "xllamacpp"
    with pytest.raises(BackendError) as caught:
        loader.load_policy(str(tiny), "llama-cpp")
    assert "make llama-cpp" in caught.value.hint
