# Yujing: each command does its own set-up, says first how long it takes, and can be run again at any time.
#
#   make demo                      everything on this machine, without Kafka; ARGS="--for 60s --lang en"
#   make test                      all tests, against a real Apache Kafka
#   make test-quick                those that need no Kafka, browser or Prometheus, in a minute once built; ARGS=NAME for some
#   make bench                     micro-benches, and a load on a real Apache Kafka; ARGS=--quick for a first look
#   make check                     formatting, lints, licences
#
# One optimised profile serves all, because the dependencies are most of the first build: hence --release everywhere.

SHELL := /bin/sh
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/yujing
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
# All benches but the load bench, which comes last because it prints the table.
MICRO_BENCHES := $(basename $(notdir $(wildcard benches/*.rs)))
# What Kafka's own start script has a broker run with, and a heap. With the Java machine's defaults instead a broker stands still
# for up to a quarter of a second at a time to collect garbage, and whatever waits for it waits with it.
BROKER_OPTIONS := -Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent
# Where .ci/setup puts Prometheus and oha if the system has none.
export PATH := $(PATH):$(CACHE)/bin:$(CACHE)/tools/bin
# Milliseconds. A property that fails is simplified for so long at most: a history takes seconds to be tried.
export PROPTEST_MAX_SHRINK_TIME := 60000

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick bench check setup

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

demo:
	@sh .ci/announce "$(TARGET)" demo
	@.ci/setup build
	cargo run --release --bin yujing -- demo $(ARGS)

test:
	@sh .ci/announce "$(TARGET)" test
	@.ci/setup test
	@test -n "$$YUJING_TEST_KAFKA" || sh tests/kafka/fetch.sh
	cargo test --release $(ARGS)

# The marks of tests/README.md.
test-quick:
	@sh .ci/announce "$(TARGET)" test-quick
	@.ci/setup build
	cargo test --release --lib --test it $(ARGS) -- \
		--skip with_kafka:: --skip with_browser:: --skip with_prometheus:: --skip slow::

bench:
	@sh .ci/announce "$(TARGET)" bench
	@.ci/setup bench
	@test -n "$$YUJING_TEST_KAFKA" || sh tests/kafka/fetch.sh
	cargo bench $(MICRO_BENCHES:%=--bench %) -- $(ARGS)
	YUJING_TEST_KAFKA_OPTIONS="$${YUJING_TEST_KAFKA_OPTIONS:-$(BROKER_OPTIONS)}" cargo bench --bench load -- --micro $(ARGS)

check:
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	.ci/deny

setup:
	.ci/setup test
