# The commands that matter: `make demo` shows what spirula does, `make test` proves that it works.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# CPU threads of another busy process make OpenMP spin: tests yield instead. Measurements run as users do.
test: export GOMP_SPINCOUNT ?= 0

.PHONY: demo test check lint types contracts bench docs format clean

demo: $(READY)   ## train a network on real images and say where the report is
	$(BIN)/spirula demo

test: $(READY)   ## all tests
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4

check: lint types contracts test   ## everything that a change must pass

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

bench: $(READY)  ## side-by-side measurements; peers get environments of their own; some need SPIRULA_DATA
	$(BIN)/python -m benchmarks.start.run
	$(BIN)/python -m benchmarks.overhead.run
	$(BIN)/python -m benchmarks.batches.run
	$(BIN)/python -m benchmarks.compiling.run --threads 1 --processor
	$(BIN)/python -m benchmarks.keras.run
	$(BIN)/python -m benchmarks.memory.run
	$(BIN)/python -m benchmarks.denormals.run
	$(BIN)/python -m benchmarks.input.run
	$(BIN)/python -m benchmarks.copies.run
	$(BIN)/python -m benchmarks.fastai.run
	$(BIN)/python -m benchmarks.time_to_accuracy.run
	$(BIN)/python -m benchmarks.ablation.run
	$(BIN)/python -m benchmarks.airbench.run

docs: $(READY)   ## write the pages of docs/ that come from the code
	$(BIN)/python docs/write_arithmetic.py
	$(BIN)/python docs/write_checks.py
	$(BIN)/python docs/write_benchmarks.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
