package mailbox_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"accountledger/notify/mailbox"
)

func tail(t *testing.T, b *mailbox.Mailbox) *mailbox.Tail {
	t.Helper()
	tail, err := b.Tail()
	if err != nil {
		t.Fatal(err)
	}
	return tail
}

func next(t *testing.T, from *mailbox.Tail, want ...string) {
	t.Helper()
	all, err := from.Next()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("came %q, want %q", got, want)
	}
}

// hold takes every message out of the folder, as if its file had not appeared yet, and returns what lets the one with a code appear.
func hold(t *testing.T, b *mailbox.Mailbox) (appear func(code string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.Dir(), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]string{} // content by name
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		held[path] = string(data)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	return func(code string) {
		t.Helper()
		for path, data := range held {
			if !strings.Contains(data, `"code": "`+code+`"`) {
				continue
			}
			unnamed := filepath.Join(b.Dir(), ".partial-"+code)
			if err := errors.Join(os.WriteFile(unnamed, []byte(data), 0o600), os.Rename(unnamed, path)); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Fatalf("no message has code %s", code)
	}
}

func TestTailTakesWhatIsNew(t *testing.T) {
	b := open(t, t.TempDir())
	send(t, b, envelope(account(1), "100001"))
	from := tail(t, b)
	next(t, from)
	send(t, b, envelope(account(1), "100002"), envelope(account(1), "100003"))
	next(t, from, "100002", "100003")
	next(t, from)
}

func TestTailTakesFilesThatAppearOutOfOrder(t *testing.T) {
	b := open(t, t.TempDir())
	from := tail(t, b)
	for i := range 4 {
		send(t, b, envelope(account(1), fmt.Sprintf("10000%d", i)))
	}
	appear := hold(t, b)
	appear("100002")
	next(t, from, "100002")
	appear("100003")
	appear("100000")
	next(t, from, "100000", "100003")
	next(t, from)
	appear("100001")
	next(t, from, "100001")
	next(t, from)
}

func TestTailTakesAFileThatIsRenamedLate(t *testing.T) {
	b := open(t, t.TempDir())
	from := tail(t, b)
	send(t, b, envelope(account(1), "100000"), envelope(account(1), "100001"))
	files, err := filepath.Glob(filepath.Join(b.Dir(), "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	late := filepath.Join(b.Dir(), ".partial-late")
	if err := os.Rename(files[0], late); err != nil {
		t.Fatal(err)
	}
	next(t, from, "100001")
	if err := os.Rename(late, files[0]); err != nil {
		t.Fatal(err)
	}
	next(t, from, "100000")
}

// After a message that cannot be read, nothing that followed it is lost.
func TestTailReturnsAgainWhatItCouldNot(t *testing.T) {
	b := open(t, t.TempDir())
	from := tail(t, b)
	send(t, b, envelope(account(1), "100000"), envelope(account(1), "100001"), envelope(account(1), "100002"))
	files, err := filepath.Glob(filepath.Join(b.Dir(), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[1], whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := from.Next(); err == nil || errors.Is(err, fs.ErrNotExist) || len(all) != 1 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	if err := os.WriteFile(files[1], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	next(t, from, "100001", "100002")
}

// Every message is taken once, however the reading falls between the writing.
func TestTailBesideWriters(t *testing.T) {
	const writers, each = 4, 60
	b := open(t, t.TempDir())
	from := tail(t, b)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := b.Send(t.Context(), envelope(account(byte(w)), fmt.Sprintf("%d-%d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { all.Wait(); close(sent) }()
	got := map[string]int{}
	for ended := false; !ended; {
		select {
		case <-sent:
			ended = true // and one more look
		default:
		}
		messages, err := from.Next()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			got[m.Code]++
		}
	}
	if len(got) != writers*each {
		t.Errorf("%d of %d messages came", len(got), writers*each)
	}
	for code, n := range got {
		if n != 1 {
			t.Errorf("%s came %d times", code, n)
		}
	}
}
