package pagesum

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

const (
	// Reserved is how many bytes at the end of every page SQLite leaves to this layer: the stamp, which only the first page has, and
	// the page's checksum.
	Reserved = stampBytes + sumBytes
	sumBytes = 8
)

// leastPage is the smallest page of SQLite's, in bytes; whatever is shorter is no page.
const leastPage = 512

// isPage says whether so many bytes are a whole page.
func isPage(size int32) bool { return size >= leastPage && size&(size-1) == 0 }

// sum is the checksum of bytes at an offset. The offset is part of it, so that a page that lies in the place of another
// one shows.
func sum(offset int64, data []byte) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(uint64(offset)) //nolint:gosec // only has to differ
	_, _ = d.Write(data)
	return d.Sum64()
}

// seal puts the checksum into a page.
func seal(offset int64, page []byte) {
	end := len(page) - sumBytes
	binary.LittleEndian.PutUint64(page[end:], sum(offset, page[:end]))
}

// intact says whether a page is as it was written. A page of nothing but zeros is one that never was: SQLite leaves such
// holes where it took a page and gave it back before it was ever stored, and takes their content for nothing.
func intact(offset int64, page []byte) bool {
	end := len(page) - sumBytes
	stored := binary.LittleEndian.Uint64(page[end:])
	if stored == sum(offset, page[:end]) {
		return offset != 0 || page[atReserved] == Reserved // or the stamp would lie on data
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
