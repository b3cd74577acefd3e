"""Word problems: numbers, steps, and the ways to tell them. The letters are those of `story_words.words`.

`numbers`: letter:low-high. `steps`: on letters, numbers and the results so far (r: the last; x, y: the
first and second).
"""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

from typing import NamedTuple


class Story(NamedTuple):
    """A template. Every result must be a positive integer: numbers are drawn until it is."""

    name: str
    numbers: str
    steps: str
    texts: tuple[str, ...]


def _story(name: str, numbers: str, steps: str, *texts: str) -> Story:
    return Story(name, numbers, steps, texts)


ONE_STEP = (
    _story("together", "a:2-90 b:2-90", "a + b", "{N} has {a} {T}. {M} has {b} {T}. How many {T} do they have together?", "{N} has {a} {T} and {M} has {b}. How many {T} do they have in total?", "How many {T} do {N} and {M} have together if {N} has {a} and {M} has {b}?"),
    _story("two-kinds", "a:2-90 b:2-90", "a + b", "There are {a} {T} and {b} {U} in a {box}. How many things are in it?", "{N} buys {a} {T} and {b} {U}. How many things does {he} buy in all?", "A {box} holds {a} red {T} and {b} blue {T}. How many {T} are there in total?"),
    _story("two-days", "a:2-90 b:2-90", "a + b", "{N} sold {a} {T} on {day} and {b} {T} on {next_day}. How many {T} did {he} sell altogether?", "On {day} {N} makes {a} {T}, and on {next_day} {he} makes {b} more. How many {T} does {he} make in all?"),
    _story("more-than", "a:3-90 b:2-60", "a + b", "{N} has {a} {T}. {M} has {b} more {T} than {N}. How many {T} does {M} have?", "{M} has {b} {T} more than {N}, who has {a}. How many {T} does {M} have?"),
    _story("fewer-than", "a:5-99 b:2-60", "a - b", "{N} has {a} {T}. {M} has {b} fewer {T} than {N}. How many {T} does {M} have?", "{M} has {b} {T} less than {N}. {N} has {a}. How many does {M} have?"),
    _story("how-many-more", "a:5-99 b:2-80", "a - b", "{N} has {a} {T} and {M} has {b}. How many more {T} does {N} have than {M}?", "{N} has {a} {T}. {M} has {b} {T}. How many fewer {T} does {M} have?", "There are {a} {T} and {b} {U}. How many more {T} than {U} are there?"),
    _story("older", "a:4-70 b:2-30", "a + b", "{N} is {a} years old. How old will {he} be in {b} years?", "{N} is {a} years old. {M} is {b} years older. How old is {M}?"),
    _story("younger", "a:10-90 b:2-40", "a - b", "{N} is {a} years old. {M} is {b} years younger. How old is {M}?", "{N} is {a} years old. How old was {he} {b} years ago?"),
    _story("change", "a:10-100 b:2-95", "a - b", "{N} pays for a {t} that costs {b} dollars with {a} dollars. How much change does {he} get?", "{N} has ${a}. {He} spends ${b} on a {t}. How much money does {he} have left?"),
    _story("still-needed", "a:10-100 b:2-95", "a - b", "{N} wants a {t} that costs ${a}. {He} has ${b}. How many more dollars does {he} need?", "{N} needs {a} {T} and has {b}. How many more {T} does {he} need?"),
    _story("pages-left", "a:20-200 b:5-150", "a - b", "A book has {a} pages. {N} has read {b} of them. How many pages are left?", "{N} is on page {b} of a book with {a} pages. How many pages does {he} still have to read?"),
    _story("part-of-group", "a:10-99 b:3-80", "a - b", "There are {a} students in a class. {b} of them are girls. How many are boys?", "Of {a} {T}, {b} are red and the rest are blue. How many are blue?", "{N} has {a} {T}. {b} of them are old. How many are new?"),
    _story("groups", "a:2-9 b:2-12", "a * b", "There are {a} {boxes} with {b} {T} in each. How many {T} are there in total?", "{N} has {a} {boxes} of {T}. Each {box} holds {b} {T}. How many {T} does {he} have?", "Each of {a} {boxes} holds {b} {T}. How many {T} are there?", "{N} fills {a} {boxes} with {b} {T} each. How many {T} does {he} use?"),
    _story("price", "a:2-9 b:2-15", "a * b", "A {t} costs {b} dollars. How much do {a} {T} cost?", "{N} buys {a} {T} at ${b} each. How much does {he} pay?", "{T} cost ${b} each. How many dollars does {N} pay for {a} {T}?"),
    _story("times-as-many", "a:2-15 b:2-9", "a * b", "{N} has {a} {T}. {M} has {b} times as many. How many {T} does {M} have?", "{M} has {b} times as many {T} as {N}. {N} has {a} {T}. How many does {M} have?"),
    _story("twice", "a:2-45", "a * 2", "{N} has {a} {T}. {M} has twice as many. How many {T} does {M} have?", "{N} made {a} {T} on {day} and twice as many on {next_day}. How many did {he} make on {next_day}?"),
    _story("per-week", "a:2-15", "a * 7", "{N} reads {a} pages a day. How many pages does {he} read in a week?", "{N} uses {a} {T} each day. How many {T} does {he} use in one week?"),
    _story("rate", "a:2-15 b:2-9", "a * b", "{N} earns {a} dollars an hour. How much does {he} earn in {b} hours?", "{N} walks {a} miles a day. How far does {he} walk in {b} days?", "A machine makes {a} {T} an hour. How many does it make in {b} hours?"),
    _story("rows", "a:2-9 b:2-15", "a * b", "There are {a} rows of {b} chairs. How many chairs are there?", "{N} plants {a} rows with {b} {T} in each row. How many {T} does {he} plant?"),
    _story("share", "a:4-99 b:2-9", "a / b", "{N} shares {a} {T} equally among {b} {group}. How many {T} does each get?", "{b} {group} share {a} {T} equally. How many does each of them get?", "{N} divides {a} {T} among {b} {group}. How many {T} does each one get?"),
    _story("packing", "a:4-99 b:2-9", "a / b", "{N} puts {a} {T} into {boxes} of {b}. How many {boxes} does {he} fill?", "{N} has {a} {T}. {He} puts {b} in each {box}. How many {boxes} does {he} need?", "{N} packs {a} {T} equally into {b} {boxes}. How many {T} are in each {box}?"),
    _story("half", "a:4-98", "a / 2", "{N} has {a} {T}. {M} has half as many. How many {T} does {M} have?", "{N} gives half of {his} {a} {T} to {M}. How many {T} does {M} get?"),
    _story("unit-price", "a:4-99 b:2-9", "a / b", "{b} {T} cost {a} dollars. How much does one {t} cost?", "{N} pays ${a} for {b} {T}. What is the price of one {t}?"),
)  # fmt: skip

