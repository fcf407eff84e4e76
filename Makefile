# The targets that people and CI use. Everything a target needs beyond Go, git and make
# comes through the Go module proxy; e2e alone needs Debian's packages and npm's too.

GO      ?= go
BIN     := bin/segproof
# The race detector needs cgo and a C compiler; CI always has both. It does not watch the
# built-in engine, whose instances share nothing: it would take twenty times as long.
RACE    := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null && \
	echo -race -gcflags=modernc.org/quickjs=-race=false -gcflags=modernc.org/libquickjs=-race=false)
FUZZTIME ?= 10s
# Targets that run JavaScript are a hundred times slower.
FUZZTIME_JS ?= $(FUZZTIME)
BENCHTIME ?= 1x
STATICCHECK := $(GO) tool -modfile=tools/go.mod staticcheck

.PHONY: all build demo test e2e check lint fuzz bench chaos update bundle bundle-check clean

all: build test check

## build: one static binary, bin/segproof
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/segproof

## demo: the main job on real input: Candu's events through analytics-go into the fake Segment, and a wrong payload explained
demo: build
	$(BIN) test --sender analytics-go --verbose fixtures/cases/candu/view.yaml fixtures/cases/candu/interaction.yaml
	@echo
	@echo "and a wrong payload:"
	@$(BIN) lint docs/demo/wrong.json; code=$$?; if [ $$code -ne 1 ]; then echo "lint ended with $$code, want 1"; exit 1; fi

## test: every test
test:
	@if [ -z "$(RACE)" ]; then echo "make test: no C compiler or no cgo, so the race detector stays off"; fi
	$(GO) test $(RACE) -timeout 30m ./...

## e2e: Segment's own SDKs against the fake, in Go, Node.js and Chromium, and witnesses of changes against ajv; what is missing comes from Debian and npm
e2e:
	e2e/setup.sh
	cd e2e && $(GO) test -count=1
	e2e/ajv/run.sh

## check: format, vet, static analysis, the import table and the sizes
check: lint
	$(GO) test -count=1 -run '^(TestImportTable|TestOnlySomeImportTheSystem|TestSizesAndComments)$$' .

## lint: format, vet, static analysis, and our own contracts
lint: build
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags chaos ./internal/chaos
	$(STATICCHECK) ./...
	$(STATICCHECK) -tags chaos ./internal/chaos
	$(GO) mod tidy -diff
	cd e2e && $(GO) vet . && $$($(GO) tool -C .. -modfile=tools/go.mod -n staticcheck) . && $(GO) mod tidy -diff
	$(BIN) lint --fail-on warning

## fuzz: each fuzz target for FUZZTIME
fuzz:
	@targets=0; \
	for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			targets=$$((targets + 1)); \
			echo "fuzz $$pkg $$target"; \
			time=$(FUZZTIME); \
			case $$pkg in */functions|*/internal/exporter) time=$(FUZZTIME_JS);; esac; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $$time -fuzzminimizetime 1x $$pkg || exit 1; \
		done; \
	done; \
	if [ $$targets -eq 0 ]; then echo "no fuzz target found"; exit 1; fi

## bench: speed and memory; lint runs over a generated corpus of 100,000 events, ingest against a server that is a process of its own
bench:
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

## chaos: faults that a real server has to bear: kills, full and failing disks, bombs, thousands of connections; Linux, root, 5 minutes
chaos:
	@command -v strace >/dev/null || { apt-get update -q && apt-get install -qy strace; }
	$(GO) test -tags chaos -count=1 -v -timeout 20m ./internal/chaos

## update: write the golden files and docs/rules.md anew; read the diff before you commit it
update: build
	$(GO) test ./schemas ./finding ./validator ./fixtures ./functions ./compat ./internal/importer ./cmd/segproof -update
	$(BIN) rules --format markdown > docs/rules.md

## bundle: the libraries of functions, bundled anew from their locked versions; needs npm
bundle:
	cd functions/bundle && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

## bundle-check: the committed bundle is what the step makes; needs npm
bundle-check:
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	cp functions/bundle/package.json functions/bundle/package-lock.json functions/bundle/build.mjs functions/bundle/.npmrc "$$out"; \
	cd "$$out" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null && node build.mjs && cd - >/dev/null && \
	diff -r "$$out/dist" functions/bundle/dist && echo "functions/bundle/dist is what build.mjs makes"

clean:
	rm -rf bin
