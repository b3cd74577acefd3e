#!/usr/bin/env bash
# Seconds from `git clone` of this checkout to the first solved program, step by step, as a new user would go.
# The package cache is whatever pip or uv has: say which when you quote it.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begin=$(python3 -c 'import time; print(time.time())')
step() { python3 -c 'import sys, time; print(f"{sys.argv[2]:<24}{time.time() - float(sys.argv[1]):6.1f} s")' "$begin" "$1"; }

git clone -q "$source" "$work/reason_tui"
cd "$work/reason_tui"
step 'cloned'
make .venv/.base 2>/dev/null
step 'installed'
REASON_TUI__STATE_DIR="$work/state" .venv/bin/reason-tui solve $'Reverse a string.\n>>> rev("abc")\n"cba"\n>>> rev("")\n""' \
  2>/dev/null >"$work/solution.py"
step 'first program solved'
cat "$work/solution.py"
