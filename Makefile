# `make` lists the targets. PYTHON picks the interpreter, VENV the environment.

PYTHON ?= python3
VENV ?= .venv
TASK ?= walk to table and grasp cup
# On Linux, PyPI's torch brings CUDA with it (several GB). For the CPU build give pip
# the index that pytorch.org names for it: make venv PIP_ARGS="--extra-index-url URL"
PIP_ARGS ?=

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	$(PIP_ARGS) --constraint constraints.txt --editable
RUN_TIME := $(VENV)/.run-time-installed
EVERYTHING := $(VENV)/.everything-installed

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-ros check format bench evaluate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

venv: $(EVERYTHING) ## install everything, training and tests included, into .venv

demo: $(RUN_TIME) ## install what a run needs and carry out TASK
	$(BIN)/praxis run "$(TASK)"

test: $(EVERYTHING) ## run the tests
	$(BIN)/python -m pytest --ignore=tests/benchmarks

test-ros: ## run the ROS 2 tests, where ROS 2 and praxis_msgs are sourced (docs/ros2.md)
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest tests/ros tests/contract \
		tests/sim2real/robot_log

check: $(EVERYTHING) ## ruff, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(EVERYTHING) ## sort imports and lay out the code
	$(BIN)/ruff check --fix-only --select I .
	$(BIN)/ruff format .

bench: $(EVERYTHING) ## measure how fast things run here; JSON=FILE keeps it
	$(BIN)/python -m pytest tests/benchmarks --capture=no $(if $(JSON),--bench-json=$(JSON))

evaluate: $(EVERYTHING) ## measure the committed policies again and rewrite their reports
	$(BIN)/python -m skills.training.evaluate

clean: ## remove the environment and the caches; runs and videos stay
	rm -rf $(VENV) build praxis.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment grows from what a run needs to everything, and is used again
# until the dependencies change.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 10) <= v < (3, 13) or \
	sys.exit("Praxis needs Python 3.10, 3.11 or 3.12; $(PYTHON) is %d.%d. Name another: make PYTHON=python3.11 ..." % v)'
	$(PYTHON) -m venv $(VENV)

$(RUN_TIME): pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) .
	@touch $@

$(EVERYTHING): pyproject.toml constraints.txt | $(RUN_TIME)
	$(INSTALL) ".[train,identify,log,video,dev]"
	@touch $@
