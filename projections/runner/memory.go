package runner

import (
	"hash/maphash"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"accountledger/projections/view"
)

// rememberedDocuments bounds the documents of one view that are kept while it is filled, as their bytes do.
const rememberedDocuments = 16 << 10

// memory keeps the documents used last, so that the cells of a day are not read again for each batch. A
// nil one keeps nothing. It is not safe for concurrent use.
type memory struct {
	docs       *simplelru.LRU[string, *view.Document]
	size, most int64 // in bytes
}

func newMemory(bytes int64) *memory {
	m := &memory{most: bytes}
	var err error
	m.docs, err = simplelru.NewLRU(rememberedDocuments, func(_ string, d *view.Document) { m.size -= sizeOf(d) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	return m
}

func (m *memory) get(id string) (*view.Document, bool) {
	if m == nil {
		return nil, false
	}
	return m.docs.Get(id)
}

func (m *memory) put(id string, d *view.Document) {
	if was, ok := m.docs.Peek(id); ok {
		m.size -= sizeOf(was)
	}
	m.docs.Add(id, d)
	for m.size += sizeOf(d); m.size > m.most; {
		m.docs.RemoveOldest()
	}
}

const (
	// knownBits is how many bits a Bloom filter has for each event to come: at 4 hashes about 2 in 100 ids are
	// asked for in vain.
	knownBits = 8
	// knownLeast is the least of a filter, in bits: 64 KiB.
	knownLeast = 512 << 10
	knownHash  = 4
)

// known is a Bloom filter of the ids that were stored since a generation was empty: where it says no, there is
// nothing to load. A nil one says that everything may be there.
type known struct {
	bits []uint64
	mask uint64
	seed maphash.Seed
}

// newKnown gives a filter for so many events, of at most so many bits or the least.
func newKnown(events int64, most uint64) *known {
	size := uint64(knownLeast)
	for size*2 <= most && size < uint64(max(events, 0))*knownBits {
		size *= 2
	}
	return &known{bits: make([]uint64, size/64), mask: size - 1, seed: maphash.MakeSeed()}
}

func (k *known) add(id string) {
	if k == nil {
		return
	}
	h := maphash.String(k.seed, id)
	for range knownHash {
		at := h & k.mask
		k.bits[at/64] |= 1 << (at % 64)
		h = next(h)
	}
}

func (k *known) maybe(id string) bool {
	if k == nil {
		return true
	}
	h := maphash.String(k.seed, id)
	for range knownHash {
		at := h & k.mask
		if k.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
		h = next(h)
	}
	return true
}

// next mixes a hash into another one (the finish of SplitMix64).
func next(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
