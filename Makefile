.PHONY: test test-engines test-elastic race lint bench build

# All tests; needs Go alone.
test:
	go test ./...

# The tests that need real servers: PostgreSQL from Debian's package, started by the tests themselves.
test-engines:
	go test -tags engines ./vault/... ./server/...

# The views on a real Elasticsearch 8.8.2, fetched by Maven into a cache folder; needs Java 17.
test-elastic:
	go test -tags engines ./projections/elastic/...

# The tests under the race detector.
race:
	go test -race ./...

# The linter, with the architecture's import rules.
lint:
	golangci-lint run

# Figures, each with its control in the same run.
bench:
	go run ./bench

build:
	go build -o bin/accountledger ./cmd/accountledger
