package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"accountledger/replay/backup"
	"accountledger/vault"
)

// withEntries returns a place whose list has five entries, and list and head as of the second.
func withEntries(t *testing.T) (p *place, l *backup.List, oldList, oldHead []byte) {
	t.Helper()
	p = newPlace(t)
	l = p.mustOpen()
	for i := range 5 {
		if i == 2 {
			oldList, oldHead = p.read(p.list), p.read(p.head)
		}
		fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: []string{fmt.Sprintf("account/%d", i)}}))
	}
	return p, l, oldList, oldHead
}

func (p *place) read(path string) []byte {
	p.t.Helper()
	b, err := os.ReadFile(path)
	fatal(p.t, err)
	return b
}

// cutBack is a list with its end removed.
func cutBack(b []byte, lines int) []byte {
	return bytes.Join(bytes.SplitAfter(b, []byte("\n"))[:lines], nil)
}

// TestAHeadThatSaysNothingProvesNothing: the head is emptied, zeroed or damaged, and the list truncated.
func TestAHeadThatSaysNothingProvesNothing(t *testing.T) {
	p, l, _, _ := withEntries(t)
	m, err := l.Mark()
	fatal(t, errors.Join(err, l.Close()))
	list, head := p.read(p.list), p.read(p.head)
	zero := func(from, to int) func([]byte) []byte {
		return func(b []byte) []byte { clear(b[from:min(to, len(b))]); return b }
	}
	for name, c := range map[string]struct {
		head func([]byte) []byte
		want error
	}{
		"emptied":     {func([]byte) []byte { return nil }, backup.ErrHeadEmpty},
		"zeroed":      {zero(0, 1<<20), backup.ErrHeadEmpty},
		"zeros, long": {func([]byte) []byte { return make([]byte, 4096) }, backup.ErrHeadEmpty},
		"spaces":      {func(b []byte) []byte { return bytes.Repeat([]byte(" "), len(b)) }, backup.ErrListAltered},
		// One slot is enough to know the list's length.
		"its first half zeroed":  {zero(0, 256), nil},
		"its second half zeroed": {zero(256, 512), nil},
		"cut to half":            {func(b []byte) []byte { return b[:256] }, nil},
		"a byte in its first":    {func(b []byte) []byte { b[20] ^= 1; return b }, nil},
		"a byte in its second":   {func(b []byte) []byte { b[280] ^= 1; return b }, nil},
		"a byte in each":         {func(b []byte) []byte { b[20] ^= 1; b[280] ^= 1; return b }, backup.ErrListAltered},
	} {
		for lines := range 6 { // 5 is the whole list
			fatal(t, errors.Join(os.WriteFile(p.list, list, 0o600), os.WriteFile(p.head, head, 0o600)))
			p.spoil(p.head, c.head)
			p.spoil(p.list, func(b []byte) []byte { return cutBack(b, lines) })
			want := c.want
			if want == nil && lines < 5 {
				want = backup.ErrListShortened
			}
			named := p.head
			if errors.Is(want, backup.ErrListShortened) {
				named = ""
			}
			for _, backupKnows := range []*backup.Mark{nil, &m} {
				if _, err := p.keys(backup.Proof{Head: p.head, Backup: backupKnows}); !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), named) {
					t.Errorf("%s, %d entries, read: %v, want %v", name, lines, err, want)
				}
			}
			l, err := p.open()
			if !errors.Is(err, want) {
				t.Errorf("%s, %d entries, open: %v, want %v", name, lines, err, want)
			}
			if err == nil {
				fatal(t, errors.Join(l.Check(), l.Close()))
			}
		}
	}
}

