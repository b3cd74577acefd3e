"""The synthetic curriculum: typed chains of operations, well-known small functions, and broken programs to repair."""
