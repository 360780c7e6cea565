.PHONY: test test-engines race lint bench build

# All tests; needs Go alone.
test:
	go test ./...

# The tests that need real servers: PostgreSQL from Debian's package, started by the tests themselves.
test-engines:
	go test -tags engines ./vault/... ./server/...

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
