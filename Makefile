# `make` prints the targets. Settings are given as `make bench SUITE=slides`.

ACCELERATOR ?=
FRAMEWORKS ?=
PYTHON ?= python3
# PyTorch's own index of CPU builds, asked only where pip knows no other
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

SUITE ?=
ARGS ?=
DATA ?=
DATA_SOURCE ?=
RERUN ?=
MODEL ?=
PORT ?= 5000

BASE ?=
CELLS ?=
BUDGET ?=
FLOOR ?=
ACCEPT ?=
RUN ?=
MODEL ?=

VENV := .venv/bin/python
BEGAN := $(shell date +%s)
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Names of folders reach the shell as variables: they may have blanks, quotes
export DATA
BENCH := $(if $(SUITE),suite=$(SUITE)) --data "$$DATA" \
    $(if $(DATA_SOURCE),data.source=$(DATA_SOURCE)) \
    $(if $(filter-out 0 no false,$(RERUN)),rerun=true)

# After ## stand the usual time on two quiet cores, "-" where it depends, and text
help: ## - | Print the targets
	@echo "target            usually  (two quiet cores; -: depends)"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {split($$2, part, " [|] "); \
	    printf "make %-12s %-8s %s\n", $$1, part[1], part[2]}' \
	    $(firstword $(MAKEFILE_LIST))

setup: ## 2-4 min | Make the environments (ACCELERATOR= FRAMEWORKS=)
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "$(PYTHON) is not there: install Python 3.11, 3.12 or 3.13," \
	    "or name one: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" tools/setup.py --accelerator "$(ACCELERATOR)" \
	    --frameworks "$(FRAMEWORKS)" --torch-index "$(TORCH_INDEX)" \
	    --python "$(if $(filter file,$(origin PYTHON)),,$(PYTHON))"

data: setup ## minutes | Find or fetch the data sets and prepare them (DATA=)
	@$(VENV) -m benchmarks.commands.bench $(BENCH) prepare_only=true $(ARGS)

bench: setup ## 25 min | Train, measure, report (SUITE=slides ARGS=--dry-run)
	@TRIPTYCH_BEGAN=$(BEGAN) $(VENV) -m benchmarks.commands.bench $(BENCH) $(ARGS)

bench-steps: setup ## - | Time single steps with pytest-benchmark
	@$(VENV) -m pytest benchmarks/studies/test_steps.py $(ARGS)

report: setup ## seconds | Draw the report anew from what is recorded
	@$(VENV) -m benchmarks.commands.report $(ARGS)

read: setup ## seconds | Show a model's three files side by side (MODEL=cnn)
	@$(VENV) -m benchmarks.commands.read $(MODEL) $(ARGS)

ui: setup ## seconds | Open MLflow's pages on this machine (PORT=5000)
	@$(VENV) -m benchmarks.commands.tracking ui --port "$(PORT)" $(ARGS)

sync: setup ## seconds | Send records to MLflow that it has not got yet
	@$(VENV) -m benchmarks.commands.tracking sync $(ARGS)

parity: setup ## minutes | Prove that the three frameworks compute the same
	@$(VENV) -m benchmarks.commands.parity $(ARGS); code=$$?; \
	    if [ -f reports/latest/index.html ]; then \
	    $(VENV) -m benchmarks.commands.report >/dev/null && \
	    echo "Shown in reports/latest/index.html"; fi; exit $$code

gate: setup ## 45 min | Compare with a revision (BASE= CELLS= BUDGET= FLOOR=)
	@TRIPTYCH_TORCH_INDEX="$(TORCH_INDEX)" $(VENV) -m benchmarks.commands.gate --base "$(BASE)" --cells "$(CELLS)" \
	    --budget "$(BUDGET)" --floor "$(FLOOR)" --accept "$(ACCEPT)" \
	    --data "$$DATA" $(ARGS)

gate-power: setup ## 1 hour | Measure the gate's false-alarm rate and power
	@$(VENV) -m benchmarks.commands.gate_power $(ARGS)

profile: setup ## 1 min | Time a step by operation (ARGS="--workload cnn")
	@$(VENV) -m benchmarks.commands.profile --data "$$DATA" $(ARGS)

trend: setup ## seconds | Draw what was recorded over time, with change points
	@$(VENV) -m benchmarks.commands.trend $(ARGS)

reproduce: setup ## minutes | Run a record again and compare (RUN=id)
	@$(VENV) -m benchmarks.commands.reproduce $(if $(RUN),"$(RUN)") \
	    $(if $(DATA),--data "$$DATA") $(ARGS)

verify: setup ## - | Reproduce everything that is published (DATA=folder)
	@$(VENV) -m benchmarks.commands.reproduce --published \
	    $(if $(DATA),--data "$$DATA") $(ARGS)

# Two at a time, of one thread each: torch's threads wait by spinning. Tests of
# one file stay together, and share what they set up
TESTS := OMP_NUM_THREADS=1 $(VENV) -m pytest -q -n 2 --dist loadfile \
    --durations=10 --durations-min=5

test: setup ## 21 min | Run the tests (ARGS="-k conf", ARGS="-n 0")
	@$(TESTS) -m "not slow" $(ARGS)

test-slow: setup ## 1 hour | Run the tests that take minutes, too
	@$(TESTS) $(ARGS)

mutants: setup ## - | Test the tests: flip conventions, one at a time
	@$(VENV) -m tests.mutants $(ARGS)

check: setup ## 1 min | Check style and types
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@.venv/bin/lint-imports --no-cache >runs/logs/imports.log 2>&1 || { cat runs/logs/imports.log; exit 1; }

clean: ## seconds | Delete environments, caches, data; records stay
	rm -rf .venv .venv-torch .venv-tensorflow .venv-jax runs/data \
	    runs/plans runs/gate/environments runs/gate/trees .benchmarks \
	    .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

.PHONY: help setup data bench bench-steps report read ui sync parity gate \
    gate-power profile trend reproduce verify test test-slow mutants check clean
