package commands

import (
	"context"
	"errors"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
)

// An account's owner is told of what concerns who can be reached: an event of the account that has a place in the budget of such notices asks for
// the message (domain.Fact.Asks), and the notifier sends it.

// toTell asks for room for a notice to an account's owner about a step of the request. Nobody else can use up the room.
func (k *call) toTell(id domain.AccountID, step string) admission {
	return admission{class: domain.ClassAlert, to: k.keys.identifiers.MAC([]byte("messages of"), id.UUID[:]), issue: 1,
		verification: domain.VerificationID{UUID: domain.Derive(k.command.UUID, step)}}
}

// readToTell reads an account and, beside it, what placeToTell needs.
func (k *call) readToTell(ctx context.Context, id domain.AccountID) (at *snapshot[*domain.Account], err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		at, err = k.accountStream(id).read(ctx)
		return err
	}, func(ctx context.Context) error { return k.readPlaces(ctx, k.toTell(id, "")) })
	return at, err
}

// placeToTell takes the place for a notice about a step of the request.
func (k *call) placeToTell(ctx context.Context, a *domain.Account, step string) (domain.DeliveryID, error) {
	asks := k.toTell(a.ID, step)
	asks.about = ofAccount(a)
	return k.admit(ctx, asks)
}

// tell is the message that tells an account's owner of an event, to one of its addresses: nothing once that address is gone, or what it
// tells of is undone.
func (k *call) tell(ctx context.Context, in domain.Telling) (MessageToSend, error) {
	a, err := k.account(ctx, in.Account)
	if err != nil || standingOf(a).gone {
		return MessageToSend{}, err
	}
	m := MessageToSend{Kind: in.Kind, Language: a.Language, Subject: a.ID, At: in.At, Expires: in.At.Add(domain.AlertLifetime)}
	to, has := a.Contact(in.To)
	removed, held := a.RemovedContact(in.To)
	if held {
		to, has = removed.AccountContact, true
	}
	if in.Kind == domain.MessageRemoved {
		if has = held && removed.Removed.ID == in.Event && k.now.Before(removed.Removal.UndoUntil); has {
			l := linkOf{domain.LinkUndo, a.ID, in.Event, in.At}
			m.LinkKind, m.Link, m.Code = l.kind, k.linkToken(l), k.linkCode(l)
			m.Until, m.Expires = removed.Removal.UndoUntil, removed.Removal.UndoUntil
		}
	}
	if slices.Contains(domain.Alerts(), in.Kind) {
		if has = has && !held; has && linked(in.Kind) {
			l := linkOf{domain.LinkNotMe, a.ID, in.Event, in.At}
			m.LinkKind, m.Link, m.Code = l.kind, k.linkToken(l), k.linkCode(l)
		}
		if m.Erased = a.Erasure.Due; in.Kind == domain.MessageErasureNow || in.Kind == domain.MessageErasureTomorrow {
			has = has && a.Erasure.State == domain.ErasureWaiting
		}
	}
	if !has || !k.now.Before(m.Expires) {
		return MessageToSend{}, nil
	}
	if m.Client, err = k.clientTold(ctx, in); err != nil {
		return MessageToSend{}, err
	}
	contact, err := journal.Open(ctx, k.Journal, to.Fact, to.Contact)
	m.To = contact.Typed
	return m, err
}

// linked reports whether an alert has a link by which its reader says that it was not them. An erasure that was cancelled, or what such a link
// did, takes none.
func linked(kind domain.Message) bool {
	return kind != domain.MessageErasureCancelled && kind != domain.MessageDisowned
}

// clientTold is the client of the session that a message is about; empty if it is about none, or that cannot be read any more.
func (k *call) clientTold(ctx context.Context, in domain.Telling) (out domain.ClientInfo, err error) {
	if in.Session.IsZero() {
		return out, nil
	}
	s, err := k.session(ctx, in.Account.UUID, domain.MonthOf(in.At), in.Session)
	if err != nil || s.Session.IsZero() {
		return out, err
	}
	out, err = journal.Open(ctx, k.Journal, s.Fact, s.Client)
	if errors.Is(err, journal.ErrUnreadable) {
		err = nil
	}
	return out, err
}