TWO_STEPS = (
    _story("boxes-plus", "a:2-9 b:2-9 c:2-40", "a * b; r + c", "{N} has {a} {boxes} of {b} {T} and {c} more {T}. How many {T} does {he} have?", "There are {a} {boxes} with {b} {T} each, and {c} loose {T}. How many {T} are there in total?"),
    _story("boxes-minus", "a:2-9 b:2-9 c:2-40", "a * b; r - c", "{N} has {a} {boxes} with {b} {T} in each. {He} gives {c} {T} to {M}. How many {T} does {he} have left?", "{N} buys {a} {boxes} of {b} {T} and uses {c} of them. How many {T} are left?", "Each of {a} {boxes} holds {b} {T}. {c} of the {T} are broken. How many are not broken?"),
    _story("shopping", "a:2-9 b:2-9 c:2-40", "a * b; r + c", "{N} buys {a} {T} for {b} dollars each and a {u} for {c} dollars. How much does {he} spend?", "A {t} costs ${b} and a {u} costs ${c}. How much do {a} {T} and one {u} cost?"),
    _story("change-of-many", "a:2-9 b:2-9 c:10-100", "a * b; c - r", "{N} buys {a} {T} at {b} dollars each and pays with {c} dollars. How much change does {he} get?", "{N} has ${c}. {He} buys {a} {T} for ${b} each. How many dollars does {he} have left?"),
    _story("join-and-share", "a:2-60 b:2-40 c:2-9", "a + b; r / c", "{N} has {a} {T} and buys {b} more. {He} shares them equally among {c} {group}. How many {T} does each get?", "{N} picks {a} {T} and {M} picks {b}. They put them into {c} {boxes} equally. How many {T} are in each {box}?"),
    _story("lose-and-share", "a:10-90 b:2-40 c:2-9", "a - b; r / c", "{N} has {a} {T}. {He} keeps {b} and shares the rest equally among {c} {group}. How many does each get?", "Of {a} {T}, {b} are broken. {N} puts the others into {boxes} of {c}. How many {boxes} does {he} fill?"),
    _story("more-and-total", "a:2-60 b:2-40", "a + b; a + r", "{N} has {a} {T}. {M} has {b} more than {N}. How many {T} do they have together?", "{N} made {a} {T} on {day} and {b} more than that on {next_day}. How many {T} did {he} make in total?"),
    _story("fewer-and-total", "a:5-80 b:2-40", "a - b; a + r", "{N} has {a} {T}. {M} has {b} fewer. How many {T} do they have together?", "{N} sold {a} {T} on {day} and {b} fewer on {next_day}. How many {T} did {he} sell in total?"),
    _story("times-and-total", "a:2-15 b:2-6", "a * b; a + r", "{N} has {a} {T}. {M} has {b} times as many. How many {T} do they have together?", "{N} read {a} pages on {day} and {b} times as many on {next_day}. How many pages did {he} read in total?"),
    _story("half-and-total", "a:4-90", "a / 2; a + r", "{N} sold {a} {T} on {day} and half as many on {next_day}. How many {T} did {he} sell altogether?", "{N} has {a} {T} and {M} has half as many. How many {T} do they have together?"),
    _story("times-and-difference", "a:2-15 b:2-6", "a * b; r - a", "{N} has {a} {T}. {M} has {b} times as many. How many more {T} does {M} have than {N}?"),
    _story("bus", "a:5-60 b:2-30 c:2-40", "a + b; r - c", "There are {a} people on a bus. {b} people get on and {c} get off. How many people are on the bus now?", "A shop has {a} {T}. It gets {b} more and sells {c}. How many {T} are left in the shop?"),
    _story("bus-off-first", "a:10-80 b:2-40 c:2-30", "a - b; r + c", "There are {a} people on a bus. {b} get off, then {c} get on. How many people are on the bus now?", "A library has {a} books. It lends {b} and gets {c} new ones. How many books does it have now?"),
    _story("twice-off", "a:15-99 b:2-40 c:2-30", "a - b; r - c", "A book has {a} pages. {N} reads {b} pages on {day} and {c} on {next_day}. How many pages are left?", "{N} has ${a}. {He} spends ${b} on {T} and ${c} on {U}. How much money is left?", "There are {a} {T} in a {box}. {N} takes {b} and {M} takes {c}. How many {T} are left?"),
    _story("three-kinds", "a:2-60 b:2-60 c:2-60", "a + b; r + c", "{N} has {a} {T}, {M} has {b} and {P} has {c}. How many {T} do they have in all?", "A {t} costs ${a}, a {u} ${b} and a map ${c}. How much do they cost together?"),
    _story("third-kind", "a:20-99 b:2-40 c:2-40", "b + c; a - r", "There are {a} {T}. {b} are red, {c} are blue and the rest are green. How many {T} are green?", "{N} has {a} {T}. {He} gives {b} to {M} and {c} to {P}. How many {T} does {he} keep?"),
    _story("earn-and-spend", "a:2-12 b:2-9 c:2-60", "a * b; r - c", "{N} earns {a} dollars an hour and works {b} hours. Then {he} spends {c} dollars. How much money does {he} have left?", "{N} saves ${a} a week for {b} weeks and buys a {t} for ${c}. How many dollars are left?"),
    _story("saving-for", "a:2-12 b:2-9 c:20-120", "a * b; c - r", "{N} saves {a} dollars a week. A {t} costs {c} dollars. How much does {he} still need after {b} weeks?", "{N} wants to buy a {t} for ${c}. {He} saves ${a} a week for {b} weeks. How much more does {he} need?"),
    _story("reading-plan", "a:20-120 b:2-12 c:2-9", "b * c; a - r", "A book has {a} pages. {N} reads {b} pages a day for {c} days. How many pages are left?", "{N} has to make {a} {T}. {He} makes {b} a day. How many are left after {c} days?"),
    _story("take-from-bag", "a:8-99 b:2-9 c:1-9", "a / b; r - c", "{N} puts {a} {T} equally into {b} {boxes}. Then {he} takes {c} out of one {box}. How many {T} are left in that {box}?", "{b} {group} share {a} {T} equally. Then {N}, one of them, loses {c}. How many does {N} have left?"),
    _story("share-and-have", "a:9-99 b:3-9 c:2-30", "a / b; r + c", "{N} and {M} are two of {b} {group} who share {a} {T} equally. {N} had {c} {T} before. How many does {he} have now?", "{b} people share a bill of ${a} equally. {N} also leaves a tip of ${c}. How much does {N} pay?"),
    _story("discount", "a:4-30 b:2-20 c:2-6", "a - b; r * c", "A {t} costs {a} dollars. Today it is {b} dollars cheaper. How much do {c} {T} cost today?", "{N} gets ${b} off the price of each {t}. The price is ${a}. How much does {he} pay for {c} {T}?"),
    _story("both-each", "a:2-9 b:2-9 c:2-6", "a + b; r * c", "Each {box} holds {a} {T} and {b} {U}. How many things are in {c} {boxes}?", "{N} uses {a} {T} and {b} {U} a day. How many things does {he} use in {c} days?", "A {t} costs ${a} and a {u} ${b}. How much do {c} of each cost?"),
    _story("rectangle", "a:2-30 b:2-30", "a + b; r * 2", "A garden is {a} meters long and {b} meters wide. How long is a fence around it?", "What is the perimeter of a rectangle with sides {a} and {b}?"),
    _story("unit-to-many", "a:4-80 b:2-9 c:2-9", "a / b; r * c", "{b} {T} cost {a} dollars. How much do {c} {T} cost?", "{N} walks {a} miles in {b} hours. How far does {he} walk in {c} hours?", "A machine makes {a} {T} in {b} hours. How many does it make in {c} hours?"),
    _story("ages", "a:5-60 b:2-20 c:2-20", "a + b; r - c", "{N} is {a} years old. {M} is {b} years older than {N}. {P} is {c} years younger than {M}. How old is {P}?"),
    _story("leftover-boxes", "a:20-99 b:2-30 c:2-9", "a - b; r / c", "{N} has {a} {T}. {He} gives {b} to {M} and packs the rest into {boxes} of {c}. How many {boxes} are there?", "{N} reads {b} pages of a book with {a} pages, then the rest in {c} days, the same number each day. How many pages a day is that?"),
    _story("product-twice", "a:2-9 b:2-5 c:2-4", "a * b; r * c", "{N} has {c} {boxes}. Each holds {b} rows of {a} {T}. How many {T} are there?", "{N} runs {a} miles {b} times a week. How many miles does {he} run in {c} weeks?"),
    _story("weekly-stock", "a:2-9 b:20-90", "a * 7; b - r", "{N} uses {a} {T} a day and has {b}. How many {T} are left after a week?"),
    _story("teams", "a:4-40 b:4-40 c:2-9", "a + b; r / c", "There are {a} girls and {b} boys. They form {c} equal teams. How many children are in each team?", "{a} boys and {b} girls make groups of {c}. How many groups are there?"),
)  # fmt: skip

