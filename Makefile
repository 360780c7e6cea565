.PHONY: document test test-engines crash damage race lint bench bench-short bench-engines build

# All tests; needs Go alone. It takes about 4 minutes on two quiet cores, longer as root where deploy/ boots systemd.
test:
	go test -timeout 20m ./...

# The tests that need real servers, which they start themselves: PostgreSQL and nginx from Debian's packages, and Elasticsearch 8.8.2,
# fetched by Maven into a cache folder; it needs Java 17.
test-engines:
	go test -tags engines -timeout 30m ./leases/... ./vault/... ./projections/elastic/... ./replay/...
	go test -tags engines ./commands -run '^TestManyIdentifiersOnce$$' # with 100,000 of them
	go test -tags engines -timeout 30m ./server -run "^($$(grep -l '^//go:build engines' server/*_test.go | xargs grep -hoE '^func Test[A-Za-z0-9_]+' | sed 's/^func //' | paste -sd '|'))$$"

# Kills the real program under load, ROUNDS times.
ROUNDS ?= 50
crash:
	ACCOUNTLEDGER_TEST_CRASH_ROUNDS=$(ROUNDS) go test ./server -run TestCrash -count=1 -timeout 0 -v

# Starts the real program on about 940 damaged ledgers and judges what it makes of them;
# `go run ./faults/damage -help` lists the flags.
damage:
	mkdir -p bin
	go run ./faults/damage -json bin/damage.json

# The tests under the race detector, but for those that start the real program, of which it would see nothing. SQLite's own code, C
# translated to Go, is left as it is: watched it takes ten times as long, and the races in it are not ours. What hands data to it is watched.
race:
	go test -race -short -timeout 30m -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc/...=-race=false' ./...

# Holds /openapi.json of the real program against the tools that clients are made with; it fetches them from npm, PyPI and as Go modules.
document:
	go run ./api/document

# The linter, with the architecture's import rules.
lint:
	golangci-lint run

# Figures, each with its control in the same run; needs 30 GB of disk and an hour and a half. Names of rows are listed by `go run ./bench -list`.
bench:
	go run ./bench -json bin/bench.json

# A quick version, in a few minutes.
bench-short:
	go run ./bench -short -json bin/bench-short.json

# Figures of the engines that are servers: Elasticsearch beside SQLite, the EventStoreDB adapter beside the bare client.
bench-engines:
	mkdir -p bin
	go run -tags engines ./bench/engines -json bin/bench-engines.json

# The program, stamped with the commit it is built from where this is a clone.
build:
	go build -buildvcs=auto -o bin/accountledger ./cmd/accountledger
