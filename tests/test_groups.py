"""With several processes, what shares fixtures or the one Docker engine stays in one of them."""

from __future__ import annotations

import pytest
from support.groups import DOCKER, group_of


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/sandbox/test_verdicts.py::test_one[landlock]", "test_verdicts"),
        ("tests/sandbox/test_verdicts.py::test_one[docker]", DOCKER),
        ("tests/sandbox/test_hostile_programs.py::test_one[docker-a name]", DOCKER),
        (
            "tests/sandbox/test_hostile_programs.py::test_one[the socket of docker itself-bubblewrap]",
            "test_hostile_programs",
        ),
        ("tests/sandbox/test_objects.py::test_one[a::b-docker]", DOCKER),
        ("tests/sandbox/test_containers.py::test_one", DOCKER),
        ("tests/test_text.py::test_one", "test_text"),
    ],
)
def test_a_test_belongs_to_its_file_or_to_the_engine(nodeid: str, group: str):
    assert group_of(nodeid) == group
