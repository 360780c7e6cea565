// Package leasetest is the conformance suite for engines of leases.
package leasetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/internal/await"
	"accountledger/leases"
)

const (
	// short is the TTL in tests that let a lease expire, and long in those that must not.
	short = 400 * time.Millisecond
	long  = time.Hour
)

// Run runs the suite. place creates a test's own place and returns a function that opens it as another process would.
func Run(t *testing.T, place func(t *testing.T) (open func() leases.Server)) {
	for name, test := range map[string]func(*testing.T, func() leases.Server){
		"one holder at a time":                            oneHolder,
		"a place is kept for the next holder":             places,
		"a process that does not hold it saves nothing":   saves,
		"a lease that is not renewed goes to another":     dies,
		"a lease that is renewed stays":                   renews,
		"a holder knows before the server gives it away":  knows,
		"a holder that slept saves nothing":               sleeps,
		"two race for each lease and one has it":          race,
		"members are counted while they live":             members,
		"names and places have bounds":                    bounds,
		"a closed keeper holds nothing and takes no more": closes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, place(t))
		})
	}
}

func keeper(t *testing.T, s leases.Server, ttl time.Duration) *leases.Keeper {
	t.Helper()
	k := leases.New(s, leases.Options{TTL: ttl})
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func acquire(t *testing.T, k *leases.Keeper, name string) *leases.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
	defer cancel()
	l, err := k.Wait(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func want(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func gone(t *testing.T, l *leases.Lease) {
	t.Helper()
	select {
	case <-l.Lost():
	case <-time.After(await.Patience):
		t.Fatal("the lease is not lost")
	}
	if l.Held() {
		t.Error("a lost lease is held")
	}
}

func oneHolder(t *testing.T, open func() leases.Server) {
	a, b := keeper(t, open(), long), keeper(t, open(), long)
	l := acquire(t, a, "x")
	for _, k := range []*leases.Keeper{a, b} {
		_, err := k.Acquire(t.Context(), "x")
		want(t, err, leases.ErrHeld)
	}
	other := acquire(t, b, "y")
	if !l.Held() || !other.Held() || l.Name() != "x" {
		t.Error("one of them is not held")
	}
	want(t, l.Release(t.Context()), nil)
	gone(t, l)
	next := acquire(t, b, "x")
	if next.Epoch() <= l.Epoch() {
		t.Errorf("epoch %d after %d", next.Epoch(), l.Epoch())
	}
	want(t, l.Release(t.Context()), nil) // of the previous holding: nothing happens
	table, err := a.Look(t.Context())
	want(t, err, nil)
	if row, ok := table.Find("x"); !ok || row.Holder != b.Label() || row.Epoch != next.Epoch() || row.Since.IsZero() || len(table.Leases) != 2 {
		t.Errorf("%+v", table)
	}
	want(t, next.Release(t.Context()), nil)
	table, err = a.Look(t.Context())
	want(t, err, nil)
	if row, ok := table.Find("x"); !ok || row.Holder != "" {
		t.Errorf("%+v", table)
	}
}

func places(t *testing.T, open func() leases.Server) {
	a, b := keeper(t, open(), long), keeper(t, open(), long)
	l := acquire(t, a, "x")
	if l.Place() != nil {
		t.Errorf("a place from nowhere: %q", l.Place())
	}
	for _, p := range []string{"one", "two"} {
		want(t, l.Save(t.Context(), []byte(p)), nil)
	}
	want(t, l.Release(t.Context()), nil)
	l = acquire(t, b, "x")
	if string(l.Place()) != "two" {
		t.Errorf("place %q", l.Place())
	}
	table, err := a.Look(t.Context())
	want(t, err, nil)
	if row, _ := table.Find("x"); string(row.Place) != "two" {
		t.Errorf("place %q in the table", row.Place)
	}
}

func saves(t *testing.T, open func() leases.Server) {
	s := open()
	me, other := leases.Process{ID: uuid.New(), Label: "me"}, leases.Process{ID: uuid.New(), Label: "other"}
	epoch, _, err := s.Acquire(t.Context(), me, "x", long)
	want(t, err, nil)
	ref := leases.Ref{Name: "x", Epoch: epoch}
	want(t, s.Save(t.Context(), other, ref, []byte("a")), leases.ErrLost)
	want(t, s.Save(t.Context(), me, leases.Ref{Name: "x", Epoch: epoch + 1}, []byte("a")), leases.ErrLost)
	want(t, s.Save(t.Context(), me, leases.Ref{Name: "nothing", Epoch: 1}, []byte("a")), leases.ErrLost)
	want(t, s.Save(t.Context(), me, ref, []byte("b")), nil)
	want(t, s.Release(t.Context(), other, ref), nil) // not theirs
	want(t, s.Save(t.Context(), me, ref, []byte("c")), nil)
	want(t, s.Release(t.Context(), me, ref), nil)
	want(t, s.Save(t.Context(), me, ref, []byte("d")), leases.ErrLost)
	_, place, err := s.Acquire(t.Context(), other, "x", long)
	want(t, err, nil)
	if string(place) != "c" {
		t.Errorf("place %q", place)
	}
}

// dies has a process that ends silently: nobody renews.
func dies(t *testing.T, open func() leases.Server) {
	s := open()
	dead := leases.Process{ID: uuid.New(), Label: "dead", Member: true}
	_, err := s.Renew(t.Context(), dead, short, nil)
	want(t, err, nil)
	epoch, _, err := s.Acquire(t.Context(), dead, "x", short)
	want(t, err, nil)
	k := keeper(t, open(), short)
	_, err = k.Acquire(t.Context(), "x")
	want(t, err, leases.ErrHeld)
	if l := acquire(t, k, "x"); l.Epoch() <= epoch {
		t.Errorf("epoch %d after %d", l.Epoch(), epoch)
	}
	await.Until(t, "the dead one no longer counts", func() bool {
		table, err := k.Look(t.Context())
		want(t, err, nil)
		return table.Members == 0
	})
}

func renews(t *testing.T, open func() leases.Server) {
	a, b := keeper(t, open(), short), keeper(t, open(), short)
	l := acquire(t, a, "x")
	ctx, cancel := context.WithTimeout(t.Context(), 3*short)
	defer cancel()
	_, err := b.Wait(ctx, "x")
	want(t, err, context.DeadlineExceeded)
	if !l.Held() {
		t.Error("it is lost")
	}
}

// knows cuts a holder off: it must give up its lease before another gets it.
func knows(t *testing.T, open func() leases.Server) {
	cut := &cutOff{Server: open()}
	a, b := keeper(t, cut, short), keeper(t, open(), short)
	l := acquire(t, a, "x")
	cut.off(true)
	other := acquire(t, b, "x")
	if l.Held() {
		t.Error("two hold it")
	}
	gone(t, l)
	cut.off(false)
	want(t, l.Save(t.Context(), []byte("late")), leases.ErrLost)
	_, err := a.Acquire(t.Context(), "x")
	want(t, err, leases.ErrHeld)
	want(t, other.Save(t.Context(), []byte("x")), nil)
}

// sleeps has a holder that was frozen and wakes up after its lease expired, believing that it holds it.
func sleeps(t *testing.T, open func() leases.Server) {
	s := open()
	asleep := leases.Process{ID: uuid.New(), Label: "asleep"}
	epoch, _, err := s.Acquire(t.Context(), asleep, "x", short)
	want(t, err, nil)
	ref := leases.Ref{Name: "x", Epoch: epoch}
	k := keeper(t, open(), short)
	l := acquire(t, k, "x")
	want(t, l.Save(t.Context(), []byte("new")), nil)
	want(t, s.Save(t.Context(), asleep, ref, []byte("old")), leases.ErrLost)
	kept, err := s.Renew(t.Context(), asleep, long, []leases.Ref{ref})
	if err != nil || len(kept) != 0 {
		t.Errorf("renewed %v, %v", kept, err)
	}
	want(t, s.Release(t.Context(), asleep, ref), nil)
	table, err := k.Look(t.Context())
	want(t, err, nil)
	if row, _ := table.Find("x"); row.Holder == "" || !bytes.Equal(row.Place, []byte("new")) {
		t.Errorf("%+v", row)
	}
	// An expired lease cannot be renewed or saved either, even if nobody took it.
	epoch, _, err = s.Acquire(t.Context(), asleep, "y", time.Millisecond)
	want(t, err, nil)
	ref = leases.Ref{Name: "y", Epoch: epoch}
	await.Until(t, "it is over", func() bool {
		table, err := k.Look(t.Context())
		want(t, err, nil)
		row, _ := table.Find("y")
		return row.Holder == ""
	})
	want(t, s.Save(t.Context(), asleep, ref, []byte("old")), leases.ErrLost)
	if kept, err = s.Renew(t.Context(), asleep, long, []leases.Ref{ref}); err != nil || len(kept) != 0 {
		t.Errorf("renewed %v, %v", kept, err)
	}
}

func race(t *testing.T, open func() leases.Server) {
	const rounds, racers = 20, 4
	var keepers []*leases.Keeper
	for range racers {
		keepers = append(keepers, keeper(t, open(), long))
	}
	for i := range rounds {
		var got sync.Map
		var all sync.WaitGroup
		for _, k := range keepers {
			all.Go(func() {
				l, err := k.Acquire(t.Context(), fmt.Sprintf("x%d", i))
				switch {
				case err == nil:
					got.Store(k, l)
				case !errors.Is(err, leases.ErrHeld):
					t.Error(err)
				}
			})
		}
		all.Wait()
		n := 0
		got.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Fatalf("%d have it", n)
		}
	}
}

func members(t *testing.T, open func() leases.Server) {
	a, b, c := keeper(t, open(), long), keeper(t, open(), long), keeper(t, open(), long)
	acquire(t, c, "x") // only watches, and does not share in the work
	for _, k := range []*leases.Keeper{a, b, b} {
		want(t, k.Join(t.Context()), nil)
	}
	table, err := c.Look(t.Context())
	want(t, err, nil)
	if table.Members != 2 {
		t.Errorf("%d members", table.Members)
	}
	want(t, a.Close(), nil)
	table, err = c.Look(t.Context())
	want(t, err, nil)
	if table.Members != 1 {
		t.Errorf("%d members", table.Members)
	}
}

func bounds(t *testing.T, open func() leases.Server) {
	k := keeper(t, open(), long)
	for _, name := range []string{"", string(make([]byte, leases.MaxName+1))} {
		_, err := k.Acquire(t.Context(), name)
		want(t, err, leases.ErrInvalid)
	}
	l := acquire(t, k, string(bytes.Repeat([]byte("n"), leases.MaxName)))
	want(t, l.Save(t.Context(), make([]byte, leases.MaxPlace)), nil)
	want(t, l.Save(t.Context(), make([]byte, leases.MaxPlace+1)), leases.ErrInvalid)
}

func closes(t *testing.T, open func() leases.Server) {
	a, b := keeper(t, open(), long), keeper(t, open(), long)
	l := acquire(t, a, "x")
	ctx, cancel := l.Context(t.Context())
	defer cancel()
	want(t, a.Close(), nil)
	want(t, a.Close(), nil)
	gone(t, l)
	<-ctx.Done()
	want(t, context.Cause(ctx), leases.ErrLost)
	want(t, l.Save(t.Context(), nil), leases.ErrLost)
	_, err := a.Acquire(t.Context(), "y")
	want(t, err, leases.ErrClosed)
	want(t, a.Join(t.Context()), leases.ErrClosed)
	if _, err := b.Acquire(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// cutOff is a server that cannot be reached while it is off.
type cutOff struct {
	leases.Server
	mu   sync.Mutex
	gone bool
}

func (c *cutOff) off(gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = gone
}

// Renew fails while the server is off.
func (c *cutOff) Renew(ctx context.Context, who leases.Process, ttl time.Duration, held []leases.Ref) ([]leases.Ref, error) {
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	if gone {
		return nil, leases.ErrUnavailable
	}
	return c.Server.Renew(ctx, who, ttl, held)
}