// An older head proves what it says; what follows in the list is valid or refused, unless nothing valid follows it.
func TestAnOlderHeadDoesNotHideWhatIsBroken(t *testing.T) {
	p, l, oldList, oldHead := withEntries(t)
	fatal(t, l.Close())
	whole := p.read(p.list)
	for name, c := range map[string]struct {
		list []byte
		want error
		keys int
	}{
		"the list as it is":      {whole, nil, 5},
		"an equally old list":    {oldList, nil, 2}, // nobody can tell
		"an even older list":     {cutBack(whole, 1), backup.ErrListShortened, 0},
		"a byte in the third":    {bytes.Replace(whole, []byte("account/2"), []byte("account/7"), 1), backup.ErrListAltered, 0},
		"a byte in the fourth":   {bytes.Replace(whole, []byte("account/3"), []byte("account/7"), 1), backup.ErrListAltered, 0},
		"without the third":      {append(slices.Clone(oldList), whole[len(cutBack(whole, 3)):]...), backup.ErrListAltered, 0},
		"the third and no fifth": {bytes.Replace(cutBack(whole, 4), []byte("account/2"), []byte("account/7"), 1), backup.ErrListAltered, 0},
	} {
		fatal(t, os.WriteFile(p.head, oldHead, 0o600))
		fatal(t, os.WriteFile(p.list, c.list, 0o600))
		got, err := p.keys(backup.Proof{Head: p.head})
		if !errors.Is(err, c.want) || err == nil && len(got) != c.keys {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if l, err := p.open(); !errors.Is(err, c.want) {
			t.Errorf("%s: open: %v", name, err)
		} else if err == nil {
			fatal(t, l.Close())
		}
	}
}

// TestAListTamperedWithWhileItIsOpenIsNoticed checks without a destruction, and then requests one, which is refused; once everything is
// as it was, it goes on.
func TestAListTamperedWithWhileItIsOpenIsNoticed(t *testing.T) {
	replace := func(path string, b []byte) error {
		return errors.Join(os.WriteFile(path+".new", b, 0o600), os.Rename(path+".new", path))
	}
	for name, c := range map[string]struct {
		spoil func(p *place, list, oldList, oldHead []byte) error
		want  error
	}{
		"the list is deleted":           {func(p *place, _, _, _ []byte) error { return os.Remove(p.list) }, backup.ErrListShortened},
		"the list is emptied":           {func(p *place, _, _, _ []byte) error { return os.Truncate(p.list, 0) }, backup.ErrListShortened},
		"the list loses its last entry": {func(p *place, b, _, _ []byte) error { return os.Truncate(p.list, int64(len(cutBack(b, 4)))) }, backup.ErrListShortened},
		"the list loses its last byte":  {func(p *place, b, _, _ []byte) error { return os.Truncate(p.list, int64(len(b)-1)) }, backup.ErrListShortened},
		"an older list, in place":       {func(p *place, _, old, _ []byte) error { return os.WriteFile(p.list, old, 0o600) }, backup.ErrListShortened},
		"an older list, by name":        {func(p *place, _, old, _ []byte) error { return replace(p.list, old) }, backup.ErrListAltered},
		"a copy of the list":            {func(p *place, b, _, _ []byte) error { return replace(p.list, b) }, backup.ErrListAltered},
		"the list is zeroed":            {func(p *place, b, _, _ []byte) error { return os.WriteFile(p.list, make([]byte, len(b)), 0o600) }, backup.ErrListAltered},
		"a byte of its last entry": {func(p *place, b, _, _ []byte) error {
			return os.WriteFile(p.list, bytes.Replace(b, []byte("account/4"), []byte("account/7"), 1), 0o600)
		}, backup.ErrListAltered},
		"the head is deleted": {func(p *place, _, _, _ []byte) error { return os.Remove(p.head) }, backup.ErrHeadMissing},
		"the head is emptied": {func(p *place, _, _, _ []byte) error { return os.Truncate(p.head, 0) }, backup.ErrHeadEmpty},
		"an older head":       {func(p *place, _, _, old []byte) error { return os.WriteFile(p.head, old, 0o600) }, backup.ErrListAltered},
	} {
		t.Run(name, func(t *testing.T) {
			p, l, oldList, oldHead := withEntries(t)
			list, head := p.read(p.list), p.read(p.head)
			fatal(t, l.Check())
			fatal(t, os.Link(p.list, p.list+".kept"))
			fatal(t, c.spoil(p, list, oldList, oldHead))
			if err := l.Check(); !errors.Is(err, c.want) || !strings.Contains(err.Error(), p.list) && !strings.Contains(err.Error(), p.head) {
				t.Errorf("a look: %v, want %v", err, c.want)
			}
			_, err := p.vault.CreateKeys(t.Context(), "account/5")
			fatal(t, err)
			var told []error
			v := backup.Keep(p.vault, l)
			v.Refused = func(err error) { told = append(told, err) }
			if err := v.DestroyKeys(t.Context(), "account/5"); !errors.Is(err, vault.ErrUnavailable) || !errors.Is(err, c.want) {
				t.Errorf("a destruction: %v, want %v", err, c.want)
			}
			if len(told) != 1 || !errors.Is(told[0], c.want) {
				t.Errorf("told %v", told)
			}
			if _, err := p.vault.Key(t.Context(), "account/5"); err != nil {
				t.Errorf("it was destroyed all the same: %v", err)
			}
			fatal(t, errors.Join(os.Rename(p.list+".kept", p.list), os.WriteFile(p.list, list, 0o600), os.WriteFile(p.head, head, 0o600)))
			_ = os.Remove(p.list + ".kept") // renaming a name of the same file does nothing
			fatal(t, l.Check())
			fatal(t, v.DestroyKeys(t.Context(), "account/5"))
			got, err := p.keys(backup.Proof{Head: p.head})
			if err != nil || len(got) != 6 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// Check accepts what other processes add, at any moment.
func TestALookWhileOthersWrite(t *testing.T) {
	p := newPlace(t)
	mine, others := p.mustOpen(), p.mustOpen()
	ended := make(chan error, 1)
	go func() {
		for i := range 30 {
			if err := others.Add(t.Context(), backup.Destroyed{Keys: []string{fmt.Sprintf("account/%d", i)}}); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for {
		fatal(t, errors.Join(mine.Check(), others.Check()))
		select {
		case err := <-ended:
			fatal(t, err)
			fatal(t, mine.Add(t.Context(), backup.Destroyed{Keys: []string{"account/mine"}}))
			fatal(t, others.Check())
			return
		default:
		}
	}
}

// One destruction may be more than an entry holds.
func TestADestructionOfManyKeysIsReadAgain(t *testing.T) {
	p := newPlace(t)
	l := p.mustOpen()
	var names []string
	for i := range 5_000 {
		names = append(names, fmt.Sprintf("account/%0300d", i))
	}
	fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: names[:1], Secrets: names[1:2]}))
	fatal(t, l.Add(t.Context(), backup.Destroyed{Keys: names[2:]}))
	got, err := p.keys(backup.Proof{Head: p.head})
	fatal(t, err)
	if !slices.Equal(got, names) {
		t.Errorf("%d names of %d", len(got), len(names))
	}
}
