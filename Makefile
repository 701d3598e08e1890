# One command each: `make demo` shows the program at work, `make test` proves it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test lint browser clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -m venv .venv 2>/dev/null || { \
	  echo "venv is not complete on this machine; installing Debian's python3-venv"; rm -rf .venv; \
	  apt-get install -y -qq python3-venv >/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; }; \
	  $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: install
	$(BIN)/cashapp demo demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: install lint browser
	$(BIN)/pytest -n 2

browser:
	@command -v chromium >/dev/null || { \
	  echo "the desk is tested in Debian's chromium, which is not here; installing it"; \
	  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; }; }

clean:
	rm -rf .venv demo
