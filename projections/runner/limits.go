package runner

import "accountledger/projections/view"

// limits are what folding one view may take while it is filled.
type limits struct {
	// remembered bounds the documents that are kept over many writes, and gathered those that are folded before they are
	// written, in bytes.
	remembered, gathered int64
	// known bounds the filter of known ids, in bits.
	known uint64
	// page is how many events are read at once.
	page int
}

const (
	// rememberedMost is about 16,000 accounts with their sealed parts, gatheredMost half as many; knownMost is 32 MiB.
	rememberedMost, gatheredMost, knownMost = 32 << 20, 16 << 20, 256 << 20
	// pageMost and pageLeast bound how many events are read at once.
	pageMost, pageLeast = 2048, 64
	// pageShare is how much of the folding's memory makes a page one event longer, in bytes: several pages are on their way, and
	// an event takes one to two kilobytes.
	pageShare = 16 << 10
)

// fastest are the limits beyond which nothing goes faster.
func fastest() limits {
	return limits{remembered: rememberedMost, gathered: gatheredMost, known: knownMost, page: pageMost}
}

// within gives the limits for so much memory, in bytes.
func within(memory int64) limits {
	l := fastest()
	l.remembered = min(l.remembered, memory/2)
	l.gathered = min(l.gathered, memory/4)
	l.known = min(l.known, max(uint64(memory/4)*8, knownLeast)) //nolint:gosec // not negative
	l.page = min(l.page, max(int(memory/pageShare), pageLeast))
	return l
}

// sizeOf is about what a document takes in memory, in bytes, with its place in a map; 0 for none.
func sizeOf(d *view.Document) int64 {
	if d == nil {
		return 0
	}
	return d.Size() + 64
}
