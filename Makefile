# `make demo` and `make test` set up whatever is missing by themselves.
VIA ?= sip
WORKERS ?= 4
TESTS ?= tests
BIN := .venv/bin
# Where it is set, every process of the tests would rewrite every module of the tests anew: 5 s each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-all faults mutants check format bench install-test package screenshots lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing: Debian packages, .venv, Asterisk, prompts' audio
	@tools/setup

demo: setup ## Place one real call and tell its story (VIA=agi without an Asterisk; STAY=1 keeps it open)
	@$(BIN)/hotline demo --via $(VIA) $(if $(STAY),--stay)

serve: setup ## Run the whole embedded stack until Ctrl-C
	@$(BIN)/hotline serve

test: setup ## Run the everyday tests (TESTS=tests/unit for a part, WORKERS=1 for one after another)
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not bench and not nightly" $(TESTS)

test-all: setup ## Run those of the night and of the bench too, and the replay of a million calls
	@tools/install-test --prepare
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "bench or not bench" $(TESTS)

faults: setup ## Break one part after another, those of the night too: kills, hangs, failovers
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not bench" tests/faults

mutants: setup ## Change the core in thousands of small ways: do its tests notice? Hours (ROOMS="ivr desk")
	@$(BIN)/python tools/mutants.py $(ROOMS)

check: setup ## Run the linters and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/hotline flow lint
	@tools/shell-check tools/setup tools/assets/fetch tools/image tools/install-test tools/package tools/shell-check \
		.ci/run packaging/hotline packaging/lay packaging/renew packaging/debian/p*

format: setup ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure what a call costs, as ratios
	@$(BIN)/hotline bench

install-test: setup ## Follow docs/operations.md on a bare Debian: install, upgrade, power cut, restore (root)
	@tools/install-test

package: setup ## Build the Debian package of this checkout, into dist/
	@tools/package

screenshots: setup ## Take the README's pictures of the console anew, of made-up calls
	@$(BIN)/python -m tests.fixtures.screenshots docs/images

lock: ## Renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --extra dev --extra bench --extra plots --upgrade pyproject.toml -o requirements.lock

clean: ## Remove .venv and everything the stack has stored under var/
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
