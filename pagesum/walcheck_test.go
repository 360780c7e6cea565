package pagesum_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"accountledger/pagesum"
)

// TestCheckLog flips one bit in every frame that a crash left in the write-ahead file, and in the file's header: each is
// found where it is, except in the last transaction, and a file truncated anywhere is accepted.
func TestCheckLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	db := open(t, path)
	db.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)")
	for n := range 20 {
		exec(t, db, fmt.Sprintf("INSERT INTO things VALUES (%d, randomblob(%d))", n, n*997%9000))
	}
	whole, err := os.ReadFile(path + "-wal")
	ok(t, err)
	const header, frame = 32, 24 + pageSize
	frames := (len(whole) - header) / frame
	last := frames - 1 // the first of the last transaction
	for last > 0 && binary.BigEndian.Uint32(whole[header+(last-1)*frame+4:]) == 0 {
		last--
	}
	if frames < 30 || last < 25 {
		t.Fatalf("%d frames", frames)
	}
	image := filepath.Join(t.TempDir(), "file.db")
	check := func(log []byte) error {
		ok(t, os.WriteFile(image+"-wal", log, 0o600))
		return pagesum.CheckLog(image)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for n := range frames {
		at := header + n*frame
		for _, place := range []int{at, at + 4, at + 8, at + 16, at + random.IntN(frame), at + frame - 1} {
			hurt := append([]byte(nil), whole...)
			hurt[place] ^= 1 << random.IntN(8)
			err := check(hurt)
			var damage *pagesum.DamageError
			switch {
			case n < last-1 && (!errors.As(err, &damage) || damage.File != image+"-wal" || damage.Offset != int64(at)):
				t.Errorf("a bit flipped in frame %d of %d, at byte %d: %v", n, frames, place-at, err)
			case n >= last && err != nil:
				t.Errorf("the last transaction: %v", err)
			}
		}
	}
	for place := range header {
		hurt := append([]byte(nil), whole...)
		hurt[place] ^= 1 << random.IntN(8)
		var damage *pagesum.DamageError
		if err := check(hurt); !errors.As(err, &damage) || damage.Offset != 0 {
			t.Errorf("a bit flipped at %d of the header: %v", place, err)
		}
	}
	for range 100 {
		ok(t, check(whole[:random.IntN(len(whole)+1)]))
	}
	ok(t, os.Remove(image+"-wal"))
	ok(t, pagesum.CheckLog(image))
}

// TestCheckLogFindsACutMainFile: pages cut off a main file are missing unless the write-ahead file has them.
func TestCheckLogFindsACutMainFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	fill(t, path)
	db := open(t, path)
	exec(t, db, "UPDATE things SET name = 'later' WHERE n = 7")
	whole, err := os.ReadFile(path)
	ok(t, err)
	ok(t, pagesum.CheckLog(path))
	for _, size := range []int{0, pageSize, len(whole) / pageSize / 2 * pageSize, len(whole) - pageSize, len(whole) - 1} {
		copied := filepath.Join(t.TempDir(), "file.db")
		ok(t, os.WriteFile(copied, whole[:size], 0o600))
		wal, err := os.ReadFile(path + "-wal")
		ok(t, err)
		ok(t, os.WriteFile(copied+"-wal", wal, 0o600))
		var damage *pagesum.DamageError
		if err := pagesum.CheckLog(copied); !errors.As(err, &damage) || damage.File != copied || damage.Offset != int64(size/pageSize*pageSize) {
			t.Errorf("cut to %d of %d bytes: %v", size, len(whole), err)
		}
	}
}
