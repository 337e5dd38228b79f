# Oralu. `make help` lists what can be done; each line below explains itself after `##`.
SHELL := /bin/bash
PORT ?= 8000
DATA ?= ./data
SIZE ?= 150
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: bench-api bench-races bench-sweep bench-day bench-import bench-kill bench-state help setup run demo test test-cells test-spark check format browser messages docs lock clean bench-pages

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what Oralu needs into .venv and node_modules; quick when nothing changed
	@bash scripts/setup.sh

run: setup ## Start Oralu: PORT=8000 DATA=./data
	@exec $(BIN)/oralu run --port $(PORT) --data "$(DATA)"

demo: setup ## Fill the data folder anew with generated cases: SIZE=150 DATA=./data
	@exec $(BIN)/oralu demo --size $(SIZE) --data "$(DATA)" --replace

check: setup ## Style, types and the contracts between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: browser check ## Everything that must hold; installs Chromium where it may
	@$(BIN)/pytest -n 2 -m "not slow and not browser"
	@$(BIN)/pytest -n 2 -m "browser and not slow"
	@$(BIN)/pytest -n 2 -m slow tests/lattice
	@$(MAKE) --no-print-directory test-spark
	@mkdir -p build && $(MAKE) --no-print-directory bench-small > build/bench-small.md && echo "the peers give the same answers: build/bench-small.md"

test-cells: setup ## The tables against the interpreter on every cell, and 20,000 cases in a file: a part of make test
	@$(BIN)/pytest -n 2 -m slow tests/lattice

test-spark: setup ## The tables on Spark: the same answers; installs Java where it may
	@bash scripts/java.sh
	@bash scripts/environment.sh spark tests/lattice/spark.lock
	@build/spark/bin/pytest -q -W ignore -k spark tests/lattice/test_expression.py

test-slow: browser ## The long proofs: 30,000 cases, every cell again, every state of the demo, every statement of the worker
	@$(BIN)/pytest -n 2 -m slow

bench: setup ## Run the peers beside ours, in turns, and write docs/performance.md
	@bash scripts/environment.sh bench bench/requirements.lock
	@PYTHONPATH=tests build/bench/bin/python -m bench.run

bench-small: setup ## The same on few rows, to see that nothing is broken
	@bash scripts/environment.sh bench bench/requirements.lock
	@PYTHONPATH=tests build/bench/bin/python -m bench.run --small

format: setup ## Put the code into its one shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

browser: ## Make sure of a browser for the journeys
	@bash scripts/browser.sh

bench-sweep: setup ## Measure that the sweep costs what is due: SIZES=100000,1000000,10000000
	@$(BIN)/python bench/sweep/due.py

bench-pages: setup ## Ask the pages of a day over HTTP with 50 people at work: SIZES=10000,1000000 SECONDS=120
	@$(BIN)/python bench/pages/at_size.py

bench-day: setup ## Measure the passing of a day against evaluating everybody: CASES=1000000 SAMPLE=10000
	@$(BIN)/python bench/sweep/daypass.py

bench-import: setup ## Measure the import of a register: SIZE=200000
	@SIZE=$${SIZE:-200000} $(BIN)/python bench/sweep/importing.py

bench-kill: setup ## Kill workers and stop the database at size: CLOCKS=40000 KILLS=200 STOPS=20
	@$(BIN)/python bench/sweep/killing_bench.py

bench-state: setup ## Compare needs and clocks with their plain imitation: SEQUENCES=10000 SHARES=20 SEED=1000
	@SEED=$${SEED:-1000} SEQUENCES=$${SEQUENCES:-10000} SHARES=$${SHARES:-20} \
		$(BIN)/pytest -n 2 -v tests/spine/test_state_machine.py

bench-api: setup ## Ask the interface by its own description, as every system: CALLS=100000 SEED=2026
	@$(BIN)/python bench/interface.py

bench-races: setup ## Let people do the same at the same moment, in every act: RACES=1000 SHARES=10
	@RACES=$${RACES:-1000} SHARES=$${SHARES:-10} $(BIN)/pytest -n 2 -v -rP --show-capture=stdout tests/races

messages: setup ## Collect the texts of the screens into the catalogues
	@$(BIN)/python scripts/messages.py

docs: setup ## Make docs/policy from the policy files, docs/api from the interface
	@$(BIN)/python scripts/policy_docs.py
	@$(BIN)/python scripts/api_docs.py

lock: setup ## Choose versions anew: requirements.lock and package-lock.json
	@bash scripts/lock.sh

clean: ## Remove what set-up and tests made; the data folder stays
	@rm -rf .venv node_modules build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
