package runner

import (
	"hash/maphash"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/projections/view"
)

// rememberedDocuments bounds the documents of one view that are kept while it is filled: at about 2 KB at most for an
// account with its sealed parts, 32 MB.
const rememberedDocuments = 16 << 10

// memory keeps the documents used last, so that the cells of a day are not read again for each batch. A
// nil one keeps nothing.
type memory struct {
	docs *lru.Cache[string, *view.Document]
}

func newMemory() *memory {
	c, err := lru.New[string, *view.Document](rememberedDocuments)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &memory{c}
}

func (m *memory) get(id string) (*view.Document, bool) {
	if m == nil {
		return nil, false
	}
	return m.docs.Get(id)
}

func (m *memory) put(id string, d *view.Document) { m.docs.Add(id, d) }

const (
	// knownBits is how many bits a Bloom filter has for each event to come: at 4 hashes about 2 in 100 ids are
	// asked for in vain.
	knownBits = 8
	// knownLeast and knownMost bound a filter, in bits: 64 KiB and 32 MiB.
	knownLeast = 512 << 10
	knownMost  = 256 << 20
	knownHash  = 4
)

// known is a Bloom filter of the ids that were stored since a generation was empty: where it says no, there is
// nothing to load. A nil one says that everything may be there.
type known struct {
	bits []uint64
	mask uint64
	seed maphash.Seed
}

func newKnown(events int64) *known {
	size := uint64(knownLeast)
	for size < knownMost && size < uint64(max(events, 0))*knownBits {
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
