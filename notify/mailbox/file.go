package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"accountledger/domain"
	"accountledger/internal/durable"
)

const (
	digits  = 20 // of any uint64
	suffix  = ".json"
	partial = ".partial-"
)

func fileName(n uint64, id domain.DeliveryID) string {
	return fmt.Sprintf("%0*d-%s%s", digits, n, id, suffix)
}

// number is a message's number in the order, or 0 for a file that is not a message.
func number(name string) uint64 {
	if len(name) <= digits || name[digits] != '-' || !strings.HasSuffix(name, suffix) {
		return 0
	}
	n, err := strconv.ParseUint(name[:digits], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// write creates a file atomically and durably.
func write(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, partial+"*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = durable.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// removePartial deletes files that a crash left half-written.
func removePartial(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, partial+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func fault(doing string, err error) error { return fmt.Errorf("mailbox: %s: %w", doing, err) }

// why is the system's error without the path.
func why(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err.Error()
	}
	return "the folder cannot be used"
}
