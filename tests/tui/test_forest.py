"""Rows and nodes of a folded tree, against a forest that lists every row."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reason_tui.tui.forest import Forest


class Listed:
    """The same by brute force."""

    def __init__(self) -> None:
        self.children: dict[int, list[int]] = {0: []}
        self.parent: dict[int, int] = {}
        self.folded: set[int] = set()

    def rows(self, node: int = 0) -> list[int]:
        found = [node]
        if node not in self.folded:
            for child in self.children[node]:
                found += self.rows(child)
        return found

    def visible(self, node: int) -> int:
        hidden_by = node
        while node in self.parent:
            node = self.parent[node]
            if node in self.folded:
                hidden_by = node
        return hidden_by


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "fold", "unfold", "remove", "reveal"]), st.integers(0))
)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_rows_and_nodes_agree_with_a_full_listing_after_any_steps(steps):
    forest, listed, fresh = Forest(), Listed(), 1
    for step, pick in steps:
        nodes = list(listed.children)
        node = nodes[pick % len(nodes)]
        if step == "add":
            forest.add(fresh, node)
            listed.children[node].append(fresh)
            listed.children[fresh], listed.parent[fresh] = [], node
            fresh += 1
        elif step == "fold":
            forest.fold(node)
            if listed.children[node]:
                listed.folded.add(node)
        elif step == "unfold":
            forest.unfold(node)
            listed.folded.discard(node)
        elif step == "reveal":
            forest.reveal(node)
            while node in listed.parent:
                node = listed.parent[node]
                listed.folded.discard(node)
        elif node and not listed.children[node]:
            forest.remove(node)
            listed.children[listed.parent[node]].remove(node)
            del listed.children[node], listed.parent[node]
            listed.folded.discard(node)
    expected = listed.rows()
    assert len(forest) == len(expected)
    assert [row.node for row in forest.rows(0, len(expected) + 5)] == expected
    assert all(forest.row_of(node) == expected.index(listed.visible(node)) for node in listed.children)


@given(st.lists(st.tuples(st.sampled_from(["add", "want", "unwant", "fold", "unfold", "sort"]), st.integers(0))))
@settings(max_examples=200, deadline=None)
def test_with_a_filter_rows_are_what_is_wanted_and_what_is_above_it(steps):
    forest, children, parent = Forest(), {0: []}, {}
    wanted: set[int] = set()
    folded: set[int] = set()
    forest.filter(True)
    for step, pick in steps:
        node = list(children)[pick % len(children)]
        if step == "add":
            new = len(children)
            forest.add(new, node)
            children[node].append(new)
            children[new], parent[new] = [], node
        elif step in ("want", "unwant") and (node in wanted) != (step == "want"):
            forest.want(node, wanted=step == "want")
            wanted ^= {node}
        elif step == "fold" and forest.fold(node):
            folded.add(node)
        elif step == "unfold":
            forest.unfold(node)
            folded.discard(node)
        elif step == "sort":
            forest.sort(node, lambda child: -child)
            children[node].sort(reverse=True)

    def shown(node: int) -> bool:
        return node == 0 or node in wanted or any(map(shown, children[node]))

    def rows(node: int) -> list[int]:
        below = [] if node in folded else [child for child in children[node] if shown(child)]
        return [node, *(row for child in below for row in rows(child))]

    expected = rows(0)
    assert [row.node for row in forest.rows(0, len(expected) + 3)] == expected
    assert len(forest) == len(expected)
    assert all(forest.row_of(node) == row for row, node in enumerate(expected))
    forest.filter(False)
    assert len(forest) >= len(expected)


def test_a_thousand_siblings_are_found_by_row_and_by_node_while_they_are_filtered_and_sorted():
    pick, forest = random.Random(9), Forest()
    for node in range(1, 1001):
        forest.add(node, 0)
    forest.sort(0, lambda node: -node)
    assert [row.node for row in forest.rows(1, 3)] == [1000, 999, 998]
    kept = set(pick.sample(range(1, 1001), 400))
    forest.filter(True)
    for node in kept:
        forest.want(node)
    forest.add(1001, 5)
    forest.want(1001)
    expected = [0]
    for node in sorted(kept | {5}, reverse=True):
        expected += [node, 1001] if node == 5 else [node]
    assert [row.node for row in forest.rows(0, 2000)] == expected
    for row in pick.sample(range(len(expected)), 100):
        assert forest.row_of(expected[row]) == row
        assert forest.node_at(row) == expected[row]


def test_ten_thousand_nodes_are_found_by_row_and_by_node():
    pick, forest = random.Random(7), Forest()
    for node in range(1, 10_001):
        forest.add(node, pick.randrange(node))
    for node in pick.sample(range(10_001), 500):
        forest.fold(node)
    shown = [row.node for row in forest.rows(0, len(forest))]
    assert len(shown) == len(forest) < 10_001
    for row in pick.sample(range(len(forest)), 300):
        assert forest.node_at(row) == shown[row]
        assert forest.row_of(shown[row]) == row


def test_a_row_knows_which_of_its_ancestors_are_last_children():
    forest = Forest()
    for node, parent in ((1, 0), (2, 0), (3, 1), (4, 2)):
        forest.add(node, parent)
    assert [(row.node, row.last) for row in forest.rows(0, 9)] == [
        (0, ()),
        (1, (False,)),
        (3, (False, True)),
        (2, (True,)),
        (4, (True, True)),
    ]


def test_there_is_no_row_past_the_end():
    with pytest.raises(IndexError):
        Forest().node_at(1)
