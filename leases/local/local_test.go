package local_test

import (
	"testing"

	"accountledger/leases"
	"accountledger/leases/leasetest"
	"accountledger/leases/local"
)

func TestSuite(t *testing.T) {
	leasetest.Run(t, func(*testing.T) func() leases.Server {
		s := local.New()
		return func() leases.Server { return s }
	})
}
