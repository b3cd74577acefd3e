"""Well-known functions of numbers."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

from embedded_model.curriculum.classics import classic

_PRIME = (
    "if {x} < 2:\n    return False\nfor i in range(2, {x}):\n    if {x} % i == 0:\n        return False\nreturn True"
)

NUMBERS = (
    classic("factorial", "nat6", "int", "factorial fact", "the factorial of {x}|{x} factorial|the product of the integers from 1 to {x}", "compute the factorial of {x}|calculate {x} factorial",
            "result = 1\nfor i in range(2, {x} + 1):\n    result *= i\nreturn result", "result = 1\nfor i in range(1, {x} + 1):\n    result *= i\nreturn result", "return 1 if {x} < 2 else math.prod(range(1, {x} + 1))", weight=4),
    classic("fibonacci", "nat", "int", "fibonacci fib nth_fibonacci", "the {x}th Fibonacci number, where fib(0) is 0|the {x}-th Fibonacci number|the nth Fibonacci number for {x}", "compute the {x}-th Fibonacci number|calculate the Fibonacci number of {x}",
            "a, b = (0, 1)\nfor _ in range({x}):\n    a, b = (b, a + b)\nreturn a", weight=4),
    classic("fibonacci_list", "nat", "list[int]", "fibonacci_list fib_list first_fibs", "the first {x} Fibonacci numbers|a list of the first {x} Fibonacci numbers", "", "result = []\na, b = (0, 1)\nfor _ in range({x}):\n    result.append(a)\n    a, b = (b, a + b)\nreturn result", weight=1.5),
    classic("is_prime", "nat", "bool", "is_prime prime check_prime", "whether {x} is prime|True if {x} is a prime number, else False|whether {x} is a prime number", "check whether {x} is prime|check if {x} is a prime number|test if {x} is prime", _PRIME, "if {x} < 2:\n    return False\nreturn all({x} % i != 0 for i in range(2, {x}))", weight=4),
    classic("primes_below", "nat", "list[int]", "primes_up_to primes primes_below", "all prime numbers up to {x}|a list of the primes up to and including {x}", "find all primes up to {x}", "return [n for n in range(2, {x} + 1) if all(n % i != 0 for i in range(2, n))]", weight=1.5),
    classic("gcd", "pos pos", "int", "gcd greatest_common_divisor", "the greatest common divisor of {x} and {y}|the gcd of {x} and {y}", "compute the greatest common divisor of {x} and {y}|find the gcd of {x} and {y}", "while {y}:\n    {x}, {y} = ({y}, {x} % {y})\nreturn {x}", "return math.gcd({x}, {y})", weight=4),
    classic("lcm", "pos pos", "int", "lcm least_common_multiple", "the least common multiple of {x} and {y}|the lcm of {x} and {y}", "compute the least common multiple of {x} and {y}", "return {x} * {y} // math.gcd({x}, {y})", weight=1.5),
    classic("is_even", "int", "bool", "is_even even", "whether {x} is even|True if {x} is even, else False", "check whether {x} is even|check if {x} is even", "return {x} % 2 == 0", weight=2),
    classic("is_odd", "int", "bool", "is_odd odd", "whether {x} is odd|True if {x} is odd, else False", "check whether {x} is odd|check if {x} is odd", "return {x} % 2 == 1"),
    classic("add", "int int", "int", "add sum_two plus addition", "the sum of {x} and {y}|{x} plus {y}|the sum of two numbers {x} and {y}", "add {x} and {y}|add two numbers {x} and {y}|add two numbers", "return {x} + {y}", weight=3),
    classic("subtract", "int int", "int", "subtract sub minus difference", "the difference of {x} and {y}|{x} minus {y}", "subtract {y} from {x}", "return {x} - {y}"),
    classic("multiply", "int int", "int", "multiply mul times product", "the product of {x} and {y}|{x} times {y}|{x} multiplied by {y}", "multiply {x} and {y}|multiply two numbers {x} and {y}", "return {x} * {y}", weight=1.5),
    classic("power", "nat6 nat6", "int", "power pow_ exponent", "{x} to the power of {y}|{x} raised to the power {y}", "raise {x} to the power of {y}", "return {x} ** {y}", weight=1.5),
    classic("max_two", "int int", "int", "max_of_two larger bigger maximum", "the larger of {x} and {y}|the maximum of {x} and {y}|the greater of the two numbers {x} and {y}", "find the larger of {x} and {y}", "return max({x}, {y})", "return {x} if {x} > {y} else {y}", "if {x} > {y}:\n    return {x}\nreturn {y}", weight=1.5),
    classic("min_two", "int int", "int", "min_of_two smaller minimum", "the smaller of {x} and {y}|the minimum of {x} and {y}", "find the smaller of {x} and {y}", "return min({x}, {y})", "return {x} if {x} < {y} else {y}"),
    classic("max_three", "int int int", "int", "max_of_three largest", "the largest of {x}, {y} and {z}|the maximum of three numbers {x}, {y} and {z}", "find the largest of {x}, {y} and {z}", "return max({x}, {y}, {z})"),
    classic("sum_to_n", "nat", "int", "sum_to_n sum_to sum_up_to total", "the sum of the numbers from 1 to {x}|the sum of all integers from 1 to {x}|1 + 2 + ... + {x}", "sum the numbers from 1 to {x}|add all the integers from 1 to {x}", "return sum(range(1, {x} + 1))", "total = 0\nfor i in range(1, {x} + 1):\n    total += i\nreturn total", "return {x} * ({x} + 1) // 2", weight=3),
    classic("sum_squares_n", "nat", "int", "sum_of_squares sum_squares", "the sum of the squares of the numbers from 1 to {x}", "", "return sum(i * i for i in range(1, {x} + 1))"),
    classic("digit_sum", "nat", "int", "digit_sum sum_of_digits sum_digits", "the sum of the digits of {x}|the digit sum of {x}", "sum the digits of {x}|add up the digits of {x}", "return sum(int(d) for d in str({x}))", weight=2),
    classic("reverse_number", "nat", "int", "reverse_number reverse_int", "{x} with its digits reversed|the number {x} with its digits in reverse order", "reverse the digits of {x}", "return int(str({x})[::-1])"),
    classic("count_digits", "nat", "int", "count_digits num_digits", "the number of digits of {x}|how many digits {x} has", "count the digits of {x}", "return len(str({x}))"),
    classic("range_list", "nat", "list[int]", "up_to numbers count_to one_to_n", "the numbers from 1 to {x} as a list|a list of the numbers from 1 to {x}|a list of the integers from 1 to {x}", "list the numbers from 1 to {x}", "return list(range(1, {x} + 1))", weight=1.5),
    classic("countdown", "nat", "list[int]", "countdown count_down", "the numbers from {x} down to 1 as a list|a list counting down from {x} to 1", "count down from {x} to 1", "return list(range({x}, 0, -1))"),
    classic("range_string", "nat", "str", "string_sequence number_string", "a string of the numbers from 0 to {x} separated by spaces|the numbers from 0 to {x} inclusive as a space-delimited string", "", "return ' '.join(str(i) for i in range({x} + 1))"),
    classic("evens_to", "nat", "list[int]", "evens_up_to even_numbers", "the even numbers from 1 to {x}|a list of the even numbers up to {x}, starting with 2", "", "return [i for i in range(1, {x} + 1) if i % 2 == 0]", "return list(range(2, {x} + 1, 2))"),
    classic("squares_to", "nat", "list[int]", "squares first_squares", "the squares of the numbers from 1 to {x}|a list of the squares of 1 to {x}", "", "return [i * i for i in range(1, {x} + 1)]"),
    classic("divisors", "pos", "list[int]", "divisors factors get_divisors", "all divisors of {x} in ascending order|the divisors of {x}|a list of the factors of {x}", "find all divisors of {x}|list the divisors of {x}", "return [i for i in range(1, {x} + 1) if {x} % i == 0]", weight=2),
    classic("largest_divisor", "pos2", "int", "largest_divisor", "the largest number smaller than {x} that divides {x}|the largest divisor of {x} smaller than {x}", "find the largest number that divides {x} evenly, smaller than {x}", "return max(i for i in range(1, {x}) if {x} % i == 0)", "for i in range({x} - 1, 0, -1):\n    if {x} % i == 0:\n        return i"),
    classic("is_perfect", "pos", "bool", "is_perfect perfect", "whether {x} is a perfect number, the sum of its proper divisors", "check whether {x} is a perfect number", "return sum(i for i in range(1, {x}) if {x} % i == 0) == {x}"),
    classic("collatz", "pos", "int", "collatz collatz_steps", "the number of Collatz steps from {x} to 1", "", "steps = 0\nwhile {x} != 1:\n    {x} = {x} // 2 if {x} % 2 == 0 else 3 * {x} + 1\n    steps += 1\nreturn steps"),
    classic("to_binary", "nat", "str", "to_binary binary", "{x} in binary as a string|the binary representation of {x}", "convert {x} to binary", "return bin({x})[2:]"),
    classic("is_leap", "year", "bool", "is_leap_year leap_year is_leap", "whether {x} is a leap year|True if the year {x} is a leap year", "check whether {x} is a leap year", "return {x} % 4 == 0 and ({x} % 100 != 0 or {x} % 400 == 0)", weight=1.5),
    classic("sign", "int", "int", "sign signum", "1 if {x} is positive, -1 if it is negative and 0 if it is zero|the sign of {x}: -1, 0 or 1", "", "if {x} > 0:\n    return 1\nif {x} < 0:\n    return -1\nreturn 0"),
    classic("absolute", "int", "int", "absolute abs_value magnitude", "the absolute value of {x}", "compute the absolute value of {x}", "return abs({x})", "return {x} if {x} >= 0 else -{x}"),
    classic("square", "int", "int", "square squared", "the square of {x}|{x} squared", "square {x}|compute the square of {x}", "return {x} * {x}", "return {x} ** 2", weight=1.5),
    classic("double", "int", "int", "double twice", "twice {x}|{x} doubled|the double of {x}", "double {x}", "return {x} * 2", "return 2 * {x}"),
    classic("celsius", "int", "float", "celsius_to_fahrenheit to_fahrenheit c_to_f", "{x} degrees Celsius in Fahrenheit|the temperature {x} converted from Celsius to Fahrenheit", "convert {x} from Celsius to Fahrenheit", "return {x} * 9 / 5 + 32", weight=1.5),
    classic("area", "int int", "int", "area rectangle_area", "the area of a rectangle with sides {x} and {y}", "compute the area of a rectangle with sides {x} and {y}", "return {x} * {y}"),
    classic("is_divisible", "int pos", "bool", "is_divisible divisible is_multiple", "whether {x} is divisible by {y}|True if {x} is a multiple of {y}", "check whether {x} is divisible by {y}", "return {x} % {y} == 0"),
    classic("average2", "int int", "float", "average mean_of_two", "the average of {x} and {y}", "compute the average of {x} and {y}", "return ({x} + {y}) / 2"),
    classic("clamp", "int int int", "int", "clamp limit", "{x} limited to the range from {y} to {z}", "clamp {x} between {y} and {z}", "return max({y}, min({x}, {z}))"),
    classic("fib_recursive_triangle", "nat", "int", "triangular triangle_number", "the {x}th triangular number", "", "return {x} * ({x} + 1) // 2"),
)  # fmt: skip
