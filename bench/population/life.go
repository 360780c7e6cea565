package population

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/simulate"
)

// joins has somebody sign up, verify it or not, and look around. It returns when they come back, the zero Time for never.
func (w *writer) joins(ctx context.Context, number int, now time.Time) (*person, time.Time, error) {
	who := w.people.Person(number)
	if who.Funnel == simulate.TooYoung { // and nothing is kept of that
		return nil, time.Time{}, nil
	}
	p := &person{number: number, account: Account(w.Seed, number), region: who.Region, language: who.Language, version: -1}
	d := dice(w.Seed, number, ofEvents)
	opened, err := w.signsUp(ctx, who, p, d, now)
	if err != nil || !opened {
		return nil, time.Time{}, err
	}
	w.accounts++
	at, err := w.visit(ctx, p, who, who.First, d, now.Add(2*time.Minute))
	return p, at, err
}

// signsUp is a sign-up up to its end: an account or none.
func (w *writer) signsUp(ctx context.Context, who *simulate.Person, p *person, d *rand.Rand, now time.Time) (opened bool, err error) {
	id := domain.SignUpID{UUID: idOf(w.Seed, p.number, ofSignUp)}
	claim := domain.ClaimID{UUID: idOf(w.Seed, p.number, ofClaim)}
	mail, birth := contact(who), domain.BirthMonth{Month: domain.Month(who.BirthMonth)}
	var rules domain.Rules
	p.capacity, rules = domain.DecideCapacity(p.region, birth, now)
	guest := domain.Metadata{At: now, Actor: domain.Actor{Kind: domain.ActorGuest}, Region: p.region, Channel: domain.ChannelAPI}
	system := domain.Metadata{At: now.Add(time.Second), Actor: domain.Actor{Kind: domain.ActorSystem}, Region: p.region, Channel: domain.ChannelProcess}

	key := domain.SignUpKey(id)
	signUp, err := w.append(ctx, journal.NoStream(domain.SignUpStream(id)), guest, d,
		domain.SignUpRequested{Kind: domain.IdentifierEmail, Language: p.language, Rules: rules,
			Capacity: p.capacity, HandleHash: hash(d),
			Delivery: domain.DeliveryID{UUID: idOf(w.Seed, p.number, ofDelivery)}, Contact: domain.Personal(mail, key), Birth: domain.Personal(birth, key)})
	if err != nil {
		return false, err
	}
	if err := w.message(ctx, p, d, system); err != nil {
		return false, err
	}
	if who.Funnel != simulate.Proves {
		system.At = now.Add(domain.SignUpLifetime)
		_, err := w.append(ctx, signUp, system, d, domain.SignUpLapsed{Reason: domain.LapseExpired, RequestedOn: domain.DayOf(now)})
		return false, err
	}
	guest.At = now.Add(30 * time.Second)
	if _, err := w.append(ctx, journal.NoStream(domain.VerificationStream(domain.VerificationID(id))), guest, d,
		domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp, RequestedOn: domain.DayOf(now), Took: domain.TookUnder1Minute, Nth: 1}); err != nil {
		return false, err
	}
	guest.Subject, p.opened = p.account, guest.At
	if _, err := w.append(ctx, journal.NoStream(domain.IdentifierStream(claim)), guest, d,
		domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: p.account, Completes: domain.VerificationID(id), Purpose: domain.VerifySignUp}); err != nil {
		return false, err
	}
	if err := w.record(ctx, p, d, guest, domain.AccountOpened{SignUp: id, Claim: claim, Kind: domain.IdentifierEmail, Language: p.language,
		Rules: rules, Capacity: p.capacity,
		Contact: domain.Personal(mail, domain.AccountKey(p.account), domain.IdentifierKey(claim)), Birth: domain.Personal(birth,
			domain.AccountKey(p.account))}); err != nil {
		return false, err
	}
	if _, err := w.append(ctx, signUp, guest, d, domain.SignUpCompleted{Account: p.account, RequestedOn: domain.DayOf(now),
		Took: domain.TookUnder1Minute, Nth: 1}); err != nil {
		return false, err
	}
	return true, nil
}

// message sends somebody a code.
func (w *writer) message(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata) error {
	stream := domain.DeliveryStream(domain.DeliveryID{UUID: idOf(w.Seed, p.number, ofDelivery)})
	head, err := w.append(ctx, journal.NoStream(stream), m, d,
		domain.DeliveryAdmitted{Class: domain.ClassGuest, Medium: domain.MediumEmail, Network: domain.Fingerprint(strings.Repeat("0", 32))})
	if err == nil {
		head, err = w.append(ctx, head, m, d, domain.DeliveryAttempted{Medium: domain.MediumEmail, Attempt: 1})
	}
	if err == nil {
		_, err = w.append(ctx, head, m, d, domain.DeliverySucceeded{})
	}
	return err
}

