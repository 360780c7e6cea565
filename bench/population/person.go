package population

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/simulate"
)

// person is somebody with an account: what later events need to know about earlier ones. It is small, for there are many.
type person struct {
	number   int
	account  domain.AccountID
	region   domain.Region
	language domain.Language
	capacity domain.Capacity
	version  int64        // of the account's stream
	sessions journal.Head // of the month of the last session
	devices  int          // linked by now
	linked   map[domain.DeviceKind]time.Time
	next     int       // of the visits
	opened   time.Time // when the account was
	signedIn time.Time // for the last time
	grants   int       // made by now
	granted  []held
}

// held is somebody's last decision on one purpose.
type held struct {
	domain.Allowance
	state domain.State
	event domain.EventID
	on    [2]time.Time // of the last withdrawal and the last grant
}

// contact is somebody's address.
func contact(who *simulate.Person) domain.Contact {
	return domain.Contact{Kind: domain.IdentifierEmail, Typed: who.Email, Normalised: who.Email}
}

// hash returns random bytes in the form of a hash.
func hash(d *rand.Rand) domain.Hash {
	return domain.Hash(fmt.Sprintf("%016x%016x%016x%016x", d.Uint64(), d.Uint64(), d.Uint64(), d.Uint64()))
}

// decide returns somebody's decision on a purpose; nil where a guardian would have to make it.
func (p *person) decide(a domain.Allowance, grant bool, n domain.PublishedNotice, event domain.EventID, now time.Time) any {
	if grant && p.capacity != domain.CapacitySelf {
		return nil
	}
	at := slices.IndexFunc(p.granted, func(h held) bool { return h.Allowance == a })
	if at < 0 {
		at = len(p.granted)
		p.granted = append(p.granted, held{Allowance: a, state: domain.StateNone})
	}
	h := &p.granted[at]
	decision := domain.Decision{Permission: h.Permission, For: h.Purpose, Notice: n.Event, NoticeHash: n.Hash, NoticeVersion: n.Version, Language: n.Language,
		LegalBasis: domain.LegalBasisConsent, Method: domain.MethodSettings, GivenBy: domain.GivenBySelf, Capacity: p.capacity,
		Previous: h.state, Before: h.event}
	h.event = event
	switch {
	case grant == (h.state == domain.StateGranted):
		return domain.PermissionConfirmed{Decision: decision, State: h.state}
	case grant:
		h.state = domain.StateGranted
		decision.First, h.on[1] = domain.FirstOf(h.on[1], now), now
		granted := domain.PermissionGranted{Decision: decision, Nth: domain.NthAfter(p.grants)}
		if p.grants == 0 {
			granted.Cohort = domain.MonthOf(p.opened)
		}
		p.grants++
		return granted
	}
	h.state = domain.StateWithdrawn
	decision.First, h.on[0] = domain.FirstOf(h.on[0], now), now
	return domain.PermissionWithdrawn{Decision: decision}
}

// access is the answer to a service that asks about somebody; nil: about nobody.
func (p *person) access(service domain.ServiceID, a domain.Allowance) domain.AccessDecided {
	e := domain.AccessDecided{Service: service, Key: 1, Permission: a.Permission, For: a.Purpose, Outcome: domain.Denied}
	if p == nil {
		e.AccountVersion, e.Reason = -1, domain.ReasonUnknown
		return e
	}
	e.AccountVersion, e.Reason = p.version, domain.ReasonNever
	at := slices.IndexFunc(p.granted, func(h held) bool { return h.Allowance == a })
	switch {
	case at < 0:
	case p.granted[at].state == domain.StateGranted:
		e.Outcome, e.Reason, e.Grant = domain.Allowed, domain.ReasonGranted, p.granted[at].event
	case p.granted[at].state == domain.StateWithdrawn:
		e.Reason = domain.ReasonWithdrawn
	}
	return e
}

func (p *person) metadata(now time.Time) domain.Metadata {
	return domain.Metadata{At: now, Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: p.account.UUID}}, Subject: p.account, Region: p.region,
		Channel: domain.ChannelAPI}
}
