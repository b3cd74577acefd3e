"""Twenty easy prompts as HumanEval writes them, by an author who had not seen the curriculum's templates.

They are a blind test of the embedded model: no wording here may be changed to suit it, and nothing here may be trained
on. The expected values were computed by running the references.
"""

from __future__ import annotations

import ast
from textwrap import indent, wrap
from typing import NamedTuple

from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests

_MARGIN = "    "
_WIDTH = 76


class _Row(NamedTuple):
    """`shown` and `hidden`: the arguments as source, and the value's literal."""

    signature: str
    sentence: str
    shown: tuple[tuple[str, str], ...]
    body: str
    hidden: tuple[tuple[str, str], ...]


def blind_tasks() -> tuple[GradedTask, ...]:
    """The twenty tasks, always in the same order."""
    return tuple(_task(row) for row in _ROWS)


def _task(row: _Row) -> GradedTask:
    name = row.signature.removeprefix("def ").partition("(")[0]
    examples = (line for args, value in row.shown for line in (f">>> {name}({args})", value))
    docstring = "\n".join(('""" ' + "\n".join(wrap(row.sentence, _WIDTH)), *examples, '"""'))
    task = read_prompt(f"{row.signature}\n{indent(docstring, _MARGIN)}\n", id=f"blind/{name}")
    cases = tuple(CallCase(args=_arguments(args), expected=value) for args, value in row.hidden)
    reference = f"{row.signature}\n{indent(row.body, _MARGIN)}\n"
    return GradedTask(task=task, hidden=HiddenTests(cases=cases), reference=reference, group="blind")


def _arguments(source: str) -> tuple[str, ...]:
    """Each argument of `source`, e.g. `5` and `[1, 2]` of `5, [1, 2]`."""
    tupled = ast.parse(f"({source},)", mode="eval").body
    return tuple(ast.unparse(node) for node in tupled.elts) if isinstance(tupled, ast.Tuple) else ()


