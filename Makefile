# Names for the scripts. What they do is said, and done, in scripts/.

.DEFAULT_GOAL := help
.PHONY: help setup run components check test test-platforms soak mutants bench bench-peers release

# Passed on by `run` (to `lovely-session serve`) and by `bench` (to the benches).
ARGS ?=

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing to build and to test, with rustup and apt-get.
	@scripts/setup.sh

run: ## Serve examples/cart on http://127.0.0.1:8080; ARGS="--store memcached://127.0.0.1:11211" keeps sessions.
	@scripts/run.sh $(ARGS)

components: ## Write the components for other hosts into target/components.
	@scripts/components.sh

check: ## Check formatting and clippy, and run the unit tests and the tests of the core; a minute, without installing.
	@scripts/check.sh

test: ## Run every check and every test; says what it is about to install, and installs it.
	@scripts/test.sh

test-platforms: ## Run the component on other hosts: wasmtime's server, wash, Python, Node.js.
	@scripts/setup.sh test --check
	@scripts/platforms.sh
	@scripts/languages.sh
	@cargo test --workspace --locked --test platforms

soak: ## Run the random tests for longer; ARGS=60 gives each 60 seconds instead of 900.
	@scripts/soak.sh $(ARGS)

mutants: ## Try every small change of the core on its tests; ARGS="--file guest/core/src/join/load.rs" tries fewer.
	@scripts/mutants.sh $(ARGS)

bench: ## Measure what sessions cost; ARGS=--quick takes three minutes, ARGS=--help tells more.
	@scripts/bench.sh $(ARGS)

bench-peers: ## Install other session libraries into target/, and measure them next to ours.
	@scripts/bench-peers.sh $(ARGS)

release: ## Write the files of a release into target/release-files; nothing is published.
	@scripts/release.sh
