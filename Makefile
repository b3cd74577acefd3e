# make run          set up .venv if needed and start the app
# make test         ruff, mypy, import-linter and the base tests (in two processes where there are two cores; WORKERS=1: in one)
# make test-extras  what needs more than the base install: the backends hf, mlx and llama-cpp (where it was made), the
#                   embedded model's training
# make llama-cpp    the backend llama-cpp, compiled for this machine (minutes the first time)
# Uses uv where it is installed, else venv and pip. PYTHON=… picks the interpreter for a new .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
comma := ,

# How many processes run the base tests: two, where this process may use as many cores.
WORKERS ?= $(shell $(BIN)/python -c 'import os; f = getattr(os, "sched_getaffinity", None); \
	print(min(2, len(f(0)) if f else os.cpu_count() or 1))')

# The first Python >= 3.11 of those usually found.
find-python = for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done; \
	[ -n "$$python" ] || { echo "reason_tui needs Python 3.11 or newer; none was found (PYTHON=/path/to/python make …)." >&2; exit 1; }

# $(call install,REQUIREMENT): editable, with the versions that were tested.
install = if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python -c constraints.txt -e "$(1)"; \
	else $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e "$(1)"; fi

.PHONY: run test test-extras llama-cpp lint clean
run: .venv/.base
	@exec $(BIN)/python -m reason_tui

test: .venv/.dev lint
	@$(BIN)/python -m pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS)) --ignore=tests/embedded_model tests

test-extras: .venv/.extras
	@$(BIN)/python -m pytest tests/backends tests/models tests/embedded_model tests/learning tests/programs/test_security.py

llama-cpp: .venv/.llama-cpp

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=backends $(BIN)/lint-imports --no-logo --no-cache

clean:
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache

# A stamp holds as long as nothing that decides about the installation changed.
.venv/.base .venv/.dev .venv/.extras: pyproject.toml constraints.txt | $(BIN)/python

.venv/.base:
	@echo "Installing reason_tui into .venv …" >&2
	@$(call install,.)
	@touch $@

.venv/.dev:
	@echo "Installing reason_tui and what its tests need into .venv …" >&2
	@$(call install,.[dev])
	@touch .venv/.base $@

.venv/.extras:
	@echo "Installing reason_tui with its extras (PyTorch, MLX) into .venv …" >&2
	@$(call install,.[dev$(comma)model$(comma)hf$(comma)mlx$(comma)train$(comma)security])
	@touch .venv/.base .venv/.dev $@

.venv/.llama-cpp: constraints.txt .ci/llama-cpp | .venv/.base
	@echo "Building llama-cpp-python into .venv …" >&2
	@.ci/llama-cpp $(BIN)/python
	@touch $@

# Also made again when the interpreter it was made with is gone.
$(BIN)/python:
	@$(find-python); rm -rf .venv; \
	if command -v uv >/dev/null; then uv venv --quiet --python "$$python" .venv; else "$$python" -m venv .venv; fi \
	|| { rm -rf .venv; echo "No virtual environment could be made (on Debian: apt install python3-venv)." >&2; exit 1; }
