package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/restore"
	"accountledger/replay/transfer"
	"accountledger/server"
)

// copies are the files that a restore needs, by what they are.
type copies struct{ ledger, manifest, list, head []byte }

// attacked is a ledger whose backups are attacked: Ada stays, Bob was erased before the first backup, Eve after the first one and
// before the second, and of the list there are copies of each of these times.
type attacked struct {
	t             *testing.T
	cfg           server.Config
	headName      string
	ada, bob, eve person
	old           copies // list and head before the first backup, when Bob was still there
	first         copies // with list and head of then
	second        copies // with list and head of the end
}

func attack(t *testing.T) *attacked {
	t.Helper()
	cfg, mail := withMail(t)
	a := &attacked{t: t, cfg: withList(t, cfg)}
	r := start(t, a.cfg)
	a.ada, a.bob, a.eve = r.join(mail, "ada@example.com", "Ada"), r.join(mail, "bob@example.com", "Bob"), r.join(mail, "eve@example.com", "Eve")
	r.want(204, "DELETE", "/v1/me/devices/"+a.ada.deviceID, a.ada.token, "")
	a.headName = filepath.Base(headOf(t, a.cfg))
	erase := func(p person) {
		id := r.want(202, "POST", "/v1/erasures", p.token, "").str(t, "id")
		eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	}
	take := func(dir string) (c copies) {
		if dir != "" {
			_, err := operate.Backup(t.Context(), r.console(), dir, nil)
			fatal(t, err)
			c.ledger, c.manifest = read(t, filepath.Join(dir, backup.LedgerName)), read(t, filepath.Join(dir, backup.ManifestName))
		}
		c.list, c.head = read(t, a.cfg.Backup.List), read(t, headOf(t, a.cfg))
		return c
	}
	a.old = take("")
	erase(a.bob)
	a.first = take(filepath.Join(t.TempDir(), "first"))
	erase(a.eve)
	a.second = take(filepath.Join(t.TempDir(), "second"))
	r.stop()
	return a
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	fatal(t, err)
	return b
}

// restore restores copies; nil ones are missing files. The data folder is given, and what became of it.
func (a *attacked) restore(c copies, in restore.Options) (server.Config, restore.Restored, error) {
	a.t.Helper()
	in.List = filepath.Join(a.t.TempDir(), "destructions.ndjson")
	return a.restoreNamed(c, in)
}

// restoreNamed restores with the list that is named, or none.
func (a *attacked) restoreNamed(c copies, in restore.Options) (server.Config, restore.Restored, error) {
	a.t.Helper()
	dir, keys := a.t.TempDir(), a.t.TempDir()
	to := withoutList(moved(a.t, a.cfg))
	to.MasterKey = filepath.Join(keys, "master.key")
	for path, b := range map[string][]byte{filepath.Join(dir, backup.LedgerName): c.ledger, filepath.Join(dir, backup.ManifestName): c.manifest, in.List: c.list,
		filepath.Join(keys, a.headName): c.head, to.MasterKey: read(a.t, a.cfg.MasterKey)} {
		if b != nil && path != "" {
			fatal(a.t, os.WriteFile(path, b, 0o600))
		}
	}
	done, err := server.Restore(a.t.Context(), to, dir, in, server.SideOptions{})
	return to, done, err
}

// refused wants the error, and nothing made that could be served.
func (a *attacked) refused(name string, c copies, want ...error) {
	a.t.Helper()
	to, done, err := a.restore(c, restore.Options{})
	named := false
	for _, w := range want {
		named = named || errors.Is(err, w)
	}
	if !named {
		a.t.Errorf("%s: %+v, %v; want one of %v", name, done, err, want)
	}
	if _, err := os.Stat(to.Data); !errors.Is(err, os.ErrNotExist) {
		a.t.Errorf("%s: a folder was made for it: %v", name, err)
	}
}