THREE_STEPS = (
    _story("two-prices", "a:2-9 b:2-9 c:2-9 d:2-9", "a * b; c * d; x + y", "{N} buys {a} {T} at ${b} each and {c} {U} at ${d} each. How much does {he} spend?", "There are {a} {boxes} with {b} {T} each and {c} {boxes} with {d} {T} each. How many {T} are there in total?"),
    _story("two-prices-difference", "a:2-9 b:2-9 c:2-9 d:2-9", "a * b; c * d; x - y", "{N} has {a} {boxes} of {b} {T}. {M} has {c} {boxes} of {d} {T}. How many more {T} does {N} have than {M}?"),
    _story("chain-of-three", "a:5-40 b:2-20 c:2-20", "a + b; r - c; a + y", "{N} has {a} {T}. {M} has {b} more than {N} and then loses {c}. How many {T} do they have together?"),
    _story("all-three", "a:2-12 b:2-4 c:2-15", "a * b; r + c; r + a", "{N} has {a} {T}. {M} has {b} times as many. {P} has {c}. How many {T} do the three have in total?"),
    _story("collect-and-share", "a:2-9 b:2-9 c:2-30 d:2-9", "a * b; r + c; r / d", "{N} has {a} {boxes} of {b} {T} and {c} loose {T}. {He} shares all of them among {d} {group}. How many does each get?"),
    _story("change-of-two", "a:2-9 b:2-9 c:2-20 d:20-100", "a * b; r + c; d - r", "{N} buys {a} {T} at ${b} each and a {u} for ${c}. {He} pays with ${d}. How much change does {he} get?"),
    _story("three-days", "a:3-30 b:2-20", "a + b; r + b; x + y", "On {day} {N} sells {a} {T}, the next day {b} more than that, and on the third day {b} more again. How many {T} does {he} sell on the second and third day together?"),
    _story("sold-price", "a:10-60 b:2-30 c:2-20 d:2-6", "a - b; r - c; r * d", "{N} has {a} {T}. {b} are broken and {c} are for {M}. {He} sells the rest for ${d} each. How much money does {he} get?"),
    _story("eggs", "a:8-30 b:1-9 c:1-9 d:2-5", "b + c; a - r; r * d", "{N} gets {a} eggs a day. {He} eats {b} and bakes with {c}, and sells the others for ${d} each. How much does {he} make a day?", "{N} makes {a} {T}. {He} keeps {b}, gives {c} to {M} and sells the rest at ${d} each. How many dollars does {he} get?"),
)  # fmt: skip
