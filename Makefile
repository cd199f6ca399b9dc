# The two commands a newcomer needs are `make demo` and `make test`; both make the environment first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo browser test test-full format lint types bench peers fuzz clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

# The demo's shop is broken on purpose, so exit code 1 (findings) is the expected end; anything else is a failure.
demo: $(STAMP)
	@$(BIN)/kverify check examples/shop; \
	code=$$?; test $$code -eq 1 || { echo "kverify exited with $$code instead of 1" >&2; exit 1; }

APT := -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30
# The tests of the page need a browser, and are skipped without one. Only root on a system with apt-get gets one here.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name >/dev/null 2>&1 && exit 0; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		{ apt-get $(APT) update -qq && DEBIAN_FRONTEND=noninteractive apt-get $(APT) install -qq -y --no-install-recommends \
			chromium fonts-dejavu-core; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "make browser: no Chromium can be installed here; the tests of the page that need one will be skipped"

test: $(STAMP)
	$(BIN)/pytest -q -n auto -m 'not slow'

test-full: $(STAMP)
	KVERIFY_HYPOTHESIS_PROFILE=deep $(BIN)/pytest -q -n auto

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# Other checkers on the manifest of docs/comparison.md, in an environment of their own: they pin what they need.
PEERS := .venv-peers
peers: $(STAMP)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --group peers
	PATH="$(CURDIR)/$(PEERS)/bin:$$PATH" $(BIN)/python -m benchmarks.peers

# Ends at the first input that raises, hangs or fills the memory. See tests/fuzz/campaign.py.
FUZZ_SECONDS ?= 600
fuzz: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --group fuzz
	$(BIN)/python -m tests.fuzz.campaign -max_total_time=$(FUZZ_SECONDS) .fuzz

clean:
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz .fuzz.dict
