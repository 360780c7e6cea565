package commands

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// ShowAccount shows an account's events up to and including a time, and its state at that time.
type ShowAccount struct {
	Why
	Account domain.AccountID `json:"account"`
	At      time.Time        `json:"at,omitzero"` // zero: now
}

// AccountShown is an account as it was, decrypted; a part whose key is destroyed is missing.
type AccountShown struct {
	Record     domain.EventID // of the look
	At         time.Time
	Account    *domain.Account // its state at At
	Emails     []string
	BirthMonth domain.Month
	Devices    []Device  // linked at the time
	Sessions   []Session // open at the time
	Events     []ShownEvent
}

// ShownEvent is one event about the account, of its sign-up or of one of its sessions.
type ShownEvent struct {
	domain.Fact
	Details jsontext.Value
}

// Format prints [personal] for every verb.
func (AccountShown) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (AccountShown) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (ShownEvent) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ShownEvent) LogValue() slog.Value { return hidden() }

// showAccount records who sees whose account and why, as a look at every part of it, then shows it. ErrNotFound, also recorded, if
// the account did not exist at the time. An erased account is shown without its personal data.
func (k *call) showAccount(ctx context.Context, in ShowAccount) (AccountShown, error) {
	if err := in.Validate(); err != nil {
		return AccountShown{}, err
	}
	if in.At.IsZero() || in.At.After(k.now) {
		in.At = k.now
	}
	past, err := k.past(ctx, in.Account, in.At)
	if err != nil {
		return AccountShown{}, err
	}
	a := past.account
	f, err := k.record(ctx, about{subject: in.Account, region: a.Region, purpose: in.Purpose, caseID: in.Case}, domain.AccessRevealed{Found: a.Exists(),
		Parts: []domain.RevealedPart{domain.RevealEmail, domain.RevealBirth, domain.RevealModels, domain.RevealNames, domain.RevealClients}})
	if err != nil {
		return AccountShown{}, err
	}
	if !a.Exists() {
		return AccountShown{}, domain.ErrNotFound
	}
	out := AccountShown{Record: f.ID, At: in.At, Account: a}
	details, err := k.Journal.RevealAll(ctx, past.facts...)
	if err != nil {
		return AccountShown{}, err
	}
	for i, f := range past.facts {
		out.Events = append(out.Events, ShownEvent{f, details[i]})
	}
	return out, k.openPast(ctx, past, &out)
}

// past is what an account's streams hold up to a time, sealed.
type past struct {
	account  *domain.Account
	sessions domain.Sessions
	facts    []domain.Fact
}

func (k *call) past(ctx context.Context, id domain.AccountID, at time.Time) (*past, error) {
	p := &past{account: domain.NewAccount(id)}
	account, err := k.factsUpTo(ctx, domain.AccountStream(id), at, p.account)
	if err != nil || !p.account.Exists() {
		return p, err
	}
	a := p.account
	streams := []string{domain.SignUpStream(a.Opened.SignUp)}
	for _, id := range a.Proofs {
		streams = append(streams, domain.VerificationStream(id))
	}
	for _, stream := range streams {
		facts, err := k.factsUpTo(ctx, stream, at, nil)
		if err != nil {
			return nil, err
		}
		p.facts = append(p.facts, facts...)
	}
	p.facts = append(p.facts, account...)
	missed, err := k.factsUpTo(ctx, domain.MissedStream(id), at, nil)
	if err != nil {
		return nil, err
	}
	p.facts = append(p.facts, missed...)
	for _, month := range monthsBetween(a.OpenedFact.At, at) {
		facts, err := k.factsUpTo(ctx, domain.SessionsStream(id.UUID, month), at, &p.sessions)
		if err != nil {
			return nil, err
		}
		p.facts = append(p.facts, facts...)
	}
	slices.SortStableFunc(p.facts, func(x, y domain.Fact) int { return x.At.Compare(y.At) })
	return p, nil
}

// factsUpTo reads a stream up to and including a time, and applies its facts to a state if there is one.
func (k *call) factsUpTo(ctx context.Context, stream string, at time.Time, state interface{ Apply(domain.Fact) error }) ([]domain.Fact, error) {
	var out []domain.Fact
	for rec, err := range k.Journal.Read(ctx, stream, 0) {
		if err != nil {
			return nil, err
		}
		if rec.At.After(at) { // a stream's times never go back
			break
		}
		if state != nil {
			if err := state.Apply(rec.Fact); err != nil {
				return nil, err
			}
		}
		out = append(out, rec.Fact)
	}
	return out, nil
}

// monthsBetween lists the months from one time to another, always including the first.
func monthsBetween(from, to time.Time) []domain.Month {
	out := []domain.Month{domain.MonthOf(from)}
	from, to = from.UTC(), to.UTC()
	for t := time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, time.UTC); !t.After(to); t = t.AddDate(0, 1, 0) {
		out = append(out, domain.MonthOf(t))
	}
	return out
}

// openPast decrypts the personal data in the state.
func (k *call) openPast(ctx context.Context, p *past, out *AccountShown) error {
	revealed := Revealed{}
	var o opening
	showParts(&o, p.account, []domain.RevealedPart{domain.RevealEmail, domain.RevealBirth, domain.RevealModels, domain.RevealNames}, &revealed)
	at := &call{core: k.core, now: out.At}
	out.Sessions = at.sessionsOf(&o, []monthSessions{{open: at.open(&p.sessions, p.account.EverywhereAt)}})
	err := o.open(ctx, k.Journal)
	out.Emails, out.BirthMonth, out.Devices = revealed.Emails, revealed.BirthMonth, revealed.Devices
	return err
}
