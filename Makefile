# From a fresh clone: `make run` shows bounced at work, `make test` proves it. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# What pytest is to run, for instance: make test ARGS=tests/unit
ARGS ?=
# Where a release is built.
DIST ?= dist
# Debian hides the servers' programs from ordinary users.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: help run demo dist test bench chaos lint format accuracy reference pins servers installed

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: $(VENV)/.runs ## Set up, play sample bounces through the daemon on 127.0.0.1:2525, go on until Ctrl-C
	@$(BIN)/bounced demo --serve

demo: $(VENV)/.runs ## The same, and end by itself
	@$(BIN)/bounced demo

test: $(VENV)/.tests servers ## Set up and run all tests, with a real RabbitMQ, Postfix and PostgreSQL
	$(BIN)/pytest $(ARGS)

bench: $(VENV)/.tests servers ## Measure, beside baselines: make bench ARGS='--quick' shows that it runs, ARGS='--write' writes docs/performance.md
	$(BIN)/python -m benchmarks $(ARGS)

dist: $(VENV)/.dist ## Build what a release is: wheel, sources, requirements with hashes, a bill of materials, sums (DIST=dist)
	@rm -rf $(DIST) $(VENV)/clean && mkdir -p $(DIST)
	@$(VENV)/tools/bin/python -m build --outdir $(DIST) . > /dev/null
	@$(VENV)/tools/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
		--extra dkim --extra postgresql --extra webhook --constraint constraints.txt --output-file $(DIST)/requirements.txt pyproject.toml
	@sed -i "/^-/d; /^$$/d" $(DIST)/requirements.txt  # names and hashes alone: where they come from is for whoever installs to say
	@echo 'Installing it by its hashes, to see that it can be, and what it is made of …'
	@$(PYTHON) -m venv $(VENV)/clean
	@$(VENV)/clean/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement $(DIST)/requirements.txt
	@$(VENV)/clean/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --no-index --find-links $(DIST) bounced-daemon
	@$(VENV)/clean/bin/python -m pip --quiet --disable-pip-version-check uninstall --yes pip setuptools
	@$(VENV)/tools/bin/cyclonedx-py environment --output-reproducible --output-format JSON --output-file $(DIST)/sbom.cdx.json $(VENV)/clean/bin/python
	@cd $(DIST) && sha256sum -- *.whl *.tar.gz requirements.txt sbom.cdx.json > SHA256SUMS
	@ls $(DIST)

chaos: $(VENV)/.tests servers ## Kill, cut, freeze and fill everything under load, and count what is lost: make chaos ARGS='--part 1/4'
	$(BIN)/python -m tests.chaos $(ARGS)

lint: $(VENV)/.tests ## Check style, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests ## Lay out the code as the style wants it
	$(BIN)/ruff format .

accuracy: $(VENV)/.runs ## Measure how often bounced is right: write docs/accuracy.md, name each miss
	@$(BIN)/python benchmarks/accuracy.py

reference: $(VENV)/.tests ## Write from the code: docs/reference.md (metrics, log events, event fields) and the man page
	@$(BIN)/python -m tests.reference

pins: $(VENV)/.tests ## Take the newest that pyproject.toml allows, and pin it in constraints.txt
	$(PIP) install --upgrade --upgrade-strategy eager pip setuptools --editable . --group dev
	@{ grep '^#' constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable | LC_ALL=C sort -f; } > $(VENV)/pins
	mv $(VENV)/pins constraints.txt

# The two stages of setting up: a stamp each, made anew when what it was made from changes.
$(VENV)/.runs: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'bounced needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.11' >&2; exit 2; }
	@echo 'Setting up $(VENV) …'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --constraint constraints.txt pip setuptools
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	@echo 'Adding what the tests need …'
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

# What builds a release; apart, because it needs much that nothing else does.
$(VENV)/.dist: pyproject.toml $(VENV)/.runs
	@$(PYTHON) -m venv $(VENV)/tools
	@$(PIP) --python $(VENV)/tools/bin/python install --group dist
	@touch $@

# The servers that the tests run. BOUNCED_TEST_AMQP_URL names a broker to use in place of one of our own.
servers: installed $(VENV)/exim/usr/sbin/exim4 $(VENV)/npm/.fetched

installed:
	@missing=(); \
	needs() { command -v "$$1" > /dev/null || missing+=("$$2"); }; \
	[ -n "$${BOUNCED_TEST_AMQP_URL:-}" ] || needs rabbitmq-server rabbitmq-server; \
	needs postfix postfix; needs ip iproute2; needs openssl openssl; needs hostname hostname; needs strace strace; needs systemd-analyze systemd; \
	needs php php-cli; needs node nodejs; needs lua5.4 lua5.4; needs go golang-go; needs haproxy haproxy; needs promtool prometheus; \
	needs chromium chromium; needs chromedriver chromium-driver; needs npm npm; needs groff groff-base; \
	[ -e /usr/share/php/PhpAmqpLib/autoload.php ] || missing+=(php-amqplib); \
	[ -e /usr/share/gocode/src/github.com/rabbitmq/amqp091-go ] || missing+=(golang-github-rabbitmq-amqp091-go-dev); \
	compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || missing+=(postgresql); \
	[ $${#missing[@]} -gt 0 ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=(); elif sudo -n true 2> /dev/null; then as_root=(sudo -n); else as_root=(false); fi; \
	echo "Installing $${missing[*]} …"; \
	command -v apt-get > /dev/null && "$${as_root[@]}" true \
		&& "$${as_root[@]}" apt-get -qq update \
		&& "$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$${missing[@]}" > /dev/null \
		|| { echo "The tests need $${missing[*]}, and they can't be installed by this user or just now. As root: apt-get install $${missing[*]}" >&2; exit 2; }

# Debian has one mail server installed at a time; Exim is unpacked beside Postfix, with the libraries that it needs.
$(VENV)/exim/usr/sbin/exim4: | installed
	@echo 'Unpacking Exim …'
	@mkdir -p $(VENV)/exim/packages && cd $(VENV)/exim/packages \
		&& apt-get -qq download exim4-daemon-light 2> /dev/null \
		&& apt-get -qq download $$(dpkg-deb -f exim4-daemon-light*.deb Depends | tr ',' '\n' | sed -nE 's/^ *(lib[^ ]+).*/\1/p') 2> /dev/null \
		|| { echo 'The tests need the Debian package exim4-daemon-light, and it can not be fetched just now (apt-get download)' >&2; exit 2; }
	@cd $(VENV)/exim && for package in packages/*.deb; do dpkg-deb -x $$package .; done

# What a browser is asked about a page's accessibility, and the schema of AsyncAPI documents.
$(VENV)/npm/.fetched: | installed
	@echo 'Fetching axe-core, the schema of AsyncAPI and amqplib …'
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/npm axe-core@4 @asyncapi/specs@6 amqplib@0.10
	@touch $@
