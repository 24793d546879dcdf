# Names for the scripts. What they do is said, and done, in scripts/.

.DEFAULT_GOAL := help
.PHONY: help setup run components check test test-platforms soak mutants bench bench-peers

# Passed on by `run` (to `lovely-session serve`) and by `bench` (to the benches).
ARGS ?=

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing to build and to test; the Rust toolchain stays as it is.
	@scripts/setup.sh

run: ## Serve examples/cart on http://127.0.0.1:8080; ARGS="--store memcached://127.0.0.1:11211" keeps sessions.
	@scripts/run.sh $(ARGS)

components: ## Write the components for other hosts into target/components.
	@scripts/components.sh

check: ## Run the quick checks: formatting, clippy, unit tests and the tests of the core.
	@scripts/check.sh

test: ## Run every check and every test.
	@scripts/test.sh

test-platforms: ## Run the component on other hosts: wasmtime's server, wash, Python, Node.js.
	@scripts/setup.sh test
	@scripts/platforms.sh
	@scripts/languages.sh
	@cargo test --workspace --locked --test platforms

soak: ## Run the random tests for longer; ARGS=60 gives each 60 seconds instead of 900.
	@scripts/soak.sh $(ARGS)

mutants: ## Try every small change of the core on its tests; ARGS="--file guest/core/src/join.rs" tries fewer.
	@scripts/mutants.sh $(ARGS)

bench: ## Measure what sessions cost; ARGS=--quick takes two minutes, ARGS=--help tells more.
	@scripts/bench.sh $(ARGS)

bench-peers: ## Install other session libraries into target/, and measure them next to ours.
	@scripts/bench-peers.sh $(ARGS)
