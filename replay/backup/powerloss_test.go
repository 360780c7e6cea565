package backup_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountledger/replay/backup"
)

// op is one operation on the file system.
type op struct {
	kind     string // write, truncate, sync, name (a new file), rename, remove, folder
	path, to string
	id       int // of the file, whatever its name
	at       int64
	data     []byte
}

// recorder passes everything except syncs on to real files, and records the operations in order.
type recorder struct {
	backup.Files
	ops []op
	ids map[string]int // of files, by their current name
	new int
}

type recorded struct {
	backup.OpenFile
	r  *recorder
	id int
}

func record() *recorder { return &recorder{Files: backup.System(), ids: map[string]int{}} }

func (r *recorder) Open(path string, flags int) (backup.OpenFile, error) {
	_, err := r.Stat(path)
	there := err == nil
	f, err := r.Files.Open(path, flags)
	if err != nil {
		return nil, err
	}
	if !there {
		r.new++
		r.ids[path] = r.new
		r.ops = append(r.ops, op{kind: "name", path: path, id: r.new})
	} else if flags&os.O_TRUNC != 0 {
		r.ops = append(r.ops, op{kind: "truncate", id: r.ids[path]})
	}
	return &recorded{f, r, r.ids[path]}, nil
}

func (r *recorder) Rename(from, to string) error {
	r.ops = append(r.ops, op{kind: "rename", path: from, to: to, id: r.ids[from]})
	r.ids[to] = r.ids[from]
	delete(r.ids, from)
	return r.Files.Rename(from, to)
}

func (r *recorder) Remove(path string) error {
	r.ops = append(r.ops, op{kind: "remove", path: path})
	delete(r.ids, path)
	return r.Files.Remove(path)
}

func (r *recorder) SyncFolder(dir string) error {
	r.ops = append(r.ops, op{kind: "folder", path: dir})
	return nil
}

func (f *recorded) WriteAt(p []byte, at int64) (int, error) {
	f.r.ops = append(f.r.ops, op{kind: "write", id: f.id, at: at, data: slices.Clone(p)})
	return f.OpenFile.WriteAt(p, at)
}

func (f *recorded) Truncate(size int64) error {
	f.r.ops = append(f.r.ops, op{kind: "truncate", id: f.id, at: size})
	return f.OpenFile.Truncate(size)
}

func (f *recorded) Sync() error {
	f.r.ops = append(f.r.ops, op{kind: "sync", id: f.id})
	return nil
}

// left is what a loss of power after some operations leaves: each non-durable operation survives if keep says so, and a
// write may survive in part. Names in a folder are durable once it is synced, and appear in the order in which they were given.
func left(ops []op, keep func() bool, torn func(n int) int) map[string][]byte {
	lost := map[int]bool{}
	for i, o := range ops {
		durable := slices.ContainsFunc(ops[i+1:], func(later op) bool {
			switch o.kind {
			case "write", "truncate":
				return later.kind == "sync" && later.id == o.id
			case "name", "rename", "remove":
				return later.kind == "folder" && later.path == filepath.Dir(o.path)
			}
			return true
		})
		if !durable {
			lost[i] = !keep()
		}
	}
	names, data, behind := map[string]int{}, map[int][]byte{}, map[string]bool{}
	for i, o := range ops {
		dir := filepath.Dir(o.path)
		switch {
		case o.kind == "write" && lost[i]:
			o.data = o.data[:torn(len(o.data))]
		case lost[i] || behind[dir]:
			behind[dir] = behind[dir] || o.path != "" && lost[i]
			continue
		}
		switch o.kind {
		case "write":
			b := data[o.id]
			if end := int(o.at) + len(o.data); end > len(b) {
				b = append(b, make([]byte, end-len(b))...)
			}
			copy(b[o.at:], o.data)
			data[o.id] = b
		case "truncate":
			data[o.id] = append(data[o.id], make([]byte, max(0, int(o.at)-len(data[o.id])))...)[:o.at]
		case "name":
			names[o.path] = o.id
		case "rename":
			names[o.to] = names[o.path]
			delete(names, o.path)
		case "remove":
			delete(names, o.path)
		}
	}
	out := map[string][]byte{}
	for name, id := range names {
		out[name] = data[id]
	}
	return out
}