_ROWS = (
    _Row(
        "def count_vowels(text: str) -> int:",
        "Return the number of vowels (a, e, i, o, u) in the lowercase string text.",
        (("'hello'", "2"), ("'rhythm'", "0")),
        "return sum(1 for letter in text if letter in 'aeiou')",
        (
            ("''", "0"),
            ("'aeiou'", "5"),
            ("'banana'", "3"),
            ("'sky'", "0"),
            ("'programming'", "3"),
            ("'queue up'", "5"),
            ("'x'", "0"),
        ),
    ),
    _Row(
        "def sum_of_squares(numbers: list) -> int:",
        "Return the sum of the squares of the given numbers.",
        (("[1, 2, 3]", "14"), ("[]", "0")),
        "return sum(n * n for n in numbers)",
        (
            ("[4]", "16"),
            ("[-1, -2]", "5"),
            ("[0, 0, 5]", "25"),
            ("[10, 20]", "500"),
            ("[3, -3, 3]", "27"),
            ("[1, 1, 1, 1]", "4"),
        ),
    ),
    _Row(
        "def remove_negatives(numbers: list) -> list:",
        "Given a list of integers, return only those that are not negative, in the same order.",
        (("[1, -2, 3]", "[1, 3]"), ("[-1, -5]", "[]")),
        "return [n for n in numbers if n >= 0]",
        (
            ("[]", "[]"),
            ("[0, -1]", "[0]"),
            ("[5, 4, 3]", "[5, 4, 3]"),
            ("[-7, 7, -7, 7]", "[7, 7]"),
            ("[-3]", "[]"),
            ("[2, -9, 0, 11]", "[2, 0, 11]"),
        ),
    ),
    _Row(
        "def reverse_words(sentence: str) -> str:",
        "Return the sentence with its words in reverse order. Words are separated by spaces.",
        (("'hello big world'", "'world big hello'"),),
        "return ' '.join(reversed(sentence.split()))",
        (
            ("''", "''"),
            ("'one'", "'one'"),
            ("'a b'", "'b a'"),
            ("'the cat sat down'", "'down sat cat the'"),
            ("'yes no'", "'no yes'"),
            ("'x y z x'", "'x z y x'"),
        ),
    ),
    _Row(
        "def largest_difference(numbers: list) -> int:",
        "Return the difference between the largest and the smallest number in a non-empty list.",
        (("[3, 9, 1]", "8"), ("[5]", "0")),
        "return max(numbers) - min(numbers)",
        (
            ("[1, 2]", "1"),
            ("[-4, 4]", "8"),
            ("[10, 10, 10]", "0"),
            ("[7, 0, -7]", "14"),
            ("[100, 1, 50]", "99"),
            ("[-5, -2]", "3"),
        ),
    ),
    _Row(
        "def is_palindrome(text: str) -> bool:",
        "Check if the given string is a palindrome, that is, reads the same backwards.",
        (("'level'", "True"), ("'python'", "False")),
        "return text == text[::-1]",
        (
            ("''", "True"),
            ("'a'", "True"),
            ("'ab'", "False"),
            ("'abba'", "True"),
            ("'racecar'", "True"),
            ("'abca'", "False"),
            ("'Noon'", "False"),
        ),
    ),
    _Row(
        "def double_all(numbers: list) -> list:",
        "Return a new list in which every number is doubled.",
        (("[1, 2, 3]", "[2, 4, 6]"),),
        "return [2 * n for n in numbers]",
        (
            ("[]", "[]"),
            ("[0]", "[0]"),
            ("[-1, 5]", "[-2, 10]"),
            ("[10, 20, 30]", "[20, 40, 60]"),
            ("[7, 7]", "[14, 14]"),
            ("[100]", "[200]"),
        ),
    ),
    _Row(
        "def count_even(numbers: list) -> int:",
        "Count how many numbers in the list are even.",
        (("[1, 2, 4]", "2"), ("[3, 5]", "0")),
        "return sum(1 for n in numbers if n % 2 == 0)",
        (
            ("[]", "0"),
            ("[0]", "1"),
            ("[2, 4, 6]", "3"),
            ("[-2, -1]", "1"),
            ("[1, 1, 8]", "1"),
            ("[10, 11, 12, 13]", "2"),
        ),
    ),
    _Row(
        "def average(numbers: list) -> float:",
        "Compute the average of a non-empty list of numbers.",
        (("[1, 2, 3]", "2.0"), ("[4, 5]", "4.5")),
        "return sum(numbers) / len(numbers)",
        (
            ("[10]", "10.0"),
            ("[0, 0]", "0.0"),
            ("[-2, 2]", "0.0"),
            ("[1, 2, 3, 4]", "2.5"),
            ("[8, 8, 2]", "6.0"),
            ("[5, 10]", "7.5"),
        ),
    ),
    _Row(
        "def shout(text: str) -> str:",
        "Return the string in upper case followed by an exclamation mark.",
        (("'hi'", "'HI!'"), ("'well done'", "'WELL DONE!'")),
        "return text.upper() + '!'",
        (
            ("''", "'!'"),
            ("'a'", "'A!'"),
            ("'Ok'", "'OK!'"),
            ("'YES'", "'YES!'"),
            ("'run now'", "'RUN NOW!'"),
            ("'abc1'", "'ABC1!'"),
        ),
    ),
    _Row(
        "def longest_word(words: list) -> str:",
        "Return the longest string in a non-empty list. If several have the same length, return the first one.",
        (("['a', 'abc', 'ab']", "'abc'"),),
        "return max(words, key=len)",
        (
            ("['x']", "'x'"),
            ("['aa', 'bb']", "'aa'"),
            ("['one', 'three', 'two']", "'three'"),
            ("['', 'z']", "'z'"),
            ("['cat', 'dog', 'bird', 'fish']", "'bird'"),
            ("['long', 'a']", "'long'"),
        ),
    ),
    _Row(
        "def factorial(n: int) -> int:",
        "Return the factorial of n, where n is a non-negative integer.",
        (("5", "120"), ("0", "1")),
        "result = 1\nfor i in range(2, n + 1):\n    result *= i\nreturn result",
        (("1", "1"), ("2", "2"), ("3", "6"), ("4", "24"), ("6", "720"), ("7", "5040"), ("10", "3628800")),
    ),
    _Row(
        "def unique_sorted(numbers: list) -> list:",
        "Return the distinct numbers of the list, sorted in ascending order.",
        (("[3, 1, 3, 2]", "[1, 2, 3]"),),
        "return sorted(set(numbers))",
        (
            ("[]", "[]"),
            ("[1, 1, 1]", "[1]"),
            ("[5, 4]", "[4, 5]"),
            ("[-1, 0, -1]", "[-1, 0]"),
            ("[9, 3, 9, 3]", "[3, 9]"),
            ("[2, 7, 1, 8, 2, 8]", "[1, 2, 7, 8]"),
        ),
    ),
    _Row(
        "def is_multiple(a: int, b: int) -> bool:",
        "Return True if a is a multiple of b, and False otherwise. b is never zero.",
        (("12, 4", "True"), ("7, 3", "False")),
        "return a % b == 0",
        (
            ("0, 5", "True"),
            ("5, 1", "True"),
            ("9, 2", "False"),
            ("100, 10", "True"),
            ("3, 6", "False"),
            ("15, 5", "True"),
            ("-8, 4", "True"),
        ),
    ),
    _Row(
        "def first_letters(words: list) -> str:",
        "Return a string made of the first letter of each word in the list.",
        (("['apple', 'bat']", "'ab'"),),
        "return ''.join(word[0] for word in words)",
        (
            ("[]", "''"),
            ("['x']", "'x'"),
            ("['red', 'green', 'blue']", "'rgb'"),
            ("['Aa', 'Bb']", "'AB'"),
            ("['do', 're', 'mi', 'fa']", "'drmf'"),
            ("['same', 'so']", "'ss'"),
        ),
    ),
    _Row(
        "def clip(value: int, low: int, high: int) -> int:",
        "Limit value to the range from low to high: return low if it is smaller, high if it is larger, "
        "and value otherwise.",
        (("5, 0, 3", "3"), ("-2, 0, 3", "0")),
        "return max(low, min(value, high))",
        (
            ("1, 0, 3", "1"),
            ("0, 0, 3", "0"),
            ("3, 0, 3", "3"),
            ("10, 5, 6", "6"),
            ("-9, -5, 5", "-5"),
            ("7, 1, 10", "7"),
        ),
    ),
    _Row(
        "def count_letter(text: str, letter: str) -> int:",
        "Count how often the given letter occurs in the string.",
        (("'banana', 'a'", "3"), ("'dog', 'z'", "0")),
        "return text.count(letter)",
        (
            ("'', 'a'", "0"),
            ("'aaa', 'a'", "3"),
            ("'hello', 'l'", "2"),
            ("'Mississippi', 's'", "4"),
            ("'abc', 'c'", "1"),
            ("'noon', 'n'", "2"),
        ),
    ),
    _Row(
        "def product(numbers: list) -> int:",
        "Return the product of all the integers in a list. The product of an empty list is 1.",
        (("[2, 3, 4]", "24"), ("[]", "1")),
        "result = 1\nfor n in numbers:\n    result *= n\nreturn result",
        (
            ("[5]", "5"),
            ("[0, 9]", "0"),
            ("[-1, 6]", "-6"),
            ("[1, 1, 1]", "1"),
            ("[2, 2, 2, 2]", "16"),
            ("[10, 3]", "30"),
            ("[-2, -7]", "14"),
        ),
    ),
    _Row(
        "def long_words(words: list, n: int) -> list:",
        "Filter the list of words and keep only those that are longer than n characters.",
        (("['a', 'abc', 'abcd'], 2", "['abc', 'abcd']"),),
        "return [word for word in words if len(word) > n]",
        (
            ("[], 1", "[]"),
            ("['hi', 'you'], 2", "['you']"),
            ("['one', 'two'], 3", "[]"),
            ("['x', 'yy', 'zzz'], 0", "['x', 'yy', 'zzz']"),
            ("['apple', 'fig', 'pear'], 3", "['apple', 'pear']"),
            ("['long', 'longer'], 5", "['longer']"),
        ),
    ),
    _Row(
        "def digit_sum(n: int) -> int:",
        "Return the sum of the digits of a non-negative integer.",
        (("123", "6"), ("40", "4")),
        "return sum(int(digit) for digit in str(n))",
        (("0", "0"), ("7", "7"), ("10", "1"), ("99", "18"), ("2024", "8"), ("555", "15"), ("1000001", "2")),
    ),
)
