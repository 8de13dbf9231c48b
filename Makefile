# What a person types. Everything is installed into the clone: .venv and local/node_modules.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
# Two workers suit two cores; more only queue behind Azurite and the fake.
WORKERS ?= 2

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

.PHONY: install
install: .venv/.installed local/node_modules/.installed ## install everything into the clone; again costs nothing

.PHONY: run
run: install ## start the whole stack with a demo organisation, ingest it, keep serving
	@$(PY) -m local run

.PHONY: demo
demo: install ## the same, compare every count with the truth, and exit
	@$(PY) -m local demo

.PHONY: test
test: install ## the test suite, on real parts
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: prove
prove: install ## the full figures of reliability and scale; writes docs/proofs.md
	$(PY) -m tests.prove

.PHONY: check
check: install ## format, lint, types, then the tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(MAKE) test

.PHONY: bench
bench: install ## measurements, compared side by side
	$(PY) -m benchmarks

.PHONY: lock
lock: ## make the hash-locked requirements from the *.in files again (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	uv pip compile --no-deps --generate-hashes --no-emit-index-url --python-version 3.13 local/worker-requirements.in -o local/worker-requirements.txt
	cd local && npm install --package-lock-only --ignore-scripts

.PHONY: clean
clean: ## remove what install, runs and tests made
	rm -rf .venv local/node_modules .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first of these that is Python 3.11 or 3.12 makes the environment.
FIND_PYTHON = for p in python3.11 python3.12 python3; do \
	  if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; \
	  then echo $$p; exit 0; fi; done; \
	  echo 'Python 3.11 or 3.12 (with its venv module) is needed, as python3.11, python3.12 or python3 on the PATH.' >&2; exit 2

# --ignore-requires-python: the worker library asks for Python 3.13, where Azure uses it; it runs unchanged on 3.11 and 3.12.
.venv/.installed: requirements.txt requirements-dev.txt local/worker-requirements.txt
	@python=$$($(FIND_PYTHON)); test -x $(PY) || "$$python" -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --require-hashes -r local/worker-requirements.txt
	@touch $@

local/node_modules/.installed: local/package.json local/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || \
	  { echo 'Node.js 20 or newer with npm is needed on the PATH.' >&2; exit 2; }
	npm ci --prefix local --no-audit --no-fund --loglevel=error
	@touch $@
