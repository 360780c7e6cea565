package runner

import (
	"fmt"
	"hash/fnv"
)

// PartitionOf says which partition of a view a document belongs to, 0 to partitions-1: the 64-bit FNV-1a hash of its id,
// modulo their number. It stays as it is for ever: who folds a document must not change with the program's version.
func PartitionOf(id string, partitions int) int {
	if partitions <= 1 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum64() % uint64(partitions)) //nolint:gosec // less than partitions
}

// unitName is what a partition's consumer is called: as the view where it is the only one.
func unitName(view string, part, parts int) string {
	if parts == 1 {
		return view
	}
	return fmt.Sprintf("%s/%d", view, part)
}

// unitLease is the lease under which a partition is folded. Programs that declare the view otherwise, or share its work
// by another number, have other leases: they work on other generations.
func unitLease(view string, version, part, parts int) string {
	return fmt.Sprintf("%s%d/%d", unitLeases(view, version), parts, part)
}

// unitLeases begins the names of those leases of one version.
func unitLeases(view string, version int) string { return fmt.Sprintf("view/%s.v%d/", view, version) }

// FillLease is the lease under which a view's next generation is filled and made the live one, by one process at a time.
func FillLease(view string) string { return "fill/" + view }
