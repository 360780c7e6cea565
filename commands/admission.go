package commands

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// admission asks for room in the budget of a class for the message about an issue of a verification.
type admission struct {
	class domain.MessageClass
	// known: a client asks that the owner of the address has signed in with, and has a budget of its own.
	known bool
	// to is whose budget it is: a digest of the address, of the address and the known client, or of the account that asks for a message of
	// its own.
	to           [32]byte
	verification domain.VerificationID
	issue        int
	about        about
}

// admissionOf is that of a verification's issue.
func (k *call) admissionOf(r *domain.VerificationRequest, contact domain.Contact, issue int, a about) admission {
	class := r.Purpose.Class()
	to := [32]byte(k.digest(spacePeople, contact))
	if class == domain.ClassOwn {
		to = k.keys.identifiers.MAC([]byte("messages of"), r.Account.UUID[:])
	}
	return admission{class: class, to: to, verification: r.ID, issue: issue, about: a}
}

// budgets are the limits on it.
func (a admission) budgets() domain.Budgets {
	if a.known {
		return domain.KnownClient()
	}
	return a.class.Budgets()
}

// open reports whether anybody may ask for such a message, so that who asks for very many has to work for them.
func (a admission) open() bool {
	return (a.class == domain.ClassGuest || a.class == domain.ClassRecovery) && !a.known
}

// id is the admission's event. It derives from what the message is about, so that a repeat after a crash takes no second place.
func (a admission) id() domain.EventID {
	return domain.EventID{UUID: domain.Derive(a.verification.UUID, "admitted", uint64(a.issue))} //nolint:gosec // small
}

// place is one in a day's budget.
type place struct {
	delivery domain.DeliveryID
	event    domain.DeliveryAdmitted
	taken    bool // by this message, earlier
}

// errPlace: another message took the place.
var errPlace = errors.New("commands: the place is taken")

// admit takes a place in the budget, which holds across processes and restarts, before the event that asks for the message is appended.
// A crash in between wastes the place, unless the request is repeated under its Idempotency-Key or asks for another code of one
// verification. It depends on nothing but who asks for how many messages to whom: whether somebody has the address makes no
// difference. ErrMessages says when to try again.
func (k *call) admit(ctx context.Context, a admission) (domain.DeliveryID, error) {
	for {
		p, err := k.room(ctx, a)
		if err != nil || p.taken {
			return p.delivery, err
		}
		a.about.id = a.id()
		_, err = change[*domain.Delivery]{stream: k.deliveryStream(p.delivery), about: concerning[*domain.Delivery](a.about), new: true, always: true,
			decide: func(_ context.Context, d *domain.Delivery, _ journal.Head) ([]any, error) {
				if d.Exists() {
					return nil, errPlace
				}
				return []any{p.event}, nil
			}}.by(ctx, k)
		if !errors.Is(err, errPlace) {
			return p.delivery, err
		}
		ctx = again(ctx)
	}
}

// room finds the first free place in today's budget, or the one that the message has already. It appends nothing.
func (k *call) room(ctx context.Context, a admission) (place, error) {
	var before []domain.Admission
	if yesterday := k.now.Add(-time.Hour); domain.DayOf(yesterday) != domain.DayOf(k.now) {
		p, earlier, err := k.placesOn(ctx, a, domain.DayOf(yesterday))
		if err != nil || p.taken {
			return p, err
		}
		before = earlier
	}
	p, today, err := k.placesOn(ctx, a, domain.DayOf(k.now))
	if err != nil || p.taken {
		return p, err
	}
	budgets := a.budgets()
	if k.profile.raised.Load() {
		budgets = budgets.Raised(raisedBy)
	}
	if wait := budgets.Wait(append(before, today...), k.now); wait > 0 {
		if k.Limited != nil {
			k.Limited(a.class)
		}
		return place{}, domain.ErrMessages.After(wholeSeconds(wait))
	}
	if a.open() && k.Config.WorkBits > 0 && !k.worked {
		if wait := budgets.Half().Wait(append(before, today...), k.now); wait > 0 {
			return place{}, k.needsWork(ctx, a.to, wait)
		}
	}
	return p, nil
}

// readPlaces reads what room needs early, beside other reads.
func (k *call) readPlaces(ctx context.Context, a admission) error {
	_, _, err := k.placesOn(ctx, a, domain.DayOf(k.now))
	return err
}

// placesAtOnce is how many places are read beside each other.
const placesAtOnce = 4

// placesOn reads the places of a day that are taken, and gives the next one. They are taken in order.
func (k *call) placesOn(ctx context.Context, a admission, day domain.Day) (place, []domain.Admission, error) {
	key, err := k.dayKey(ctx, day)
	if err != nil {
		return place{}, nil, err
	}
	var before []domain.Admission
	for n := 1; ; n++ {
		if n%placesAtOnce == 1 && !k.near {
			if err := k.besideEach(ctx, placesAtOnce, func(ctx context.Context, i int) error {
				_, err := stateOf(ctx, k.deliveryStream(k.placeOf(key, a, n+i).delivery))
				return err
			}); err != nil {
				return place{}, nil, err
			}
		}
		p := k.placeOf(key, a, n)
		d, err := stateOf(ctx, k.deliveryStream(p.delivery))
		switch {
		case err != nil:
			return p, nil, err
		case !d.Exists():
			return p, before, nil
		case d.First.ID == a.id():
			p.taken = true
			return p, before, nil
		}
		same := subtle.ConstantTimeCompare([]byte(d.Admitted.Network), []byte(p.event.Network)) == 1
		before = append(before, domain.Admission{At: d.First.At, Here: same})
	}
}

// placeOf is the n-th place under the key of a day.
func (k *call) placeOf(key *vault.Key, a admission, n int) place {
	number := binary.BigEndian.AppendUint32(nil, uint32(n)) //nolint:gosec // small
	mac := key.MAC([]byte("delivery"), []byte(a.class), a.to[:], number)
	p := place{delivery: domain.DeliveryID{UUID: domain.Derive(uuid.UUID(mac[:16]), "delivery")},
		event: domain.DeliveryAdmitted{Class: a.class, Medium: domain.MediumEmail}}
	if a.class.Budgets().Network != (domain.Budget{}) {
		here := key.MAC([]byte("network"), []byte(a.class), a.to[:], number, []byte(networkOf(k.Client.Address)))
		p.event.Network = domain.Fingerprint(hex.EncodeToString(here[:16]))
	}
	return p
}
