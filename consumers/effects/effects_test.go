package effects_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections/projectiontest"
)

// outside is a place where each published notice is announced, and counted. It writes down every step of every job.
type outside struct {
	mu      sync.Mutex
	seen    []domain.EventID
	steps   map[string][]string // by the number of the notice
	expires time.Time
	fail    func(what string, try int) error
	tries   map[string]int
	gate    chan struct{} // closed when jobs may act, if it is not nil
}

// nameOf is a notice's number, in the order in which they were seen.
func (o *outside) nameOf(id domain.EventID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Contains(o.seen, id) {
		o.seen = append(o.seen, id)
	}
	return strconv.Itoa(slices.Index(o.seen, id) + 1)
}

func (o *outside) say(what, step string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.steps[what] = append(o.steps[what], step)
}

func (o *outside) said(what string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.steps[what])
}

type notice struct {
	*outside
	what  string
	ended bool
}

func (n *notice) Next(context.Context) (*effects.Attempt, error) {
	if n.ended {
		return nil, effects.ErrEnded
	}
	return &effects.Attempt{Expires: n.expires,
		Announce: func(context.Context) error { n.say(n.what, "announced"); return nil },
		Act: func(ctx context.Context) error {
			if n.gate != nil {
				select {
				case <-n.gate:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			n.say(n.what, "done")
			n.mu.Lock()
			n.tries[n.what]++
			try := n.tries[n.what]
			n.mu.Unlock()
			if n.fail != nil {
				return n.fail(n.what, try)
			}
			return nil
		},
		Result: func(_ context.Context, err error) error {
			switch {
			case errors.Is(err, effects.ErrExpired):
				n.say(n.what, "expired")
			case err != nil:
				n.say(n.what, "failed")
				return effects.Later(time.Millisecond)
			default:
				n.say(n.what, "ended")
			}
			n.ended = true
			return effects.ErrEnded
		}}, nil
}

func newOutside(l *projectiontest.Ledger) *outside {
	return &outside{steps: map[string][]string{}, tries: map[string]int{}, expires: l.Now().Add(time.Hour)}
}

func open(t *testing.T, l *projectiontest.Ledger, o *outside, path string) *effects.Runtime {
	t.Helper()
	r, err := effects.Open(t.Context(), effects.Options{Name: "outside", Journal: l.Journal, Log: l.Logger, Now: l.Now, Path: path, SaveEvery: time.Millisecond,
		Find: func(f domain.Fact) (effects.Job, error) {
			if _, ok := f.Event.(domain.NoticePublished); ok {
				return &notice{outside: o, what: o.nameOf(f.ID)}, nil
			}
			return nil, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read hands the runtime what the log has after its checkpoint.
func read(t *testing.T, l *projectiontest.Ledger, r *effects.Runtime) {
	t.Helper()
	at, err := r.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page, err := l.Journal.ReadAll(t.Context(), at, journal.PageSize)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Handle(t.Context(), page); err != nil {
		t.Fatal(err)
	}
}

func at(t *testing.T, r *effects.Runtime) journal.Checkpoint {
	t.Helper()
	c, err := r.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEachAttemptIsRecordedBeforeItIsMade(t *testing.T) {
	l := projectiontest.New(t)
	o := newOutside(l)
	o.fail = func(_ string, try int) error {
		if try < 3 {
			return errors.New("not now")
		}
		return nil
	}
	r := open(t, l, o, filepath.Join(t.TempDir(), "at"))
	l.Notices("location")
	read(t, l, r)
	read(t, l, r) // as after a nack
	await.Until(t, "the job ends", func() bool { return r.Status().Pending == 0 && at(t, r).Position == l.Head().Position })
	want := []string{"announced", "done", "failed", "announced", "done", "failed", "announced", "done", "ended"}
	for name, got := range o.steps {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// patient is a job that yields, and waits for as long as it is to.
type patient struct {
	*notice
	waits *atomic.Bool
}

func (p *patient) Yields() bool { return true }

func (p *patient) Next(ctx context.Context) (*effects.Attempt, error) {
	if p.waits.Load() {
		return nil, effects.Later(time.Millisecond)
	}
	return p.notice.Next(ctx)
}

// Jobs that yield and wait for long keep no others from being done, and are done in the end.
func TestJobsThatYieldDelayNoOthers(t *testing.T) {
	l := projectiontest.New(t)
	o := newOutside(l)
	var waits atomic.Bool
	waits.Store(true)
	r, err := effects.Open(t.Context(), effects.Options{Name: "outside", Journal: l.Journal, Log: l.Logger, Now: l.Now, Path: filepath.Join(t.TempDir(), "at"),
		Pending: 1, Workers: 1, Find: func(f domain.Fact) (effects.Job, error) {
			if _, ok := f.Event.(domain.NoticePublished); !ok {
				return nil, nil
			}
			switch one := (&notice{outside: o, what: o.nameOf(f.ID)}); one.what {
			case "1", "2", "3":
				return &patient{one, &waits}, nil
			case "4":
				return one, nil
			}
			return nil, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	l.Notices("location")
	read(t, l, r)
	await.Until(t, "the one that does not yield ends", func() bool { return slices.Contains(o.said("4"), "ended") })
	if n := r.Status().Pending; n != 3 {
		t.Errorf("%d are pending", n)
	}
	waits.Store(false)
	await.Until(t, "all end", func() bool { return r.Status().Pending == 0 })
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNothingIsDoneThatHasExpired(t *testing.T) {
	l := projectiontest.New(t)
	o := newOutside(l)
	o.expires = l.Now()
	r := open(t, l, o, filepath.Join(t.TempDir(), "at"))
	l.Notices("location")
	read(t, l, r)
	await.Until(t, "the job ends", func() bool { return r.Status().Pending == 0 })
	if got := o.said("1"); !slices.Contains(got, "expired") || slices.Contains(got, "announced") || slices.Contains(got, "done") {
		t.Errorf("%v", got)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// The checkpoint stays before an open job, and what was under way at the end is repeated by the next run.
func TestTheCheckpointStaysBeforeTheOldestOpenJob(t *testing.T) {
	l := projectiontest.New(t)
	o := newOutside(l)
	o.gate = make(chan struct{})
	path := filepath.Join(t.TempDir(), "at")
	r := open(t, l, o, path)
	l.Notices("location") // the last event asks for a job
	read(t, l, r)
	await.Until(t, "the attempt is announced", func() bool { return slices.Contains(o.said("1"), "announced") })
	before := at(t, r)
	if before.Position.Compare(l.Head().Position) >= 0 {
		t.Errorf("the checkpoint moved to %s", before.Position)
	}
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(cut); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(o.said("1"), "done") {
		t.Error("it was done though nothing let it")
	}
	close(o.gate)
	r = open(t, l, o, path)
	if now := at(t, r); now != before {
		t.Errorf("it goes on at %s", now.Position)
	}
	read(t, l, r)
	await.Until(t, "the job ends", func() bool { return r.Status().Pending == 0 && slices.Contains(o.said("1"), "ended") })
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWithoutACheckpointItStartsAtTheHead(t *testing.T) {
	l := projectiontest.New(t)
	o := newOutside(l)
	l.Notices("location")
	r := open(t, l, o, filepath.Join(t.TempDir(), "at"))
	if now := at(t, r); now.Position != l.Head().Position {
		t.Errorf("it starts at %s", now.Position)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