// harmless wants the restore to be whole: Ada is there, without the device that she unlinked, and nobody who was erased.
func (a *attacked) harmless(name string, c copies, back ...person) {
	a.t.Helper()
	to, done, err := a.restore(c, restore.Options{})
	if err != nil || done.List != domain.ListProven {
		a.t.Errorf("%s: %+v, %v", name, done, err)
		return
	}
	r := start(a.t, to)
	defer r.stop()
	token := r.signIn(a.ada.email)
	if me := r.want(200, "GET", "/v1/me", token, ""); !strings.Contains(me.body, a.ada.email) {
		a.t.Errorf("%s: %s", name, me.body)
	}
	if all := r.want(200, "GET", "/v1/me/devices", token, ""); strings.Contains(all.body, a.ada.device) {
		a.t.Errorf("%s: the unlinked device is back", name)
	}
	if v, err := operate.Verify.Run(a.t.Context(), r.console(), operate.None{}, nil); err != nil || !v.OK {
		a.t.Errorf("%s: %+v, %v", name, v, err)
	}
	for _, p := range []person{a.bob, a.eve} {
		status := 401
		for _, b := range back {
			if b == p {
				status = 201
			}
		}
		if got := r.send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, p.email, password)); got.status != status {
			a.t.Errorf("%s: %s: %d", name, p.device, got.status)
		}
	}
}

