package commands

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// Request is who asks, through which channel, and the key that identifies a repeat.
type Request struct {
	Caller  domain.Caller
	Channel domain.Channel
	// Client is the client. Only sign-in keeps it, sealed; of other requests at most a hash of its network is kept, for limits.
	Client domain.ClientInfo
	// Operation is the stable name of what is asked.
	Operation string
	// Key is the Idempotency-Key, or empty.
	Key string
	// Because is the event that caused the command, such as the record of an operator's command.
	Because domain.EventID
	// Time is when the command takes place, for the ledger's own processes, which have already checked the clock: the decision
	// must use the time that was checked. If zero, and for every other caller, it is the clock's time.
	Time time.Time

	probe bool // asks only whether the caller may ask
}

// Answer is a command's answer with the log position a view needs to have reached to show it; zero if nothing was appended.
type Answer[O any] struct {
	Value    O
	Position journal.Position
}

// Command is one entry of the menu.
type Command[I, O any] func(ctx context.Context, r Request, in I) (Answer[O], error)

// May returns the refusal that a caller gets whatever they ask for, or nil if they may ask. It reads and records nothing.
func (c Command[I, O]) May(caller domain.Caller) error {
	var nothing I
	_, err := c(context.Background(), Request{Caller: caller, probe: true}, nothing)
	return err
}

// call is a command in progress.
type call struct {
	*core
	Request
	command  domain.CommandID
	keyed    bool
	input    any
	now      time.Time
	position journal.Position
	worked   bool // a challenge for the request was solved
	holds    bool // a stripe; no second one may be locked, since two streams can share one
}

// hold has one command at a time work on something in this process. A call holds one thing at a time.
func (k *call) hold(what string) (unlock func()) {
	release, _ := k.streams.lock(what)
	k.holds = true
	return func() { k.holds = false; release() }
}

// by makes an entry of the menu. Whether the caller may ask is decided before anything is read.
func by[I, O any](c *core, may Rule, run func(context.Context, *call, I) (O, error)) Command[I, O] {
	return func(ctx context.Context, r Request, in I) (Answer[O], error) {
		if err := may(r.Caller); err != nil || r.probe {
			return Answer[O]{}, err
		}
		if readsOf(ctx) == nil {
			ctx = Once(ctx)
		}
		k := &call{core: c, Request: r, input: in, now: c.when(&r), keyed: r.Key != ""}
		k.command = k.commandID()
		out, err := run(ctx, k, in)
		if unsure := confirmed(ctx); unsure != nil { // the result is not for this caller
			err = unsure
		}
		if err != nil { // a refusal reveals nothing else
			var none O
			out, k.position = none, journal.Position{}
		}
		if r.Caller.Actor.Kind == domain.ActorGuest {
			k.position = journal.Position{} // positions are not for guests
		}
		return Answer[O]{Value: out, Position: k.position}, refusal(err)
	}
}

// when is the time a command takes place.
func (c *core) when(r *Request) time.Time {
	if r.Time.IsZero() || r.Caller.Actor.Kind != domain.ActorSystem {
		return c.Now().UTC().Round(0) // as it is read from the log
	}
	return r.Time.UTC()
}

// commandID derives from caller, operation and Idempotency-Key, so a repeat has the same id; without a key it is random.
func (k *call) commandID() domain.CommandID {
	if !k.keyed {
		return domain.CommandID{UUID: uuid.New()}
	}
	mac := k.keys.commands.MAC([]byte(k.Caller.Actor.Kind), k.Caller.Actor.ID.UUID[:], []byte(k.Operation), []byte(k.Key))
	return domain.CommandID{UUID: domain.Derive(uuid.UUID(mac[:16]), "command")}
}

// fingerprint is a keyed hash of the request without its secrets, under the key of a day.
func (k *call) fingerprint(ctx context.Context, day domain.Day) (domain.Fingerprint, error) {
	b, err := json.Marshal(k.input, json.Deterministic(true))
	if err != nil {
		return "", errors.New("commands: the request cannot be encoded")
	}
	key, err := k.dayKey(ctx, day)
	if err != nil {
		return "", err
	}
	mac := key.MAC([]byte("fingerprint"), []byte(k.Operation), b)
	return domain.Fingerprint(hex.EncodeToString(mac[:16])), nil
}

// entries makes the entries of one append after head. Their ids are their own: if two processes
// carry out one command at the same time, under the same Idempotency-Key, one gets a conflict and finds what the other
// appended. The ids of a chain's step derive from its first event, and it has no fingerprint: it is found by its effect.
func (k *call) entries(ctx context.Context, head journal.Head, a about, events ...any) ([]journal.Entry, error) {
	m, chained := envelope(&k.Request, k.now, a), !a.origin.IsZero()
	m.Command = k.command
	if k.keyed && !chained {
		var err error
		if m.Fingerprint, err = k.fingerprint(ctx, domain.DayOf(k.now)); err != nil {
			return nil, err
		}
	}
	out := make([]journal.Entry, len(events))
	for i, e := range events {
		id := a.id.UUID
		switch {
		case chained:
			id = domain.Derive(a.origin.UUID, head.Stream, uint64(head.Version+1+int64(i))) //nolint:gosec // versions are not negative
		case a.id.IsZero():
			id = eventID(k.now)
		}
		out[i] = journal.Entry{ID: domain.EventID{UUID: id}, Metadata: m, Event: e}
	}
	return out, nil
}

// eventID makes an id that sorts by time (UUID version 7, RFC 9562): indexes over events then grow at their ends.
func eventID(now time.Time) uuid.UUID {
	id := uuid.New()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli())<<16)
	copy(id[:6], ms[:6])
	id[6] = id[6]&0x0f | 0x70
	return id
}

// append appends once the caller is confirmed.
func (k *call) append(ctx context.Context, head journal.Head, entries ...journal.Entry) (journal.Committed, error) {
	if err := confirmed(ctx); err != nil {
		return journal.Committed{}, err
	}
	appended(ctx, head.Stream)
	return k.Journal.Append(ctx, head, entries...)
}

// factTime is the time of a fact that is appended after head: the stream's last time can be later than the call's, by another
// process's clock or an earlier one.
func (k *call) factTime(head journal.Head) time.Time {
	if k.now.Before(head.At) {
		return head.At
	}
	return k.now
}

// repeatWindow is how long a repeat gets the first answer's secret again.
const repeatWindow = 10 * time.Minute

// secret derives a secret for the answer from the command, so that a repeat within repeatWindow gets the same one.
func (k *call) secret(ctx context.Context, label string, at time.Time) ([]byte, error) {
	if k.now.Sub(at) > repeatWindow {
		return nil, domain.ErrRepeatLate
	}
	key, err := k.dayKey(ctx, domain.DayOf(at))
	if err != nil {
		return nil, err
	}
	mac := key.MAC([]byte("secret"), []byte(label), k.command.UUID[:])
	return mac[:], nil
}
