package disk

import "slices"

// Survivors names the unsynced changes to a file that survive a loss of power.
type Survivors string

const (
	// None: every file is as of its last sync, under the names as of the last sync of its folder.
	None Survivors = "none"
	// Newest is only the last change to each file, without the earlier ones. Created files are
	// there, and deleted files are not.
	Newest Survivors = "newest"
	// Alternating is every other change to each file, without the first. Names are as with Newest.
	Alternating Survivors = "alternating"
)

func (s Survivors) include(n, of int) bool {
	switch s {
	case Newest:
		return n == of-1
	case Alternating:
		return n%2 == 1
	default:
		return false
	}
}

// left is the file after a loss of power that these changes survived; false if there is none of that name.
func (f *file) left(s Survivors) ([]byte, bool) {
	switch {
	case s == None && f.before != nil:
		return f.before.left(s)
	case s == None && !f.named, s != None && f.gone:
		return nil, false
	}
	data := slices.Clone(f.durable)
	for n, c := range f.pending {
		if s.include(n, len(f.pending)) {
			data = c.apply(data)
		}
	}
	return data, true
}
