"""FizzBuzz, reverse a string and sum of a list as different people type them, and the example in a fresh app.

The curriculum says these functions in many ways, some of them like the ones here: this shows whether what everyone
types first works, not how the model generalises (the held-out tasks show that).
"""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

_REVERSE = (("''", "''"), ("'a'", "'a'"), ("'hello'", "'olleh'"), ("'ab cd'", "'dc ba'"), ("'Racecar!'", "'!racecaR'"))
_SUM = (("[]", "0"), ("[5]", "5"), ("[1, 2, 3]", "6"), ("[-4, 4, 10]", "10"), ("[100, 250, -50]", "300"))
_FIZZ = (
    ("1", "'1'"), ("3", "'Fizz'"), ("5", "'Buzz'"), ("15", "'FizzBuzz'"), ("98", "'98'"), ("99", "'Fizz'"), ("100", "'Buzz'"), ("90", "'FizzBuzz'"),
)  # fmt: skip
_FIZZ_LIST = (
    ("3", "['1', '2', 'Fizz']"), ("5", "['1', '2', 'Fizz', '4', 'Buzz']"), ("1", "['1']"),
    ("15", "['1', '2', 'Fizz', '4', 'Buzz', 'Fizz', '7', '8', 'Fizz', 'Buzz', '11', 'Fizz', '13', '14', 'FizzBuzz']"),
)  # fmt: skip
_EVENS = (("[1, 2, 3, 4]", "6"), ("[7, 9]", "0"), ("[]", "0"), ("[-2, 8, 5]", "6"), ("[10]", "10"))
_Tests = tuple[tuple[str, str], ...]


def _sentence(name: str, function: str, text: str, tests: _Tests, shown: tuple[int, ...]) -> GradedTask:
    """A sentence and `>>>` lines."""
    visible = tuple(CallCase(args=(tests[i][0],), expected=tests[i][1]) for i in shown)
    lines = "".join(f"\n>>> {case.call(function)}\n{case.expected}" for case in visible)
    return _graded(Task(id=f"seed/{name}", prompt=text + lines, entry_point=function, visible=visible), tests)


def _signature(name: str, signature: str, doc: str, tests: _Tests, shown: tuple[int, ...]) -> GradedTask:
    """A signature with a docstring."""
    function = signature[4 : signature.index("(")]
    visible = tuple(CallCase(args=(tests[i][0],), expected=tests[i][1]) for i in shown)
    lines = "".join(f"\n    >>> {case.call(function)}\n    {case.expected}" for case in visible)
    body = f"{doc}\n{lines}\n    " if lines else doc
    prompt = f'{signature}\n    """{body}"""'
    return _graded(
        Task(id=f"seed/{name}", prompt=prompt, entry_point=function, signature=signature, visible=visible), tests
    )


def _graded(task: Task, tests: _Tests) -> GradedTask:
    cases = tuple(CallCase(args=(arg,), expected=expected) for arg, expected in tests)
    return GradedTask(task=task, hidden=HiddenTests(cases=cases), reference="", group="seed")


_GIVEN = (
    "given n return 'Fizz' for multiples of three, 'Buzz' for five, 'FizzBuzz' for both, else the number as a string"
)
SEEDS: tuple[GradedTask, ...] = (
    _sentence("reverse-1", "reverse_string", "Write a function that reverses a string.", _REVERSE, (2, 0)),
    _sentence("reverse-2", "rev", "Reverse a string", _REVERSE, (2, 3)),
    _sentence("reverse-3", "flip_text", "Return the given string reversed.", _REVERSE, (1, 2)),
    _sentence("reverse-4", "backwards", "write a function which takes a string and gives it back in reverse order", _REVERSE, (2, 3)),
    _signature("reverse-5", "def reverse_string(s: str) -> str:", "Reverse a string.", _REVERSE, (2,)),
    _signature("reverse-6", "def mirror(phrase):", "Return phrase backwards.", _REVERSE, (2, 4)),
    _signature("reverse-7", "def reverse(text: str) -> str:", "Return the text reversed.", _REVERSE, ()),
    _sentence("sum-1", "sum_list", "Return the sum of a list of numbers.", _SUM, (2, 0)),
    _sentence("sum-2", "total", "Sum of a list", _SUM, (2, 4)),
    _sentence("sum-3", "add_everything", "Write a function that adds up all the numbers in a list.", _SUM, (2, 3)),
    _sentence("sum-4", "my_sum", "sum of a list of integers", _SUM, (1, 2)),
    _signature("sum-5", "def sum_list(numbers: list[int]) -> int:", "Return the sum of the numbers.", _SUM, (2,)),
    _signature("sum-6", "def total(values):", "Add up all values in the list.", _SUM, (2, 3)),
    _signature("sum-7", "def sum_of(xs):", "Return the sum of the list xs.", _SUM, ()),
    _sentence("example", "sum_even", "Write a function that returns the sum of the even numbers in a list.\n", _EVENS, (0, 1)),
    _sentence("fizzbuzz-1", "fizzbuzz", f"FizzBuzz: {_GIVEN}", _FIZZ, (1, 3)),
    _sentence("fizzbuzz-2", "fizz_buzz", "Write FizzBuzz for one number.", _FIZZ, (3, 0)),
    _sentence("fizzbuzz-3", "fb", "Return 'FizzBuzz' if n is divisible by 15, 'Fizz' if by 3, 'Buzz' if by 5, otherwise str(n).", _FIZZ, (1, 2)),
    _signature("fizzbuzz-4", "def fizzbuzz(n: int) -> str:", "Return 'Fizz' for multiples of 3, 'Buzz' for multiples of 5, 'FizzBuzz' for multiples of both, and the number as a string otherwise.", _FIZZ, (1, 3)),
    _signature("fizzbuzz-5", "def fizz_buzz(number):", "FizzBuzz.", _FIZZ, (1, 2, 3)),
    _sentence("fizzbuzz-6", "fizzbuzz", "Write a function that returns the FizzBuzz list for the numbers from 1 to n as strings.", _FIZZ_LIST, (0, 1)),
    _signature("fizzbuzz-7", "def fizzbuzz(n: int) -> list[str]:", "Return the FizzBuzz sequence from 1 to n as a list of strings.", _FIZZ_LIST, (0, 1)),
)  # fmt: skip
