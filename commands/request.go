package commands

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// Request is who asks, how, and by which key a repeat is recognised.
type Request struct {
	Caller  domain.Caller
	Channel domain.Channel
	// Client is where the request came from; only sign-in keeps it, sealed.
	Client domain.ClientInfo
	// Operation is the stable name of what is asked.
	Operation string
	// Key is the Idempotency-Key, or empty.
	Key string
	// Because is the event that asked for the command, such as the record of an operator's one.
	Because domain.EventID
	// Time is when the command takes place, where the ledger's own process has judged its clock already: what was judged is then
	// what is decided by. Zero, and for every other caller: what the clock says.
	Time time.Time
}

// Answer is a command's answer with the place in the log from which views know of it; zero when nothing was appended.
type Answer[O any] struct {
	Value    O
	Position journal.Position
}

// Command is one entry of the menu.
type Command[I, O any] func(ctx context.Context, r Request, in I) (Answer[O], error)

// call is one command under way.
type call struct {
	*core
	Request
	command  domain.CommandID
	keyed    bool
	input    any
	now      time.Time
	position journal.Position
}

// by makes an entry of the menu: who may ask is decided before anything is read.
func by[I, O any](c *core, may rule, run func(context.Context, *call, I) (O, error)) Command[I, O] {
	return func(ctx context.Context, r Request, in I) (Answer[O], error) {
		if err := may(r.Caller); err != nil {
			return Answer[O]{}, err
		}
		k := &call{core: c, Request: r, input: in, now: c.when(&r), keyed: r.Key != ""}
		k.command = k.commandID()
		out, err := run(ctx, k, in)
		if err != nil { // a refusal says nothing else
			var none O
			out, k.position = none, journal.Position{}
		}
		if r.Caller.Actor.Kind == domain.ActorGuest {
			k.position = journal.Position{} // where the log stands is not for guests
		}
		return Answer[O]{Value: out, Position: k.position}, refusal(err)
	}
}

// when tells when a command takes place.
func (c *core) when(r *Request) time.Time {
	if r.Time.IsZero() || r.Caller.Actor.Kind != domain.ActorSystem {
		return c.Now().UTC()
	}
	return r.Time.UTC()
}

// commandID derives from who asks, what, and the Idempotency-Key, so a repeat has the same one; without a key it is random.
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
		return "", errors.New("commands: the request has no canonical form")
	}
	key, err := k.dayKey(ctx, day)
	if err != nil {
		return "", err
	}
	mac := key.MAC([]byte("fingerprint"), []byte(k.Operation), b)
	return domain.Fingerprint(hex.EncodeToString(mac[:16])), nil
}

// about says whose data an event concerns and in which region.
type about struct {
	subject domain.AccountID
	region  domain.Region
	purpose domain.Purpose
	caseID  domain.CaseID
}

// entries makes the entries of one append after head. Their ids derive from the command and the place they are for: a
// repeat that finds the same head has the same ones, and no two events ever have one id.
func (k *call) entries(ctx context.Context, head journal.Head, a about, events ...any) ([]journal.Entry, error) {
	m := domain.Metadata{At: k.now, Command: k.command, Actor: k.Caller.Actor, Session: k.Caller.Session,
		Correlation: k.Because, Causation: k.Because, Subject: a.subject, Region: a.region,
		Channel: k.Channel, Purpose: a.purpose, Case: a.caseID}
	if k.keyed {
		var err error
		if m.Fingerprint, err = k.fingerprint(ctx, domain.DayOf(k.now)); err != nil {
			return nil, err
		}
	}
	out := make([]journal.Entry, len(events))
	for i, e := range events {
		out[i] = journal.Entry{ID: domain.EventID{UUID: domain.Derive(k.command.UUID, head.Stream, uint64(head.Version+1+int64(i)))}, Metadata: m, Event: e} //nolint:gosec // versions are not negative
	}
	return out, nil
}

// commit appends and gives the facts as they stand in the log: under an Idempotency-Key somebody else may
// have appended the same ids first, and then theirs are the ones that count.
func (k *call) commit(ctx context.Context, head journal.Head, entries []journal.Entry) ([]domain.Fact, error) {
	done, err := k.Journal.Append(ctx, head, entries...)
	if err != nil {
		return nil, err
	}
	k.position = done.Position
	if !k.keyed {
		return done.Facts, nil
	}
	facts := make([]domain.Fact, 0, len(entries))
	for rec, err := range k.Journal.Read(ctx, head.Stream, head.Version+1) {
		if err != nil {
			return nil, err
		}
		if facts = append(facts, rec.Fact); len(facts) == len(entries) {
			break
		}
	}
	return facts, k.sameRequest(ctx, facts)
}

// mine gathers what a command with an Idempotency-Key appended before.
func (k *call) mine(before *[]domain.Fact) func(domain.Fact) {
	return func(f domain.Fact) {
		if k.keyed && f.Command == k.command {
			*before = append(*before, f)
		}
	}
}

// sameRequest refuses facts that were made under the same Idempotency-Key by another request.
func (k *call) sameRequest(ctx context.Context, facts []domain.Fact) error {
	for _, f := range facts {
		want, err := k.fingerprint(ctx, domain.DayOf(f.At))
		if errors.Is(err, vault.ErrDestroyed) {
			return domain.ErrRepeatLate // so long ago that nobody can tell any more
		} else if err != nil {
			return err
		}
		if f.Fingerprint != want {
			return domain.ErrRepeated
		}
	}
	return nil
}

// repeatWindow is how long a repeat gets the secret of the first answer again.
const repeatWindow = 10 * time.Minute

// secret derives a secret of the answer from the command, so that a repeat within repeatWindow gets the same one.
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

// retry runs a load-decide-append again while others were quicker.
func retry(ctx context.Context, run func() error) error {
	const tries = 50
	var err error
	for range tries {
		err = run()
		var conflict *journal.ConflictError
		if !errors.As(err, &conflict) || ctx.Err() != nil {
			return err
		}
	}
	return err
}
