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

// Request is who asks, through which channel, and the key that identifies a repeat.
type Request struct {
	Caller  domain.Caller
	Channel domain.Channel
	// Client is the client; only sign-in keeps it, sealed.
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
}

// Answer is a command's answer with the log position a view needs to have reached to show it; zero if nothing was appended.
type Answer[O any] struct {
	Value    O
	Position journal.Position
}

// Command is one entry of the menu.
type Command[I, O any] func(ctx context.Context, r Request, in I) (Answer[O], error)

// call is a command in progress.
type call struct {
	*core
	Request
	command  domain.CommandID
	keyed    bool
	input    any
	now      time.Time
	position journal.Position
}

// by makes an entry of the menu. Whether the caller may ask is decided before anything is read.
func by[I, O any](c *core, may rule, run func(context.Context, *call, I) (O, error)) Command[I, O] {
	return func(ctx context.Context, r Request, in I) (Answer[O], error) {
		if err := may(r.Caller); err != nil {
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
		return c.Now().UTC()
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

// about is what an event concerns: whose data, in which region, for which purpose and case.
type about struct {
	subject domain.AccountID
	region  domain.Region
	purpose domain.Purpose
	caseID  domain.CaseID
}

// entries makes the entries of one append after head. Their ids are random: if two processes carry out one command at the same
// time, under the same Idempotency-Key, one gets a conflict and finds what the other appended.
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
		out[i] = journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Metadata: m, Event: e}
	}
	return out, nil
}

// append appends once the caller is confirmed.
func (k *call) append(ctx context.Context, head journal.Head, entries ...journal.Entry) (journal.Committed, error) {
	if err := confirmed(ctx); err != nil {
		return journal.Committed{}, err
	}
	appended(ctx, head.Stream)
	return k.Journal.Append(ctx, head, entries...)
}

// commit appends and returns the recorded facts: under an Idempotency-Key another process may have carried out the same command
// first, and then its facts are returned.
func (k *call) commit(ctx context.Context, head journal.Head, entries []journal.Entry) ([]domain.Fact, error) {
	done, err := k.append(ctx, head, entries...)
	var conflict *journal.ConflictError
	switch {
	case err == nil:
		k.position = done.Position
		return done.Facts, nil
	case !k.keyed || !errors.As(err, &conflict):
		return nil, err
	}
	facts, at, readErr := k.committedBefore(ctx, head)
	if readErr != nil || len(facts) == 0 {
		return nil, errors.Join(readErr, err)
	}
	k.position = at
	return facts, k.sameRequest(ctx, facts)
}

// committedBefore returns what the command appended after head, and where.
func (k *call) committedBefore(ctx context.Context, head journal.Head) (facts []domain.Fact, at journal.Position, err error) {
	for rec, err := range k.Journal.Read(ctx, head.Stream, head.Version+1) {
		if err != nil {
			return nil, at, err
		}
		if rec.Command == k.command {
			facts, at = append(facts, rec.Fact), rec.Position
		}
	}
	return facts, at, nil
}

// mine collects what a command with an Idempotency-Key appended before.
func (k *call) mine(before *[]domain.Fact) func(domain.Fact) {
	return func(f domain.Fact) {
		if k.keyed && f.Command == k.command {
			*before = append(*before, f)
		}
	}
}

// sameRequest refuses a different request under the Idempotency-Key of these facts.
func (k *call) sameRequest(ctx context.Context, facts []domain.Fact) error {
	for _, f := range facts {
		want, err := k.fingerprint(ctx, domain.DayOf(f.At))
		if errors.Is(err, vault.ErrDestroyed) {
			return domain.ErrRepeatLate // too long ago to compare
		} else if err != nil {
			return err
		}
		if f.Fingerprint != want {
			return domain.ErrRepeated
		}
	}
	return nil
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

// retry repeats a load-decide-append while others are quicker, reading everything again each time.
func retry(ctx context.Context, run func(context.Context) error) error {
	const tries = 50
	var err error
	for range tries {
		err = run(ctx)
		var conflict *journal.ConflictError
		if !errors.As(err, &conflict) || ctx.Err() != nil {
			return err
		}
		ctx = again(ctx)
	}
	return err
}
