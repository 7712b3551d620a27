# Two commands matter: `make demo` and `make test`. Both want root, Go and gcc on
# a Debian machine, install what else they need, and clean up after themselves.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# One set of build flags for tests and binaries: what one step compiles, the next
# finds in the build cache. (OPA and Kubernetes' libraries take minutes, cold.)
export CGO_ENABLED := 0
export GOFLAGS     := $(GOFLAGS) -trimpath

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 5s
BENCHTIME   ?= 2s

# The packages with tests; those on real clusters run by themselves in `make e2e`.
TESTED = $(shell $(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
E2E    = $(foreach package,$(TESTED),$(if $(findstring /e2e/,$(package)),$(package)))
UNIT   = $(filter-out $(E2E),$(TESTED))
SOAK   = ./e2e/soak ./e2e/scale

.PHONY: help
help: ## What there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## The main job on a real 3-node cluster, told step by step
	@echo "== demo"
	$(GO) run ./e2e/cmd/demo

.PHONY: test
test: help lint vuln unit race quickstart reproduce fuzz bench-once demo e2e ## Everything that CI runs

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, clang-format; that eBPF objects and CRD are what they are made from
	@echo "== lint"
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [[ -n "$$unformatted" ]]; then echo "gofmt -w these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags soak $(SOAK)
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff
	hack/bpf.sh
	hack/crd.sh

.PHONY: unit
unit: ## Unit, property, golden and policy tests
	@echo "== unit"
	@$(GO) test $(UNIT)

.PHONY: race
race: ## The packages that share memory, under the race detector; -short: fewer cases a property
	@echo "== race"
	CGO_ENABLED=1 $(GO) test -race -short ./certs/... ./policies/related/... ./policies/reload/... ./webhook/mirror/... ./webhook/deadline/... ./webhook/audit/... ./webhook/rollout/... ./webhook/registration/... ./webhook/tracing/... ./webhook/bundles/... ./webhook/nodelocalpolicies/... ./webhook/decisionlog/... ./agent ./agent/gate/... ./agent/watch/... ./agent/events/... ./agent/heartbeat/...

.PHONY: quickstart
quickstart: ## The commands of the documentation that want no cluster
	@echo "== quickstart"
	@hack/quickstart.sh

.PHONY: vuln
vuln: ## Known vulnerabilities, as far as their database can be asked
	@echo "== vuln"
	@hack/vuln.sh

.PHONY: reproduce
reproduce: ## Build one program twice, each time from nothing, and compare (hack/reproduce.sh does all three)
	@echo "== reproduce"
	@hack/reproduce.sh inshore-agent

.PHONY: dist
dist: ## The three programs, a bill of materials of each, and their digests
	@hack/dist.sh dist

.PHONY: fuzz
fuzz: ## Each fuzz target for FUZZTIME (default 5s)
	@echo "== fuzz, $(FUZZTIME) each"
	@FUZZTIME=$(FUZZTIME) hack/fuzz.sh

.PHONY: e2e
e2e: ## Real clusters: API server, kubelets, kube-proxy, cert-manager, memcached
	@echo "== e2e"
	@# One package at a time and -v: what takes minutes shows its progress.
	@$(GO) test -count=1 -p 1 -v -timeout 60m $(E2E)

.PHONY: bench
bench: ## Handlers and engine, routing beside kube-proxy's, review beside conftest, admission on the wire
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem ./webhook/... ./policies/... ./api/... ./cmd/... ./agent/...
	$(GO) run ./e2e/cmd/bench $(BENCHFLAGS)
	$(GO) run ./e2e/cmd/benchreview $(filter --quick,$(BENCHFLAGS))
	$(GO) run ./e2e/cmd/benchadmission $(filter --quick,$(BENCHFLAGS))

.PHONY: bench-once
bench-once:
	@echo "== bench, once each: that they run, not how fast"
	$(MAKE) --no-print-directory bench BENCHTIME=1x BENCHFLAGS=--quick

.PHONY: soak
soak: ## A million requests over repeated rollouts, a policy for 6,000 objects, and what else takes long
	$(GO) test -tags soak -count=1 -v -timeout 120m ./e2e/soak
	$(GO) test -tags soak -count=1 -v -timeout 60m -run TestSoak ./e2e/scale

.PHONY: generate
generate: ## Rebuild what is generated: schemas, docs/policies.md
	$(GO) generate ./...

.PHONY: images
images: ## Build the webhook and agent images with the Docker engine
	docker build --target webhook --build-arg VERSION=v0.1.0 -t ghcr.io/inshore-dev/inshore-webhook:v0.1.0 .
	docker build --target agent --build-arg VERSION=v0.1.0 -t ghcr.io/inshore-dev/inshore-agent:v0.1.0 .