// TestAttackedBackups restores a backup of which files were damaged, cut, swapped, exchanged for older ones or another ledger's. Each is
// refused by name with nothing made, or harmless. What nobody can tell is an older list with an equally old head.
func TestAttackedBackups(t *testing.T) {
	t.Parallel()
	a := attack(t)
	right := a.first
	right.list, right.head = a.second.list, a.second.head
	with := func(how func(c *copies)) copies { c := right; how(&c); return c }
	lines := func(b []byte) [][]byte { return bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n")) }
	all := lines(right.list)
	known := len(lines(a.first.list)) // entries that the backup knows of
	if known < 2 || len(all) < known+2 {
		t.Fatalf("the list has %d entries at the backup and %d now", known, len(all))
	}

	t.Run("as it is", func(t *testing.T) { a.of(t).harmless("nothing", right) })
	t.Run("a byte flipped", func(t *testing.T) {
		a := a.of(t)
		for _, bit := range []byte{1, 0x20, 0x80} {
			for _, at := range places(right.ledger, 12) {
				a.refused(fmt.Sprintf("ledger at %d", at), with(func(c *copies) { c.ledger = flipped(c.ledger, at, bit) }), backup.ErrPart)
			}
			for _, at := range places(right.manifest, 12) {
				a.refused(fmt.Sprintf("manifest at %d", at), with(func(c *copies) { c.manifest = flipped(c.manifest, at, bit) }), backup.ErrManifest)
			}
			for _, at := range places(right.list, 12) {
				a.refused(fmt.Sprintf("list at %d", at), with(func(c *copies) { c.list = flipped(c.list, at, bit) }), backup.ErrListAltered, backup.ErrListShortened)
			}
		}
		a.refused("both halves of the head", with(func(c *copies) { c.head = flipped(flipped(c.head, 30, 1), 290, 1) }), backup.ErrListAltered)
		a.harmless("one half of the head", with(func(c *copies) { c.head = flipped(c.head, 290, 1) }))
		a.refused("one half of the head, and an entry less", with(func(c *copies) {
			c.head, c.list = flipped(c.head, 290, 1), bytes.Join(all[:len(all)-1], nil)
		}), backup.ErrListShortened)
	})
	t.Run("cut", func(t *testing.T) {
		a := a.of(t)
		for _, part := range []int{0, 1, 2, 3} { // quarters that are left
			cut := func(b []byte) []byte { return append([]byte{}, b[:len(b)*part/4]...) }
			a.refused(fmt.Sprintf("ledger to %d/4", part), with(func(c *copies) { c.ledger = cut(c.ledger) }), backup.ErrPart)
			a.refused(fmt.Sprintf("manifest to %d/4", part), with(func(c *copies) { c.manifest = cut(c.manifest) }), backup.ErrManifest)
			a.refused(fmt.Sprintf("list to %d/4", part), with(func(c *copies) { c.list = cut(c.list) }), backup.ErrListShortened)
		}
		for n := range all {
			a.refused(fmt.Sprintf("list to %d entries", n), with(func(c *copies) { c.list = append([]byte{}, bytes.Join(all[:n], nil)...) }), backup.ErrListShortened)
		}
		a.refused("head to nothing", with(func(c *copies) { c.head = []byte{} }), backup.ErrHeadEmpty)
		a.refused("head to a few bytes", with(func(c *copies) { c.head = c.head[:40] }), backup.ErrListAltered)
		a.refused("head zeroed", with(func(c *copies) { c.head = make([]byte, len(c.head)) }), backup.ErrHeadEmpty)
		a.refused("head zeroed and list to nothing", with(func(c *copies) { c.head, c.list = make([]byte, len(c.head)), []byte{} }), backup.ErrHeadEmpty)
	})
	t.Run("swapped", func(t *testing.T) {
		a := a.of(t)
		a.refused("ledger and manifest", with(func(c *copies) { c.ledger, c.manifest = c.manifest, c.ledger }), backup.ErrManifest)
		a.refused("list and head", with(func(c *copies) { c.list, c.head = c.head, c.list }), backup.ErrListAltered)
		a.refused("list and manifest", with(func(c *copies) { c.list, c.manifest = c.manifest, c.list }), backup.ErrManifest)
		for i := range all[1:] {
			swapped := append([][]byte{}, all...)
			swapped[i], swapped[i+1] = bytes.TrimSuffix(swapped[i+1], []byte("\n")), bytes.TrimSuffix(swapped[i], []byte("\n"))
			a.refused(fmt.Sprintf("entries %d and %d", i+1, i+2), with(func(c *copies) { c.list = append(bytes.Join(ended(swapped), nil), '\n') }),
				backup.ErrListAltered)
		}
		a.refused("a manifest of another backup", with(func(c *copies) { c.manifest = a.second.manifest }), backup.ErrPart)
		a.refused("a ledger of another backup", with(func(c *copies) { c.ledger = a.second.ledger }), backup.ErrPart)
	})
	t.Run("missing", func(t *testing.T) {
		a := a.of(t)
		a.refused("ledger", with(func(c *copies) { c.ledger = nil }), backup.ErrIncomplete)
		a.refused("manifest", with(func(c *copies) { c.manifest = nil }), backup.ErrIncomplete)
		a.refused("list", with(func(c *copies) { c.list = nil }), os.ErrNotExist)
		a.refused("head", with(func(c *copies) { c.head = nil }), backup.ErrHeadMissing)
		a.refused("list and head", with(func(c *copies) { c.list, c.head = nil, nil }), os.ErrNotExist, backup.ErrHeadMissing)
	})
	t.Run("older", func(t *testing.T) {
		a := a.of(t)
		a.refused("list", with(func(c *copies) { c.list = a.first.list }), backup.ErrListShortened)
		a.refused("list than the backup", with(func(c *copies) { c.list = a.old.list }), backup.ErrListShortened)
		a.harmless("head", with(func(c *copies) { c.head = a.first.head }))
		a.harmless("head than the backup", with(func(c *copies) { c.head = a.old.head }))
		a.refused("head, and an entry after it altered", with(func(c *copies) {
			c.head, c.list = a.old.head, flipped(c.list, len(bytes.Join(all[:known], nil))+20, 1)
		}), backup.ErrListAltered)
		a.refused("list and head than the backup", with(func(c *copies) { c.list, c.head = a.old.list, a.old.head }), backup.ErrListShortened)
		a.harmless("list and head as old as the backup: nobody can tell", with(func(c *copies) { c.list, c.head = a.first.list, a.first.head }), a.eve)
	})
	t.Run("another ledger's", func(t *testing.T) {
		a := a.of(t)
		cfg, mail := withMail(t)
		o := start(t, withList(t, cfg))
		p := o.join(mail, "other@example.com", "Other")
		o.want(204, "DELETE", "/v1/me/devices/"+p.deviceID, p.token, "")
		list, head := read(t, o.cfg.Backup.List), read(t, headOf(t, o.cfg))
		a.refused("list", with(func(c *copies) { c.list = list }), backup.ErrListAltered)
		a.refused("head", with(func(c *copies) { c.head = head }), backup.ErrListAltered)
		a.refused("list and head", with(func(c *copies) { c.list, c.head = list, head }), backup.ErrListAltered)
	})
	t.Run("forged, with sums that fit", func(t *testing.T) {
		a := a.of(t)
		a.refused("two lines of the ledger", a.forged(right, func(l [][]byte) [][]byte { l[2], l[3] = l[3], l[2]; return l }), transfer.ErrHash,
			transfer.ErrLine, backup.ErrManifest)
		a.refused("a line of the log less", a.forged(right, func(l [][]byte) [][]byte { return append(l[:4:4], l[5:]...) }), transfer.ErrHash,
			transfer.ErrLine, backup.ErrManifest)
		a.refused("a row of the vault less", a.forged(right, func(l [][]byte) [][]byte { n := len(l); return append(l[:n-3:n-3], l[n-2:]...) }), transfer.ErrHash,
			transfer.ErrLine, backup.ErrManifest)
		a.refused("the end less", a.forged(right, func(l [][]byte) [][]byte { return l[:len(l)-1] }), transfer.ErrEndsEarly)
		forgotten := a.remade(right, func(m *backup.Manifest) { m.List = nil })
		forgotten.list = a.first.list
		a.refused("a manifest that knows of no list, and an older list", forgotten, backup.ErrListShortened)
		forgotten.list = nil
		if _, done, err := a.restoreNamed(forgotten, restore.Options{}); !errors.Is(err, restore.ErrListMissing) {
			t.Errorf("a manifest that knows of no list, and none named: %+v, %v", done, err)
		}
		forgotten.list = []byte{}
		a.refused("a manifest that knows of no list, and an empty list", forgotten, backup.ErrListShortened)
	})
}

// of is the same for a subtest.
func (a *attacked) of(t *testing.T) *attacked {
	sub := *a
	sub.t = t
	return &sub
}

// places are some places in a file, with its ends.
func places(b []byte, n int) (at []int) {
	for i := range n {
		at = append(at, i*(len(b)-1)/(n-1))
	}
	return at
}

func flipped(b []byte, at int, bit byte) []byte {
	out := append([]byte{}, b...)
	out[at] ^= bit
	return out
}

// ended gives every line but the last its line feed.
func ended(lines [][]byte) [][]byte {
	for i := range lines[:len(lines)-1] {
		lines[i] = append(bytes.TrimSuffix(append([]byte{}, lines[i]...), []byte("\n")), '\n')
	}
	return lines
}

// forged has the lines of the ledger file changed, and a manifest that names size and hash of the outcome.
func (a *attacked) forged(c copies, how func(lines [][]byte) [][]byte) copies {
	a.t.Helper()
	d, err := zstd.NewReader(nil)
	fatal(a.t, err)
	defer d.Close()
	plain, err := d.DecodeAll(c.ledger, nil)
	fatal(a.t, err)
	e, err := zstd.NewWriter(nil)
	fatal(a.t, err)
	c.ledger = e.EncodeAll(bytes.Join(how(bytes.SplitAfter(bytes.TrimSuffix(plain, []byte("\n")), []byte("\n"))), nil), nil)
	fatal(a.t, e.Close())
	return a.remade(c, func(m *backup.Manifest) { m.File = fileOf(c.ledger) })
}

// remade has the manifest changed, with a sum that fits.
func (a *attacked) remade(c copies, how func(m *backup.Manifest)) copies {
	a.t.Helper()
	dir := a.t.TempDir()
	fatal(a.t, os.WriteFile(filepath.Join(dir, backup.ManifestName), c.manifest, 0o600))
	m, err := backup.ReadManifest(dir)
	fatal(a.t, err)
	how(&m)
	fatal(a.t, backup.WriteManifest(dir, &m))
	c.manifest = read(a.t, filepath.Join(dir, backup.ManifestName))
	return c
}

func fileOf(b []byte) backup.File {
	sum := sha256.Sum256(b)
	return backup.File{Name: backup.LedgerName, Bytes: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}
}
