# The two commands that matter: `make run` and `make test`.
SWIFT ?= swift
# A product may only import what it declares; otherwise an undeclared import fails clean builds and passes dirty ones.
CHECKS = --explicit-target-dependency-import-check error

.PHONY: run test build bench setup clean

## run: installs what is missing, builds, loads real sample prices and starts everything in one process
run:
	@scripts/setup.sh run
	@$(MAKE) --no-print-directory build-release
	@echo "Nautilus starts. Look at http://127.0.0.1:8001/docs; the README has calls to try. Ctrl-C stops it."
	@exec .build/release/nautilus up --sample

## test: installs what the tests need, builds, runs the whole suite; the last line tells passed and failed
test:
	@scripts/setup.sh test
	@scripts/test.sh

## build: release binaries in .build/release/
build:
	@scripts/setup.sh build
	@$(MAKE) --no-print-directory build-release

.PHONY: build-release
build-release:
	@for product in nautilus gateway analytics-engine risk-engine factor-engine ml-engine features-engine \
	  websocket-engine strategy-engine marketdata-engine portfolio-engine; do \
	  $(SWIFT) build -c release --static-swift-stdlib $(CHECKS) --product $$product || exit 1; done

## bench: all benchmarks; a table on the terminal, JSON lines in bench/results/, compared with the newest earlier ones
bench:
	@scripts/setup.sh bench
	@$(MAKE) --no-print-directory build-release
	@mkdir -p bench/results
	@earlier=$$(ls bench/results/*.jsonl 2>/dev/null | tail -n 1); output=bench/results/$$(date -u +%Y%m%dT%H%M%SZ).jsonl; \
	  .build/release/nautilus bench --output $$output $${earlier:+--baseline "$$earlier"}; status=$$?; \
	  scripts/bench-http.sh --output $$output && scripts/bench-others.sh --output $$output && exit $$status

.PHONY: secrets images test-deploy

## secrets: makes .env with random secrets, once, mode 600
secrets:
	@scripts/secrets.sh

## images: the ten images, and one with the command line
images:
	@scripts/images.sh

## test-deploy: images, the whole compose file, and its bad days; skipped where no Docker daemon runs
test-deploy:
	@scripts/setup.sh test
	@scripts/test-deploy.sh

clean:
	@rm -rf .build bench/results
