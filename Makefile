# Everything a fresh machine needs is made by 'install', which the others depend on.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/installed

# A shim may exist for a Python that is not there, so each candidate is run before it is chosen.
PYTHON := $(shell for python in python3.14 python3.13 python3.12 python3; do \
  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then \
  echo $$python; break; fi; done)

.PHONY: help install demo test test-slow bench docs schema clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Make .venv with the package and all that tests need

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.12 or newer is needed: install python3.12 (or newer) and run make again."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is needed: install the package python3-venv and run make again."; exit 1; }
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

demo: install ## Check, describe, explain, fit and question the shipped example
	@mkdir -p demo
	@echo '--- clustermodels check'   && $(BIN)/clustermodels check specs/ai_clusters/spec.yaml
	@echo '--- clustermodels landscape' && $(BIN)/clustermodels landscape specs/ai_clusters/spec.yaml --picture demo/landscape.png | tee demo/landscape.txt
	@echo '--- clustermodels explain' && $(BIN)/clustermodels explain specs/ai_clusters/spec.yaml | tee demo/explain.txt
	@echo '--- clustermodels fit'     && $(BIN)/clustermodels fit specs/ai_clusters/spec.yaml --out demo/run.nc
	@echo '--- clustermodels diagnose' && $(BIN)/clustermodels diagnose demo/run.nc
	@echo '--- clustermodels predict' && $(BIN)/clustermodels predict demo/run.nc --scenario one_more | tee demo/one_more.txt
	@$(BIN)/clustermodels summary demo/run.nc --all --format csv > demo/summary.csv
	@$(BIN)/clustermodels predict demo/run.nc --format csv > demo/scenarios.csv
	@echo 'The data of this example are simulated. The answers are in:'
	@echo '  demo/run.nc         the fit: draws, document, panel (opens in xarray and ArviZ)'
	@echo '  demo/landscape.txt  which regions are clusters, and where they stand in the network'
	@echo '  demo/landscape.png  the same, drawn'
	@echo '  demo/explain.txt    the model and its priors in words'
	@echo '  demo/summary.csv    the posterior'
	@echo '  demo/one_more.txt   what one more policy everywhere would have done'
	@echo '  demo/scenarios.csv  every scenario, by cluster and year'

test: install ## Run linters, types, doctests and tests
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile

test-slow: install ## Recover known truths (minutes to hours)
	@$(BIN)/python -m pytest tests/recovery tests/reference/slow_patents.py -o norecursedirs='.*'

bench: install ## Time fits, counting, positions and scenarios beside peers
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@$(BIN)/python tests/benchmarks/run.py
	@$(BIN)/python tests/benchmarks/records.py
	@$(BIN)/python tests/benchmarks/network.py
	@$(BIN)/python tests/benchmarks/scenarios.py
	@$(BIN)/python tests/benchmarks/engines.py

docs: install ## Run the commands in the documentation again and write their output
	@$(BIN)/python docs/refresh.py && $(BIN)/python docs/picture.py

schema: install ## Write specs/schema.json again
	@$(BIN)/clustermodels schema > specs/schema.json

clean: ## Remove what was made
	@rm -rf .venv demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
