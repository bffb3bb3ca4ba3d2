# Everything a person or a machine does with Crosswalk. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
export CROSSWALK_SANDBOX ?= 1

.PHONY: help install install-dev run worker sandbox migrate migrations test browser check \
	format bench soak requirements clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
		awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# --- environment: a stamp each, so that a second run is instant ---------------------
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Crosswalk needs Python 3.11 or newer and found none." \
		"Install it (Debian, Ubuntu: apt-get install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing." \
		"Install it (Debian, Ubuntu: apt-get install python3-venv)."; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt | $(BIN)/python
	@echo "Installing what Crosswalk needs (once, about a minute) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/runtime.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what developing and testing need (once) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.runtime ## make the environment in .venv

install-dev: $(VENV)/.dev ## the same, with the tools for tests and checks

# --- running ------------------------------------------------------------------------
run: install migrate ## install, migrate, and run everything (CROSSWALK_SANDBOX=0: without sandbox)
	@exec $(BIN)/python manage.py crosswalk_serve

worker: install ## run a worker alone (more machines on one PostgreSQL)
	@exec $(BIN)/python manage.py crosswalk_serve --no-web

sandbox: install ## run the stand-ins of HighLevel and Zoho Invoice alone
	@exec $(BIN)/python -m sandbox --port $${CROSSWALK_SANDBOX_PORT:-8010}

migrate: install ## bring the database up to this version
	@$(BIN)/python manage.py migrate --verbosity 0

migrations: install-dev ## write migrations for changed models: make migrations app=sync n=add_colour
	$(BIN)/python manage.py makemigrations $(app) $(if $(n),-n $(n))

# --- quality ------------------------------------------------------------------------
test: install-dev browser ## all tests (CROSSWALK_TEST_DATABASE_URL decides the database; args="-k phone")
	$(BIN)/python -m pytest -n 2 --dist worksteal $(args)

browser: install-dev ## what the browser tests need: a Chromium
	@deploy/install-browser $(BIN)/python

check: install-dev ## format, lint, types, import rules, Django's own checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	deploy/check-production $(BIN)/python

format: install-dev ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## measure how fast it is
	$(BIN)/python -m benchmarks $(args)
	$(BIN)/python -m benchmarks.engine --database "$(CROSSWALK_TEST_DATABASE_URL)"
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.pages --database "$(CROSSWALK_TEST_DATABASE_URL)"
	$(BIN)/python -m benchmarks.quota permits
	$(BIN)/python -m benchmarks.quota virtual
	$(BIN)/python -m benchmarks.suggest
	$(BIN)/python -m benchmarks.editor

soak: install-dev ## the long tests: kills and faults for minutes, 5,000 people at the published pace
	$(BIN)/python -m pytest -m soak tests $(args)
	$(BIN)/python -m pytest -m "hypothesis and not soak" --hypothesis-profile=search tests $(args)
	$(BIN)/python -m benchmarks.quota backfill

requirements: install-dev ## pin again from requirements/*.in (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q \
		requirements/runtime.in -o requirements/runtime.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q \
		-c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt

clean: ## remove the environment and caches (never your data in var/)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
