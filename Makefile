# Two commands matter: `make demo` and `make test`. Both work on a machine with Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help install demo test check faults lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(BIN)/.installed ## Make .venv with what Opsbook needs to run
demo: install ## Start everything on http://127.0.0.1:8000 with demo data; Ctrl-C stops it all
	@$(BIN)/opsbook up --demo

test: $(BIN)/.installed-test ## Linters, types, architecture and every test
	@scripts/test

faults: $(BIN)/.installed-test ## The long fault tests, which `make test` samples
	@$(BIN)/pytest --numprocesses logical tests/faults -m faults --long

lock: ## Resolve the lock files again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -c requirements.lock -o requirements-test.lock

clean: ## Remove .venv and caches; data is kept
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -m venv .venv

$(BIN)/.installed: $(BIN)/python requirements.lock pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.installed-test: $(BIN)/.installed requirements-test.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-test.lock
	@touch $@
