package commands_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/vault"
)

// effort is what a step costs and leaves: whatever somebody could see of it in a count, a size or a time. Asking the vault for several
// keys is one call.
type effort struct {
	Appends, Events, Bytes, Reads, Keys, Identifiers int
	Answer                                           string
}

// tally counts what commands ask of log and vault.
type tally struct {
	mu sync.Mutex // reads are concurrent
	effort
}

func (t *tally) note(do func(*effort)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(&t.effort)
}

type talliedLog struct {
	eventstore.Store
	*tally
}

func (s talliedLog) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	s.note(func(t *effort) {
		t.Appends++
		for _, e := range events {
			t.Events++
			t.Bytes += len(stream) + len(e.Type) + len(e.Data) + len(e.Metadata)
		}
	})
	return s.Store.Append(ctx, stream, expected, events...)
}

func (s talliedLog) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	s.note(func(t *effort) { t.Reads++ })
	return s.Store.ReadStream(ctx, stream, d, from)
}

type talliedVault struct {
	vault.Vault
	*tally
}

func (v talliedVault) CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	v.note(func(t *effort) { t.Keys++ })
	return v.Vault.CreateKeys(ctx, names...)
}

func (v talliedVault) Key(ctx context.Context, name string) (*vault.Key, error) {
	v.note(func(t *effort) { t.Keys++ })
	return v.Vault.Key(ctx, name)
}

func (v talliedVault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	v.note(func(t *effort) { t.Keys++ })
	return v.Vault.Keys(ctx, names...)
}

func (v talliedVault) Identifier(ctx context.Context, d vault.Digest) (uuid.UUID, error) {
	v.note(func(t *effort) { t.Identifiers++ })
	return v.Vault.Identifier(ctx, d)
}

// walk is what a stranger does with an address, in one or more processes in turn, and what the notifier does for them.
type walk struct {
	*world
	tally     *tally
	processes []*commands.Menu
	turn      int
}

func newWalk(t *testing.T, processes int) *walk {
	w := &walk{world: newWorld(t), tally: &tally{}}
	w.account(ada)
	for range processes {
		w.start(talliedLog{w.store, w.tally}, talliedVault{w.vault, w.tally})
		w.processes = append(w.processes, w.Menu)
	}
	return w
}

// step runs one step in the next process, and tells its effort. Each begins at a whole second, so that times are as long.
func (w *walk) step(run func() error) effort {
	w.t.Helper()
	w.turn++
	w.Menu = w.processes[w.turn%len(w.processes)]
	w.clock.at.Store(w.clock.Now().Truncate(time.Second).Add(time.Second).UnixNano())
	w.tally.effort = effort{}
	err := run()
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
		w.tally.Answer = fmt.Sprintf("%s, retry %v", refusal.Code, refusal.Retry > 0)
	} else if err != nil {
		w.t.Fatal(err)
	}
	return w.tally.effort
}

// through is a walk: sign-up, message, resend, message, two wrong codes.
func (w *walk) through(email string) []effort {
	w.t.Helper()
	w.turn = 0
	var up commands.SignedUp
	first := w.step(func() error {
		a, err := w.SignUp(w.t.Context(), request(domain.Guest()), signUpOf(email))
		up = a.Value
		return err
	})
	return w.onwards(first, &up, func() error { _, err := w.check(up, "x"); return err })
}

// onwards is what follows a first step that asked for a code: message, resend, message, two wrong codes.
func (w *walk) onwards(first effort, up *commands.SignedUp, wrong func() error) []effort {
	w.t.Helper()
	steps := []effort{first}
	if first.Answer != "" {
		return steps
	}
	notify := func(issue int) {
		m, asked := w.asked(*up, issue)
		record := commands.RecordDelivery{Message: m, Asked: asked, Medium: domain.MediumEmail, Attempt: 1}
		steps = append(steps, w.step(func() error {
			a, err := w.Message(w.t.Context(), request(domain.System()), m)
			if a.Value.To == "" {
				w.t.Error("there is nothing to send")
			}
			return err
		}), w.step(func() error {
			_, err := w.RecordDelivery(w.t.Context(), request(domain.System()), record)
			record.Ended = true
			return err
		}), w.step(func() error {
			_, err := w.RecordDelivery(w.t.Context(), request(domain.System()), record)
			return err
		}))
	}
	notify(1)
	w.clock.forward(2 * time.Minute)
	steps = append(steps, w.step(func() error {
		_, err := w.Resend(w.t.Context(), request(domain.Guest()), commands.Resend{Verification: up.Verification, Handle: up.Handle})
		return err
	}))
	if steps[len(steps)-1].Answer == "" {
		notify(2)
	}
	return append(steps, w.step(wrong), w.step(wrong))
}

// No count of events, bytes or work tells a taken address from a free one: not the first time in a day nor later, not once a limit is
// reached, and not in several processes.
func TestNothingCountedTellsATakenAddress(t *testing.T) {
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			w := newWalk(t, processes)
			const eve = "Eve@example.com" // as long as the one that is taken
			limited := false
			for i, pause := range []time.Duration{24 * time.Hour, time.Minute, 2 * time.Hour, 0, 0} {
				w.clock.forward(pause)
				w.signUpAt(i, "somebody@example.com") // the first request of a day makes its key
				free := w.through(eve)
				taken := w.through(ada)
				if !reflect.DeepEqual(free, taken) {
					t.Errorf("round %d:\nfree  %+v\ntaken %+v", i, free, taken)
				}
				if i == 0 && (len(free) != 10 || free[0].Events != 2) {
					t.Errorf("not the walk that is meant: %d steps, %+v", len(free), free[0])
				}
				limited = limited || free[0].Answer == "too_many_messages, retry true"
			}
			if !limited {
				t.Error("no limit was reached")
			}
		})
	}
}
