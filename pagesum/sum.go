package pagesum

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

const (
	// Reserved is how many bytes at the end of every page SQLite leaves for this layer: the stamp, which only the first page has, and
	// the page's checksum.
	Reserved = stampBytes + sumBytes
	sumBytes = 8
)

// leastPage is the smallest page of SQLite's, in bytes; anything shorter is not a page.
const leastPage = 512

// isPage reports whether a size is that of a page.
func isPage(size int32) bool { return size >= leastPage && size&(size-1) == 0 }

// sum is the checksum of bytes at an offset. It covers the offset, so that a page in the place of another
// one is detected.
func sum(offset int64, data []byte) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(uint64(offset)) //nolint:gosec // only has to differ
	_, _ = d.Write(data)
	return d.Sum64()
}

// seal writes the checksum into a page.
func seal(offset int64, page []byte) {
	end := len(page) - sumBytes
	binary.LittleEndian.PutUint64(page[end:], sum(offset, page[:end]))
}

// intact reports whether a page is as written. A page of all zeros was never written: SQLite leaves such
// holes where it allocated a page and freed it before storing it, and ignores their content.
func intact(offset int64, page []byte) bool {
	end := len(page) - sumBytes
	stored := binary.LittleEndian.Uint64(page[end:])
	if stored == sum(offset, page[:end]) {
		return offset != 0 || page[atReserved] == Reserved // or the stamp would overwrite data
	}
	return stored == 0 && blank(page)
}

func blank(page []byte) bool {
	for _, b := range page {
		if b != 0 {
			return false
		}
	}
	return true
}