// visit is one visit: a session, decisions, devices, and services that ask. It returns when the next one is, the zero Time for never.
func (w *writer) visit(ctx context.Context, p *person, who *simulate.Person, v simulate.Visit, d *rand.Rand, now time.Time) (next time.Time, err error) {
	m := p.metadata(now)
	if m.Session, err = w.signsIn(ctx, p, d, m); err != nil {
		return next, err
	}
	for _, c := range v.Decisions {
		if err := w.decides(ctx, p, d, m, c); err != nil {
			return next, err
		}
	}
	for _, c := range v.Links {
		if err := w.links(ctx, p, d, m, c); err != nil {
			return next, err
		}
	}
	for _, a := range v.Asks {
		if err := w.asked(ctx, p, d, a, now.Add(time.Minute)); err != nil {
			return next, err
		}
	}
	if p.next < len(who.Visits) {
		next = now.AddDate(0, 0, who.Visits[p.next].After)
	}
	return next, nil
}

// comesBack is somebody's next visit.
func (w *writer) comesBack(ctx context.Context, p *person, now time.Time) (next time.Time, err error) {
	who := w.people.Person(p.number)
	v := who.Visits[p.next]
	d := dice(w.Seed, p.number, ofVisits+p.next)
	p.next++
	return w.visit(ctx, p, who, v, d, now)
}

func (w *writer) signsIn(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata) (domain.SessionID, error) {
	month := domain.MonthOf(m.At)
	if stream := domain.SessionsStream(p.account.UUID, month); p.sessions.Stream != stream {
		p.sessions = journal.NoStream(stream)
	}
	session := domain.SessionID{UUID: roll(d)}
	started := domain.SessionStarted{Session: session, Owner: domain.ActorPerson, SecretHash: hash(d),
		Expires: m.At.Add(domain.SessionLifetime), Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword},
		First: domain.FirstOf(p.signedIn, m.At), Cohort: domain.MonthOf(p.opened), OwnerAt: p.version,
		Client: domain.Personal(domain.ClientInfo{Address: "192.0.2.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"}, domain.AccountKey(p.account),
			domain.MonthKey(month))}
	if started.First.Ever() {
		started.First = domain.FirstOfWeekAndMonth
	}
	p.signedIn = m.At
	head, err := w.append(ctx, p.sessions, m, d, started)
	p.sessions = head
	return session, err
}

func (w *writer) links(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata, c simulate.DeviceChoice) error {
	id := domain.DeviceID{UUID: idOf(w.Seed, p.number, ofDevice+p.devices)}
	event := domain.DeviceLinked{Device: id, Kind: c.Kind, First: domain.FirstOf(p.linked[c.Kind], m.At), Nth: domain.NthAfter(p.devices)}
	if p.devices == 0 {
		event.Cohort, p.linked = domain.MonthOf(p.opened), map[domain.DeviceKind]time.Time{}
	}
	p.linked[c.Kind] = m.At
	p.devices++
	keys := []string{domain.AccountKey(p.account), domain.DeviceKey(id)}
	event.Model, event.Name = domain.Personal(domain.DeviceText{Text: c.Model}, keys...), domain.Personal(domain.DeviceText{Text: c.Name}, keys...)
	return w.record(ctx, p, d, m, event)
}

func (w *writer) decides(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata, c simulate.Choice) error {
	a := w.people.Purpose(c)
	m.Command = domain.CommandID{UUID: roll(d)}
	id := domain.EventID{UUID: roll(d)}
	event := p.decide(a, c.Grant, w.notices[a.Permission], id, m.At)
	if event == nil {
		return nil
	}
	return w.place(ctx, p, journal.Entry{ID: id, Metadata: m, Event: event})
}

// record adds an event to somebody's account.
func (w *writer) record(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata, event any) error {
	m.Command = domain.CommandID{UUID: roll(d)}
	return w.place(ctx, p, journal.Entry{ID: domain.EventID{UUID: roll(d)}, Metadata: m, Event: event})
}

func (w *writer) place(ctx context.Context, p *person, entry journal.Entry) error {
	head, err := w.put(ctx, journal.Head{Stream: domain.AccountStream(p.account), Version: p.version}, []journal.Entry{entry})
	p.version = head.Version
	return err
}

// asked has a service ask whether it may use somebody's data.
func (w *writer) asked(ctx context.Context, p *person, d *rand.Rand, a simulate.Ask, now time.Time) error {
	stream := domain.AccessStream(idOf(w.Seed, w.number, ofAccess), domain.DayOf(now))
	if stream != w.access.Stream || len(w.accesses) >= accessBatch {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	if stream != w.access.Stream {
		head, err := w.journal.LastOf(ctx, stream)
		if err != nil {
			return err
		}
		w.access = head
	}
	service := w.services[a.Service]
	m := domain.Metadata{At: now, Command: domain.CommandID{UUID: roll(d)}, Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](service)},
		Subject: p.account, Region: p.region, Channel: domain.ChannelAPI}
	if a.Unknown {
		m.Subject, m.Region, p = domain.AccountID{UUID: roll(d)}, "", nil
	}
	allowed := w.asks[a.Service].Allowed[a.Purpose]
	w.accesses = append(w.accesses, journal.Entry{ID: domain.EventID{UUID: roll(d)}, Metadata: m, Event: p.access(service, allowed)})
	return nil
}