// TestNoCrashLeavesAListThatIsRefused kills the program, and cuts the power, after each operation on the file system while a
// list is created and written. It opens again, with everything acknowledged and what the vault had recorded before.
func TestNoCrashLeavesAListThatIsRefused(t *testing.T) {
	for name, destroyed := range map[string][]string{"an empty vault": nil, "a vault with tombstones": {"account/a", "month/2026-05"}} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			if destroyed != nil {
				fatal(t, p.vault.DestroyKeys(t.Context(), destroyed...))
			}
			disk := record()
			l, err := backup.OpenListOn(t.Context(), disk, p.list, p.head, p.vault, p.key)
			fatal(t, err)
			made := len(disk.ops)
			acknowledged := map[int]string{} // by the operations before
			for i := range 3 {
				key := fmt.Sprintf("account/%d", i)
				fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{key}}))
				acknowledged[len(disk.ops)] = key
			}
			fatal(t, l.Close())
			images := 0
			for after := range len(disk.ops) + 1 {
				want := slices.Clone(destroyed)
				for _, n := range slices.Sorted(func(yield func(int) bool) {
					for n := range acknowledged {
						if n <= after && !yield(n) {
							return
						}
					}
				}) {
					want = append(want, acknowledged[n])
				}
				for seed := range uint64(12) {
					r := rand.New(rand.NewPCG(seed, uint64(after)))
					keep := func() bool { return r.IntN(2) == 0 }
					torn := func(n int) int { return r.IntN(n + 1) }
					switch seed {
					case 0: // killed: the file system has everything
						keep = func() bool { return true }
					case 1: // only what was made durable
						keep, torn = func() bool { return false }, func(int) int { return 0 }
					}
					images++
					again := p.after(left(disk.ops[:after], keep, torn))
					l, err := backup.OpenListOn(t.Context(), record(), again.list, again.head, again.vault, again.key)
					if err != nil {
						t.Fatalf("after %d operations of %d (%d make it), seed %d: %v\n%v", after, len(disk.ops), made, seed, err, disk.ops[max(0, after-3):after])
					}
					if err := l.Check(); err != nil {
						t.Errorf("after %d operations, seed %d: %v", after, seed, err)
					}
					fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{"account/last"}}))
					fatal(t, l.Close())
					got, err := again.keys(backup.Proof{Head: again.head})
					fatal(t, err)
					if missing := slices.DeleteFunc(slices.Clone(want), func(k string) bool { return slices.Contains(got, k) }); len(missing) > 0 {
						t.Errorf("after %d operations, seed %d: %v are missing from %v", after, seed, missing, got)
					}
				}
			}
			t.Logf("%d operations, %d images", len(disk.ops), images)
		})
	}
}

// after is the place with other files.
func (p *place) after(files map[string][]byte) *place {
	p.t.Helper()
	again := *p
	dirs := map[string]string{filepath.Dir(p.list): p.t.TempDir(), filepath.Dir(p.head): p.t.TempDir()}
	move := func(path string) string { return filepath.Join(dirs[filepath.Dir(path)], filepath.Base(path)) }
	again.list, again.head = move(p.list), move(p.head)
	for path, b := range files {
		fatal(p.t, os.WriteFile(move(path), b, fs.FileMode(0o600)))
	}
	return &again
}

// TestAListHalfMadeIsOnlyFinishedAsItWas: a file under the name of an unfinished list is used only if the head matches it exactly.
func TestAListHalfMadeIsOnlyFinishedAsItWas(t *testing.T) {
	p := newPlace(t)
	l := p.mustOpen()
	for i := range 3 {
		fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{fmt.Sprintf("account/%d", i)}}))
	}
	fatal(t, l.Close())
	whole, err := os.ReadFile(p.list)
	fatal(t, err)
	fatal(t, os.Remove(p.list))
	cut := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for name, b := range map[string][]byte{"nothing": nil, "less": whole[:cut], "half an entry": whole[:len(whole)-9],
		"more": append(slices.Clone(whole), "{"...)} {
		fatal(t, os.WriteFile(p.list+".next", b, 0o600))
		if _, err := p.open(); err == nil || !strings.Contains(err.Error(), p.list) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fatal(t, os.WriteFile(p.list+".next", whole, 0o600))
	p.mustOpen()
}
