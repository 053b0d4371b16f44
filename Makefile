# Each target is one line; what takes more is a script in hack/.
LINT = go tool -modfile=tools/go.mod golangci-lint

.PHONY: all build setup demo examples examples-table test lint fmt fuzz bench parity-selftest check clean

all: build ## what `make` alone does

build: ## bin/careen; static, as careen's own binary runs inside the images under test
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/careen

setup: ## install what builds and tests need from Debian
	hack/setup.sh

demo: ## all set-up, then careen optimize on the Go example; writes nothing
	hack/demo.sh examples/go-service

examples: ## the same for all examples, refreshing the evidence under their docs/
	hack/demo.sh --evidence examples/go-service examples/node-api examples/c-tool examples/py-api

examples-table: build ## docs/examples.md: sizes of all examples before and after; no times
	hack/table.sh

test: ## every test; what this machine cannot run is skipped and says why
	go test -timeout 60m ./...

lint: ## vet, the linters of .golangci.yml, and actionlint on workflow files
	$(LINT) run ./...
	go tool -modfile=tools/actionlint/go.mod actionlint $$(git ls-files '.github/workflows/*.yml' 'internal/ci/testdata/init/github/*.yml')

fmt: ## gofmt
	gofmt -w $$(git ls-files '*.go')

fuzz: ## each fuzz target for a minute
	hack/fuzz.sh 1m

bench: ## benchmarks, with the ratios to the tools they are measured against
	go test -run '^$$' -bench . -benchmem ./...

parity-selftest: build ## test the comparison of images with broken ones; the last line is the share that it saw
	hack/parity/run.sh

check: ## exactly what CI runs
	.ci/run

clean: ## remove what was built and stop the stand-in registry
	rm -rf bin && hack/root.sh hack/registry.sh stop
