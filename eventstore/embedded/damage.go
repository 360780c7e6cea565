package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"accountledger/eventstore"
)

// readError turns an error of Pebble's into what a reader gets, nil for nil. For damage it names
// the file; position is where the reader was, 0 when that is not known.
func readError(err error, position uint64) error {
	if err == nil {
		return nil
	}
	if !pebble.IsCorruptionError(err) {
		return fmt.Errorf("embedded: read the log: %w", err)
	}
	c := damaged(position, firstLine(err))
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		c.File = info.Path
	}
	return c
}

// openError does the same for an error from opening Pebble; it searches the newest
// write-ahead files for damage.
func openError(fs vfs.FS, dir string, err error) error {
	named := fileNamed(fs, dir, err)
	if named == "" && !pebble.IsCorruptionError(err) && !errors.Is(err, os.ErrNotExist) { // a file that the list of files names
		return fmt.Errorf("embedded: open the log: %w", err)
	}
	c := damaged(0, firstLine(err))
	if named != "" {
		c.File = named
		return c
	}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		c.File = info.Path
		return c
	}
	if file, offset, err := firstBadManifest(fs, dir); err != nil {
		c.File, c.Offset, c.Reason = file, offset, firstLine(err)
		return c
	}
	c.File, c.Offset = firstUnreadable(fs, dir)
	return c
}

var (
	missingTable = regexp.MustCompile(`file (\d+) \(type sstable\) unknown to the objstorage provider`)
	cutTable     = regexp.MustCompile(`(\d+): object size mismatch`)
	badOptions   = regexp.MustCompile(`invalid (key=value syntax|section)`)
)

// fileNamed is the file that Pebble's error is about, when only its text says so; otherwise "".
func fileNamed(fs vfs.FS, dir string, err error) string {
	text := firstLine(err)
	for _, table := range []*regexp.Regexp{missingTable, cutTable} {
		if m := table.FindStringSubmatch(text); m != nil {
			return fs.PathJoin(dir, m[1]+".sst")
		}
	}
	if badOptions.MatchString(text) {
		names, _ := fs.List(dir)
		slices.Sort(names)
		for _, name := range slices.Backward(names) {
			if strings.HasPrefix(name, "OPTIONS-") {
				return fs.PathJoin(dir, name)
			}
		}
	}
	return ""
}

// firstBadManifest reads the list of the log's files, and returns where it stops being readable.
func firstBadManifest(fs vfs.FS, dir string) (file string, offset int64, err error) {
	desc, err := pebble.Peek(dir, fs)
	if err != nil {
		return dir, -1, err
	}
	if !desc.Exists {
		return dir, -1, errors.New("the marker that names the list of the log's files (MANIFEST) is missing")
	}
	f, err := fs.Open(desc.ManifestFilename)
	if err != nil {
		return desc.ManifestFilename, -1, err
	}
	defer func() { _ = f.Close() }()
	r := record.NewReader(f, 0)
	for {
		offset = r.Offset()
		text, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, text)
		}
		if errors.Is(err, io.EOF) {
			return "", 0, nil
		}
		if err != nil {
			return desc.ManifestFilename, offset, err
		}
	}
}

// firstLine drops the details that Pebble appends to its errors for its own use.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// firstUnreadable searches the write-ahead files for the first record that
// cannot be read. If there is none, it is the end of the newest file, where the
// missing part should be; without such files, the folder.
func firstUnreadable(fs vfs.FS, dir string) (file string, offset int64) {
	logs, err := wal.Scan(wal.Dir{FS: fs, Dirname: dir})
	if err != nil {
		return dir, -1
	}
	file, offset = dir, -1
	for _, log := range logs {
		at, err := readThrough(log)
		file, offset = at.PhysicalFile, at.Physical
		if err != nil {
			break
		}
	}
	return file, offset
}

// readThrough reads a write-ahead file to its end, or to the error, and returns that offset.
func readThrough(log wal.LogicalLog) (wal.Offset, error) {
	r := log.OpenForRead()
	defer func() { _ = r.Close() }()
	for {
		next, at, err := r.NextRecord()
		if err == nil {
			_, err = io.Copy(io.Discard, next)
		}
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
	}
}

// locate adds the folder's name to damage in a record that Pebble itself read without
// complaint: which file held the record is not known.
func locate(err error, dir string) error {
	var c *eventstore.CorruptError
	if errors.As(err, &c) && c.File == "" {
		c.File = dir
	}
	return err
}
