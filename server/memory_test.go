package server_test

import (
	"os"
	"runtime/debug"
	"testing"

	"accountledger/internal/machine"
	"accountledger/server"
)

// Go's memory stays below what this process may have, unless the environment says otherwise.
func TestLimitMemory(t *testing.T) {
	const other = 1 << 40
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(other))
	t.Setenv("GOMEMLIMIT", "1TiB")
	server.LimitMemory()
	if is := debug.SetMemoryLimit(-1); is != other {
		t.Errorf("the environment's limit is %d now", is)
	}
	t.Setenv("GOMEMLIMIT", "")
	server.LimitMemory()
	if is, all := debug.SetMemoryLimit(-1), machine.Memory(os.DirFS("/")); is < all/8*3 || is >= all {
		t.Errorf("%d of %d bytes", is, all)
	}
}
