package consumers

import (
	"fmt"
	"hash/fnv"
)

// PartitionOf is the partition of a key, 0 to partitions-1: the 64-bit FNV-1a hash of the key, modulo their number. It never
// changes: who works on a key must not depend on the program's version.
func PartitionOf(key string, partitions int) int {
	if partitions <= 1 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum64() % uint64(partitions)) //nolint:gosec // less than partitions
}

// PartitionName is the name of a partition's consumer: that of the whole if there is only one.
func PartitionName(whole string, part, parts int) string {
	if parts == 1 {
		return whole
	}
	return fmt.Sprintf("%s/%d", whole, part)
}
