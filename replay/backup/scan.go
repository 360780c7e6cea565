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

// ErrListShortened: the list ends before its head, or a backup, says that it did. Something was taken from its end, or it is
// an old copy.
var ErrListShortened = errors.New("the list of destructions was shortened")

// maxEntry bounds a line.
const maxEntry = 1 << 20

// scan reads a list from a place on, and gives the mark and the byte offset after the last entry that holds. What
// comes behind proven entries and does not hold was never acknowledged: a crash left it. Where nothing is proven, only
// a last line that is cut off is passed over.
func scan(in io.Reader, key *vault.Key, from Mark, proven *Mark, see func(Destroyed, Mark) error) (at Mark, size int64, err error) {
	r := bufio.NewReaderSize(in, 64<<10)
	for at = from; ; {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return at, size, reachedIf(at, proven)
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrListAltered) {
			return at, size, err
		}
		var d Destroyed
		next := at
		if err == nil {
			d, next, err = read(key, at, text)
		}
		if err != nil { // cut off, too long, or not what was written
			cut := errors.Is(err, io.EOF)
			if proven == nil && cut || proven != nil && at.Entries >= proven.Entries {
				return at, size, nil
			}
			if cut {
				err = fmt.Errorf("%w: in entry %d of %d", ErrListShortened, at.Entries+1, proven.Entries)
			}
			return at, size, err
		}
		if proven != nil && next.Entries == proven.Entries && next != *proven {
			return at, size, fmt.Errorf("%w: entry %d", ErrListAltered, next.Entries)
		}
		at, size = next, size+int64(len(text))+1
		if see != nil {
			if err := see(d, at); err != nil {
				return at, size, err
			}
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

// readLine gives a line without its line feed; io.EOF with what there is when it has none.
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

// Proof is what a list is held against.
type Proof struct {
	// Head is the path of the list's head; "" passes over it.
	Head string
	// Backup is how the list stood when the backup was made; nil passes over it.
	Backup *Mark
}

// ReadList reads a whole list and hands its entries on. Errors: ErrListAltered, ErrListShortened, ErrHeadMissing, and the file system's.
func ReadList(path string, key *vault.Key, p Proof, see func(Destroyed) error) (Mark, error) {
	var proven *Mark
	if p.Head != "" {
		m, err := readHead(p.Head, key)
		if err != nil {
			return Mark{}, err
		}
		proven = &m
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return Mark{}, err
	}
	defer func() { _ = f.Close() }()
	at, _, err := scan(f, key, Mark{}, proven, func(d Destroyed, m Mark) error {
		if p.Backup != nil && m.Entries == p.Backup.Entries && m != *p.Backup {
			return fmt.Errorf("%w: at entry %d it is not the list that the backup knew", ErrListAltered, m.Entries)
		}
		if see == nil {
			return nil
		}
		return see(d)
	})
	if err == nil && p.Backup != nil {
		err = reached(at, *p.Backup)
	}
	return at, err
}
