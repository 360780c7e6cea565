package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/replay/backup"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is a vault with a list of destructions.
type place struct {
	t          *testing.T
	vault      *sqlite.Vault
	key        *vault.Key
	list, head string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	master, err := vault.NewMasterKey()
	fatal(t, err)
	v, err := sqlite.Open(t.Context(), t.TempDir(), master, sqlite.Options{})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, v.Close()) })
	keys, err := v.CreateKeys(t.Context(), backup.KeyName)
	fatal(t, err)
	return &place{t, v, keys[0], filepath.Join(t.TempDir(), "list.ndjson"), backup.HeadPath(filepath.Join(t.TempDir(), "master.key"), keys[0])}
}

func (p *place) open() (*backup.List, error) {
	return backup.OpenList(p.t.Context(), p.list, p.head, p.vault, p.key, time.Now)
}

func (p *place) mustOpen() *backup.List {
	p.t.Helper()
	l, err := p.open()
	fatal(p.t, err)
	p.t.Cleanup(func() { _ = l.Close() })
	return l
}

// keys reads the list against its head.
func (p *place) keys(proof backup.Proof) (out []string, err error) {
	_, err = backup.ReadList(p.list, p.key, proof, func(d backup.Destroyed) error {
		out = append(append(out, d.Keys...), d.Secrets...)
		for _, c := range d.Claims {
			out = append(out, c.String())
		}
		return nil
	})
	return out, err
}

func (p *place) spoil(path string, how func([]byte) []byte) {
	p.t.Helper()
	b, err := os.ReadFile(path)
	fatal(p.t, err)
	fatal(p.t, os.WriteFile(path, how(b), 0o600))
}

