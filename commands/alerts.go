package commands

import (
	"context"
	"errors"

	"accountledger/domain"
)

// The owner of an account is told of what they may not have done (domain.Fact.Alert), at every address of the account, with a link by which
// they say that it was not them. No event asks for these messages. The notifier finds the facts and asks here for a message to each address;
// each takes a place in the day's budget of its kind, so that many of one kind, such as sign-ins, keep none of another from being sent.

// Alerts asks for the messages about a fact.
type Alerts struct {
	Fact domain.Fact
}

// alerts takes the places of the messages about a fact in the budgets, and gives the messages: none if the fact is old or the account erased.
// It is idempotent: a message that has its place keeps it. It leaves out those that there is no room for.
func (k *call) alerts(ctx context.Context, in Alerts) ([]domain.MessageRequest, error) {
	alert, ok := in.Fact.Alert()
	if !ok || in.Fact.Restored || k.now.Sub(in.Fact.At) >= domain.AlertLifetime {
		return nil, nil
	}
	k.Because = in.Fact.ID
	a, err := k.account(ctx, alert.Account)
	if err != nil || standingOf(a).gone {
		return nil, err
	}
	var out []domain.MessageRequest
	for _, c := range a.Contacts {
		if c.Claim == alert.But {
			continue
		}
		delivery, err := k.admit(ctx, k.roomForAlert(a, alert.Kind, in.Fact, c.Claim))
		if errors.Is(err, domain.ErrMessages) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, domain.MessageRequest{Class: domain.ClassAlert, Delivery: delivery, Telling: domain.Telling{Kind: alert.Kind, Account: a.ID,
			Event: in.Fact.ID, At: in.Fact.At, To: c.Claim, Session: alert.Session}})
	}
	return out, nil
}

func (k *call) roomForAlert(a *domain.Account, kind domain.Message, f domain.Fact, to domain.ClaimID) admission {
	return admission{class: domain.ClassAlert, to: k.keys.identifiers.MAC([]byte("alerts of"), a.ID.UUID[:], []byte(kind)), issue: 1, about: ofAccount(a),
		verification: domain.VerificationID{UUID: domain.Derive(f.ID.UUID, "alert to "+to.String())}}
}

// NotMe says that something was not the account's owner.
type NotMe struct {
	Link LinkToken `json:"-"` // the link of the message, or just its token
	Code string    `json:"-"` // beside it
}

// notMe does what is safe whoever says so: see domain.AlertDisowned. A restore of the ledger does not end the link.
func (k *call) notMe(ctx context.Context, in NotMe) (struct{}, error) {
	return struct{}{}, k.follow(ctx, domain.LinkNotMe, in.Link, in.Code, func(a *domain.Account, l linkOf) error {
		if k.now.Sub(l.at) >= domain.AlertLifetime || l.at.After(k.now.Add(domain.MaxAhead)) {
			return domain.ErrLinkEnded
		}
		return a.MayDisown()
	}, func(_ context.Context, _ *domain.Account, l linkOf) (act, error) {
		return func(a *domain.Account) ([]any, error) { return a.Disown(l.event, k.now) }, nil
	})
}
