package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/faults/linear"
)

// An ask is an append to a stream, or, when count is 0, a look at its last version.
type ask struct {
	stream   int
	expected int64
	count    int
}

// told is the version a call returned, and whether it appended.
type told struct {
	version int64
	made    bool
}

// registers models a log as its callers see it: a version per stream that only its holder can raise.
func registers() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			by := map[int][]porcupine.Operation{}
			for _, op := range history {
				s := op.Input.(ask).stream
				by[s] = append(by[s], op)
			}
			var out [][]porcupine.Operation
			for _, ops := range by {
				out = append(out, ops)
			}
			return out
		},
		Init: func() any { return eventstore.NoStream },
		Step: func(state, input, output any) (bool, any) {
			version, in, out := state.(int64), input.(ask), output.(told)
			switch {
			case in.count == 0:
				return out.version == version, version
			case out.made:
				return in.expected == version && out.version == version+int64(in.count), out.version
			default: // a conflict, which names the version there is
				return in.expected != version && out.version == version, version
			}
		},
	}
}

// TestAppendIsLinearizable has many writers append to few streams, with pauses inside the store, and finds one order
// that explains every answer.
func TestAppendIsLinearizable(t *testing.T) {
	t.Parallel()
	pauses := linear.NewPauses(t, 300*time.Microsecond)
	fs := &powerFS{FS: vfs.NewMem(), before: pauses.Pause}
	if r := contend(t, open(t, fs), pauses); !r.Explained(t, registers()) {
		t.Errorf("no order explains the answers to %d calls", r.Len())
	}
}

// TestLinearizabilityFindsMutants is the control: a store with stale reads or blind appends is caught.
func TestLinearizabilityFindsMutants(t *testing.T) {
	t.Parallel()
	for name, mutant := range map[string]func(eventstore.Store, *linear.Pauses) eventstore.Store{
		"reads that are stale":              func(s eventstore.Store, p *linear.Pauses) eventstore.Store { return staleReads{s, p} },
		"appends that expect what there is": func(s eventstore.Store, _ *linear.Pauses) eventstore.Store { return blindAppends{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pauses := linear.NewPauses(t, 300*time.Microsecond)
			s := open(t, &powerFS{FS: vfs.NewMem(), before: pauses.Pause})
			if r := contend(t, mutant(s, pauses), pauses); r.Explained(t, registers()) {
				t.Errorf("an order explains the answers to %d calls", r.Len())
			}
		})
	}
}

// contend lets callers append at the version each of them knows.
func contend(t *testing.T, s eventstore.Store, pauses *linear.Pauses) *linear.Recorder {
	t.Helper()
	const callers, calls, streams = 6, 80, 3
	r := linear.NewRecorder()
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			believes := [streams]int64{eventstore.NoStream, eventstore.NoStream, eventstore.NoStream}
			for n := range calls {
				in := ask{stream: pauses.IntN(streams)}
				if n%3 > 0 {
					in.count, in.expected = 1+n%2, believes[in.stream]
				}
				r.Do(c, in, func() (any, bool) {
					out, err := carryOut(t.Context(), s, in)
					if err != nil {
						t.Errorf("call %d: %v", n, err)
					}
					believes[in.stream] = out.version
					return out, err == nil
				})
			}
		})
	}
	all.Wait()
	return r
}

func carryOut(ctx context.Context, s eventstore.Store, in ask) (told, error) {
	stream := fmt.Sprintf("test-%d", in.stream)
	if in.count == 0 {
		for e, err := range s.ReadStream(ctx, stream, eventstore.Backwards, eventstore.End) {
			return told{version: e.Version}, err
		}
		return told{version: eventstore.NoStream}, nil
	}
	done, err := s.Append(ctx, stream, in.expected, events(in.count, 40)...)
	var conflict *eventstore.ConflictError
	if errors.As(err, &conflict) {
		return told{version: conflict.Actual}, nil
	}
	return told{version: done.Version, made: true}, err
}

// staleReads now and then shows a stream without its last event.
type staleReads struct {
	eventstore.Store
	pauses *linear.Pauses
}

func (s staleReads) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		skip := s.pauses.IntN(10) == 0
		for e, err := range s.Store.ReadStream(ctx, stream, d, from) {
			if skip && err == nil {
				skip = false
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// blindAppends appends again after a conflict, at whatever version there is.
type blindAppends struct{ eventstore.Store }

func (s blindAppends) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	for {
		done, err := s.Store.Append(ctx, stream, expected, events...)
		var conflict *eventstore.ConflictError
		if !errors.As(err, &conflict) {
			return done, err
		}
		expected = conflict.Actual
	}
}
