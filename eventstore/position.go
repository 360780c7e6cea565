package eventstore

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in one log, ordered within it. Only the store knows how far apart two of them
// are (Store.Distance). The zero Position is before
// every event. Events never contain positions, which do not survive a move.
type Position struct {
	commit, prepare uint64
}

// NewPosition creates a position, for engines only. Engines with a single number pass it as both.
func NewPosition(commit, prepare uint64) Position { return Position{commit, prepare} }

// Commit and Prepare are the engine's parts of the position.
func (p Position) Commit() uint64  { return p.commit }
func (p Position) Prepare() uint64 { return p.prepare }

// IsZero reports whether p is before every event.
func (p Position) IsZero() bool { return p == Position{} }

// Compare orders positions of the same log.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.commit, q.commit); c != 0 {
		return c
	}
	return cmp.Compare(p.prepare, q.prepare)
}

// Int64 preserves the order: it is the version of documents projected up to p.
func (p Position) Int64() int64 { return int64(p.commit) } //nolint:gosec // engines stay below 2^63

// String is the number, or commit/prepare if they differ.
func (p Position) String() string {
	s := strconv.FormatUint(p.commit, 10)
	if p.prepare != p.commit {
		s += "/" + strconv.FormatUint(p.prepare, 10)
	}
	return s
}

// MarshalText is String.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses what String returns.
func (p *Position) UnmarshalText(text []byte) error {
	commit, prepare, two := strings.Cut(string(text), "/")
	c, err := strconv.ParseUint(commit, 10, 63)
	if err != nil {
		return fmt.Errorf("eventstore: not a position")
	}
	q := Position{c, c}
	if two {
		if q.prepare, err = strconv.ParseUint(prepare, 10, 63); err != nil {
			return fmt.Errorf("eventstore: not a position")
		}
	}
	*p = q
	return nil
}
