"""Models that are divided into several GGUF files, as llama.cpp's gguf-split writes them.

The parts are called NAME-00001-of-00003.gguf and so on; all metadata but that of the division is in the first, and
llama.cpp finds the others by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reason_tui.errors import ModelDamagedError, ModelNotFoundError

_NUMBER, _COUNT = "split.no", "split.count"


def other_parts(path: Path, metadata: Mapping[str, object]) -> list[Path]:
    """The files that belong to the one at `path`, whose metadata this is; none for a model in one file.

    Raises ModelDamagedError for a part that is not the first or has another name, ModelNotFoundError where one is
    missing.
    """
    number, count = metadata.get(_NUMBER, 0), metadata.get(_COUNT, 0)
    if not isinstance(number, int) or not isinstance(count, int) or count < 2:
        return []
    stem, found = path.name.removesuffix(_ending(number, count)), []
    if number:
        raise ModelDamagedError(
            f"{path} is part {number + 1} of {count} of a model.",
            why="What the model is stands in its first part.",
            hint=f"Name the first part, whose name ends in {_ending(0, count)}.",
        )
    if stem == path.name:
        raise ModelDamagedError(
            f"{path} is the first of {count} parts of a model, and has another name.",
            why="The others are found by the name.",
            hint=f"Call it NAME{_ending(0, count)}, and the others likewise.",
        )
    for i in range(1, count):
        part = path.with_name(stem + _ending(i, count))
        if not part.is_file():
            raise ModelNotFoundError(
                f"Part {i + 1} of {count} of this model is missing.",
                why=f"No file lies at {part}.",
                hint="Download all parts into one folder, and name the first.",
            )
        found.append(part)
    return found


def _ending(number: int, count: int) -> str:
    return f"-{number + 1:05}-of-{count:05}.gguf"