func TestEveryDestructionIsOnTheListBeforeItIsDone(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	_, err := p.vault.CreateKeys(ctx, "account/1", "account/2", "signup/1")
	fatal(t, err)
	fatal(t, p.vault.DestroyKeys(ctx, "account/0", "signup/0")) // before there was a list
	l := p.mustOpen()
	v := backup.Keep(p.vault, l)
	claim := uuid.New()
	fatal(t, v.DestroyKeys(ctx, "account/1", "month/2026-05", "signup/1", "account/0"))
	fatal(t, v.DestroySecrets(ctx, "password/account/1", "password/signup/1"))
	fatal(t, v.DeleteIdentifier(ctx, claim))
	fatal(t, v.DestroyKeys(ctx, "account/1", "signup/1")) // again: nothing new
	got, err := p.keys(backup.Proof{Head: p.head})
	fatal(t, err)
	want := []string{"account/0", "account/1", "month/2026-05", "password/account/1", claim.String()}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, name := range []string{"account/1", "signup/1"} {
		if _, err := v.Key(ctx, name); !errors.Is(err, vault.ErrDestroyed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What cannot be put on the list is not destroyed.
	fatal(t, os.Rename(p.head, p.head+".away"))
	if err := v.DestroyKeys(ctx, "account/2"); !errors.Is(err, vault.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	if _, err := v.Key(ctx, "account/2"); err != nil {
		t.Errorf("error %v", err)
	}
	fatal(t, os.Rename(p.head+".away", p.head))
	fatal(t, v.DestroyKeys(ctx, "account/2"))
}

func TestAListThatWasTamperedWithIsRefused(t *testing.T) {
	entries := func(p *place) {
		l := p.mustOpen()
		for i := range 5 {
			fatal(p.t, l.Add(p.t.Context(), backup.Destroyed{Keys: []string{fmt.Sprintf("account/%d", i)}}))
		}
	}
	lines := func(b []byte, n int) []byte { return bytes.Join(bytes.SplitAfter(b, []byte("\n"))[:n], nil) }
	for name, c := range map[string]struct {
		spoil func(p *place)
		want  error
	}{
		"nothing":        {func(*place) {}, nil},
		"its last entry": {func(p *place) { p.spoil(p.list, func(b []byte) []byte { return lines(b, 4) }) }, backup.ErrListShortened},
		"half its last":  {func(p *place) { p.spoil(p.list, func(b []byte) []byte { return b[:len(b)-30] }) }, backup.ErrListShortened},
		"all of it":      {func(p *place) { fatal(p.t, os.Remove(p.list)) }, backup.ErrListShortened},
		"one in the middle": {func(p *place) {
			p.spoil(p.list, func(b []byte) []byte { return append(lines(b, 2), b[len(lines(b, 3)):]...) })
		}, backup.ErrListAltered},
		"a name": {func(p *place) {
			p.spoil(p.list, func(b []byte) []byte { return bytes.Replace(b, []byte("account/3"), []byte("account/7"), 1) })
		}, backup.ErrListAltered},
		"the order":          {func(p *place) { p.spoil(p.list, swapped) }, backup.ErrListAltered},
		"its head":           {func(p *place) { fatal(p.t, os.Remove(p.head)) }, backup.ErrHeadMissing},
		"a head of somebody": {func(p *place) { o := newPlace(p.t); entries(o); fatal(p.t, os.Rename(o.head, p.head)) }, backup.ErrListAltered},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			entries(p)
			c.spoil(p)
			if _, err := p.open(); !errors.Is(err, c.want) {
				t.Errorf("open: %v, want %v", err, c.want)
			}
			if name == "all of it" {
				return
			}
			if _, err := p.keys(backup.Proof{Head: p.head}); !errors.Is(err, c.want) {
				t.Errorf("read: %v, want %v", err, c.want)
			}
		})
	}
}

func swapped(b []byte) []byte {
	all := bytes.SplitAfter(b, []byte("\n"))
	all[1], all[2] = all[2], all[1]
	return bytes.Join(all, nil)
}

// A crash leaves half an entry, a whole one that the head does not know, or half a head; the list continues after what was acknowledged.
func TestWhatACrashLeavesIsNoTampering(t *testing.T) {
	p := newPlace(t)
	l := p.mustOpen()
	fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{"account/1"}}))
	old, err := os.ReadFile(p.head)
	fatal(t, err)
	fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{"account/2"}}))
	fatal(t, l.Close())
	fatal(t, os.WriteFile(p.head, old, 0o600)) // written, but the head not yet
	p.spoil(p.list, func(b []byte) []byte { return append(b, []byte(`{"n":3,"at":"20`)...) })
	l = p.mustOpen()
	fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{"account/3"}}))
	p.spoil(p.head, func(b []byte) []byte { // one of the two slots is torn
		if bytes.Contains(b[:256], []byte(`"entries":3`)) {
			b[300] ^= 1
		} else {
			b[30] ^= 1
		}
		return b
	})
	got, err := p.keys(backup.Proof{Head: p.head})
	fatal(t, err)
	if !slices.Equal(got, []string{"account/1", "account/2", "account/3"}) {
		t.Errorf("%v", got)
	}
}

// Several processes add to one list at once.
func TestAListIsSharedByProcesses(t *testing.T) {
	p := newPlace(t)
	lists := []*backup.List{p.mustOpen(), p.mustOpen()}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if err := lists[i%2].Add(t.Context(), backup.Destroyed{Keys: []string{fmt.Sprintf("account/%d", i)}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := p.keys(backup.Proof{Head: p.head})
	fatal(t, err)
	m, err := lists[0].Mark()
	fatal(t, err)
	if len(got) != 40 || m.Entries < 2 || m.Entries > 40 { // concurrent requests share an entry
		t.Errorf("%d names, %d entries", len(got), m.Entries)
	}
	if _, err := p.keys(backup.Proof{Head: p.head, Backup: &m}); err != nil {
		t.Error(err)
	}
	m.Hash[0] ^= 1
	if _, err := p.keys(backup.Proof{Head: p.head, Backup: &m}); !errors.Is(err, backup.ErrListAltered) {
		t.Errorf("another list than the backup knew: %v", err)
	}
	m.Entries++
	if _, err := p.keys(backup.Proof{Backup: &m}); !errors.Is(err, backup.ErrListShortened) {
		t.Errorf("an older list than the backup knew: %v", err)
	}
}
