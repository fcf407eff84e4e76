# The targets that people and CI use. Everything a target needs beyond Go, git and make
# comes through the Go module proxy.

GO      ?= go
BIN     := bin/segproof
# The race detector needs cgo and a C compiler; CI always has both.
RACE    := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null && echo -race)
FUZZTIME ?= 10s
BENCHTIME ?= 1x
STATICCHECK := $(GO) tool -modfile=tools/go.mod staticcheck

.PHONY: all build demo test check lint fuzz bench update clean

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
	$(GO) test $(RACE) ./...

## check: format, vet, static analysis, the import table and the sizes
check: lint
	$(GO) test -count=1 -run '^(TestImportTable|TestOnlySomeImportTheSystem|TestSizesAndComments)$$' .

## lint: format, vet, static analysis, and our own contracts
lint: build
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) mod tidy -diff
	$(BIN) lint --fail-on warning

## fuzz: each fuzz target for FUZZTIME
fuzz:
	@targets=0; \
	for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			targets=$$((targets + 1)); \
			echo "fuzz $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done; \
	if [ $$targets -eq 0 ]; then echo "no fuzz target found"; exit 1; fi

## bench: speed and memory; lint runs over a generated corpus of 100,000 events
bench:
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

## update: write the golden files and docs/rules.md anew; read the diff before you commit it
update: build
	$(GO) test ./schemas ./finding ./validator ./fixtures ./internal/importer ./cmd/segproof -update
	$(BIN) rules --format markdown > docs/rules.md

clean:
	rm -rf bin
