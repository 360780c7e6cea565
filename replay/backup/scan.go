package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"accountledger/vault"
)

// ErrListShortened: the list ends earlier than its head, or a backup, says. Its end was removed, or it is
// an old copy.
var ErrListShortened = errors.New("the list of destructions was shortened")

// maxEntry bounds a line.
const maxEntry = 1 << 20

// place is how far a list was read.
type place struct {
	at   Mark
	size int64 // of all entries up to it, in bytes
	last int64 // of the last one
}

// scan reads a list from a place on, and returns the place after the last valid entry. Invalid data
// after the proven entries was never acknowledged: a crash left it, so no valid entry
// follows it. If nothing is proven, only a truncated last line is ignored.
func scan(in io.Reader, key *vault.Key, from place, proven *Mark, see func(Destroyed, Mark) error) (place, error) {
	r := bufio.NewReaderSize(in, 64<<10)
	for p := from; ; {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return p, reachedIf(p.at, proven)
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrListAltered) {
			return p, err
		}
		var d Destroyed
		next := p.at
		if err == nil {
			d, next, err = read(key, p.at, text)
		}
		if err != nil { // truncated, too long, or not what was written
			cut := errors.Is(err, io.EOF)
			if proven == nil && cut {
				return p, nil
			}
			if proven != nil && p.at.Entries >= proven.Entries {
				return p, nothingSigned(r, key, p.at)
			}
			if cut {
				err = fmt.Errorf("%w: in entry %d of %d", ErrListShortened, p.at.Entries+1, proven.Entries)
			}
			return p, err
		}
		if proven != nil && next.Entries == proven.Entries && next != *proven {
			return p, fmt.Errorf("%w: entry %d", ErrListAltered, next.Entries)
		}
		length := int64(len(text)) + 1
		p = place{next, p.size + length, length}
		if see != nil {
			if err := see(d, next); err != nil {
				return p, err
			}
		}
	}
}

// nothingSigned refuses a valid entry after an invalid one: the head may be an old copy.
func nothingSigned(r *bufio.Reader, key *vault.Key, after Mark) error {
	for {
		text, err := readLine(r)
		if _, ok := signed(key, text); ok {
			return fmt.Errorf("%w: entry %d", ErrListAltered, after.Entries+1)
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil && !errors.Is(err, ErrListAltered) {
			return err
		}
	}
}

func reachedIf(at Mark, proven *Mark) error {
	if proven == nil {
		return nil
	}
	return reached(at, *proven)
}

func reached(at, proven Mark) error {
	if at.Entries < proven.Entries {
		return fmt.Errorf("%w: it has %d entries of %d", ErrListShortened, at.Entries, proven.Entries)
	}
	return nil
}

// readLine returns a line without its line feed; io.EOF with the rest if it has none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case len(text) > maxEntry:
			return nil, ErrListAltered
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return text, err
		default:
			return bytes.TrimSuffix(text, []byte("\n")), nil
		}
	}
}

// Proof is what a list is checked against.
type Proof struct {
	// Head is the path of the list's head; "" skips it.
	Head string
	// Backup is the end of the list when the backup was made; nil skips it.
	Backup *Mark
}

// ReadList reads a whole list and passes its entries to see. Errors: ErrListAltered, ErrListShortened, ErrHeadMissing,
// ErrHeadEmpty, and the file system's.
func ReadList(path string, key *vault.Key, p Proof, see func(Destroyed) error) (Mark, error) {
	var proven *Mark
	if p.Head != "" {
		m, err := readHead(system{}, p.Head, key)
		if err != nil {
			return Mark{}, err
		}
		proven = &m
	}
	f, err := os.Open(path)
	if err != nil {
		return Mark{}, err
	}
	defer func() { _ = f.Close() }()
	end, err := scan(f, key, place{}, proven, func(d Destroyed, m Mark) error {
		if p.Backup != nil && m.Entries == p.Backup.Entries && m != *p.Backup {
			return fmt.Errorf("%w: at entry %d it is not the list of the backup", ErrListAltered, m.Entries)
		}
		if see == nil {
			return nil
		}
		return see(d)
	})
	if err == nil && p.Backup != nil {
		err = reached(end.at, *p.Backup)
	}
	return end.at, err
}
