# Every target works from a bare checkout with Python >= 3.11: it makes .venv first.
PYTHON ?= python3
BIN := .venv/bin
TRACKS ?= 5000
TRUTH ?= build/truth

.PHONY: demo test lint bench accuracy faults screenshots clean

.venv/.made: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/.made  ## a made-up collection, imported live and opened (TRACKS=100000 for more)
	$(BIN)/djtui demo --tracks $(TRACKS)

test: .venv/.made  ## the whole test suite
	$(BIN)/python -m pytest -n 3

lint: .venv/.made  ## style, types, and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.made  ## speed and memory, as ratios against a named reference in the same run
	$(BIN)/python -m tests.benchmarks

accuracy: .venv/.made  ## how right the analysis is; needs fluidsynth and ffmpeg (TRUTH=folder of the files)
	$(BIN)/python -m tests.accuracy --make $(TRUTH)
	$(BIN)/python -m tests.accuracy --truth $(TRUTH)

faults: .venv/.made  ## long runs that kill, fill and corrupt
	$(BIN)/python -m pytest tests/faults --override-ini addopts=-q

screenshots: .venv/.made  ## the pictures of the README
	$(BIN)/python -m tests.screenshots

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
