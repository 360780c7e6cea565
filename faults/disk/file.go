package disk

import (
	"math/rand/v2"
	"os"
)

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// file is the record of one file: what is durable, and what was done to it since.
type file struct {
	durable []byte
	pending []change
	// named says that the file's entry in its folder is durable, gone that it was deleted but the
	// deletion is not durable.
	named bool
	gone  bool
	// before is the file that had the name before and, until the folder is synced, may have it again.
	before *file
}

// change is one write or, if data is nil, one truncation.
type change struct {
	at   int64
	data []byte
}

// adopt treats the file at a path, if there is one, as durable.
func adopt(path string) (*file, error) {
	data, err := os.ReadFile(path) // a test's own file
	if os.IsNotExist(err) {
		return &file{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &file{durable: data, named: true}, nil
}

// sync makes everything durable, including the name.
func (f *file) sync() {
	for _, c := range f.pending {
		f.durable = c.apply(f.durable)
	}
	f.pending = nil
	f.named, f.before = true, nil
}

func (c change) apply(to []byte) []byte {
	if c.data == nil {
		return resize(to, int(c.at))
	}
	if end := int(c.at) + len(c.data); end > len(to) {
		to = resize(to, end)
	}
	copy(to[c.at:], c.data)
	return to
}

func resize(b []byte, size int) []byte {
	if size <= len(b) {
		return b[:size]
	}
	if size <= cap(b) {
		grown := b[:size]
		clear(grown[len(b):])
		return grown
	}
	grown := make([]byte, size, size+size/2)
	copy(grown, b)
	return grown
}

// lost is the file after a loss of power; false if there is none of that name.
func (f *file) lost(r *rand.Rand, keep float64) ([]byte, bool) {
	maybe := func() bool { return r.Float64() < keep }
	if f.before != nil && !maybe() {
		return f.before.lost(r, keep)
	}
	if f.gone && maybe() || !f.named && !maybe() {
		return nil, false
	}
	data := append([]byte(nil), f.durable...)
	for _, c := range f.pending {
		switch {
		case c.data == nil:
			if maybe() {
				data = c.apply(data)
			}
		case r.IntN(4) == 0: // torn: some of its sectors
			for at := 0; at < len(c.data); {
				next := min(len(c.data), at+sector-int(c.at+int64(at))%sector)
				if maybe() {
					data = change{c.at + int64(at), c.data[at:next]}.apply(data)
				}
				at = next
			}
		case maybe():
			data = c.apply(data)
		}
	}
	return data, true
}
