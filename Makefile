.PHONY: test race lint bench build

# All tests; needs Go alone.
test:
	go test ./...

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
