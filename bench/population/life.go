package population

import (
	"context"
	"math/rand/v2"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// joins has somebody sign up, verify it or not, and look around.
func (w *writer) joins(ctx context.Context, number int, now time.Time) error {
	d := dice(w.Seed, number, ofEvents)
	proven := proves(d)
	at := pick(d, homes())
	p := &person{number: number, account: Account(w.Seed, number), region: at.region, language: at.language, version: -1}
	id := domain.SignUpID{UUID: idOf(w.Seed, number, ofSignUp)}
	claim := domain.ClaimID{UUID: idOf(w.Seed, number, ofClaim)}
	mail, birth := contact(number), born(d)
	capacity, rules := domain.DecideCapacity(p.region, birth, now)
	guest := domain.Metadata{At: now, Actor: domain.Actor{Kind: domain.ActorGuest}, Region: p.region, Channel: domain.ChannelAPI}
	system := domain.Metadata{At: now.Add(time.Second), Actor: domain.Actor{Kind: domain.ActorSystem}, Region: p.region, Channel: domain.ChannelProcess}

	key := domain.SignUpKey(id)
	signUp, err := w.append(ctx, journal.NoStream(domain.SignUpStream(id)), guest, d,
		domain.SignUpRequested{Kind: domain.IdentifierEmail, Language: p.language, Rules: rules,
			Capacity: capacity, HandleHash: hash(d), FirstOfDay: true, Contact: domain.Personal(mail, key), Birth: domain.Personal(birth, key)})
	if err != nil {
		return err
	}
	if err := w.message(ctx, p, d, system); err != nil {
		return err
	}
	if !proven {
		system.At = now.Add(domain.SignUpLifetime)
		_, err := w.append(ctx, signUp, system, d, domain.SignUpLapsed{Reason: domain.LapseExpired, FirstOfDay: true})
		return err
	}
	guest.At = now.Add(30 * time.Second)
	if _, err := w.append(ctx, journal.NoStream(domain.VerificationStream(id)), guest, d, domain.VerificationPassed{Issue: 1}); err != nil {
		return err
	}
	guest.Subject = p.account
	if _, err := w.append(ctx, journal.NoStream(domain.IdentifierStream(claim)), guest, d,
		domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: p.account, Completes: id}); err != nil {
		return err
	}
	if err := w.record(ctx, p, d, guest, domain.AccountOpened{SignUp: id, Claim: claim, Kind: domain.IdentifierEmail, Language: p.language,
		Rules: rules, Capacity: capacity,
		Contact: domain.Personal(mail, domain.AccountKey(p.account), domain.IdentifierKey(claim)),
		Birth:   domain.Personal(birth, domain.AccountKey(p.account))}); err != nil {
		return err
	}
	if _, err := w.append(ctx, signUp, guest, d, domain.SignUpCompleted{Account: p.account}); err != nil {
		return err
	}
	w.people, w.accounts = append(w.people, p), w.accounts+1
	return w.settles(ctx, p, d, now.Add(2*time.Minute))
}

// message sends somebody a code.
func (w *writer) message(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata) error {
	stream := domain.DeliveryStream(domain.DeliveryID{UUID: idOf(w.Seed, p.number, ofDelivery)})
	head, err := w.append(ctx, journal.NoStream(stream), m, d,
		domain.DeliveryAttempted{Message: domain.MessageCode, Medium: domain.MediumEmail, Language: p.language, Attempt: 1})
	if err == nil {
		_, err = w.append(ctx, head, m, d, domain.DeliverySucceeded{})
	}
	return err
}

// settles is somebody's first visit: a session, devices, first decisions.
func (w *writer) settles(ctx context.Context, p *person, d *rand.Rand, now time.Time) error {
	if d.IntN(100) >= signsIn {
		return nil
	}
	m := p.metadata(now)
	month := domain.MonthOf(now)
	session := domain.SessionID{UUID: idOf(w.Seed, p.number, ofSession)}
	started := domain.SessionStarted{Session: session, Owner: domain.ActorPerson, SecretHash: hash(d),
		Expires: now.Add(domain.SessionLifetime), OwnerAt: p.version,
		Client: domain.Personal(domain.ClientInfo{Address: "192.0.2.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"}, domain.AccountKey(p.account),
			domain.MonthKey(month))}
	if _, err := w.append(ctx, journal.NoStream(domain.SessionsStream(p.account.UUID, month)), m, d, started); err != nil {
		return err
	}
	m.Session = session
	for i := range devices(w.Seed, p.number) {
		if err := w.links(ctx, p, d, m, i); err != nil {
			return err
		}
	}
	for range d.IntN(4) {
		if err := w.decides(ctx, p, d, m); err != nil {
			return err
		}
	}
	return w.asked(ctx, p, d, now.Add(time.Minute))
}

func (w *writer) links(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata, i int) error {
	kind := pick(d, domain.DeviceKinds())
	model, name := deviceName(d, kind)
	id := domain.DeviceID{UUID: idOf(w.Seed, p.number, ofDevice+i)}
	keys := []string{domain.AccountKey(p.account), domain.DeviceKey(id)}
	return w.record(ctx, p, d, m, domain.DeviceLinked{Device: id, Kind: kind, FirstOfDay: i == 0,
		Model: domain.Personal(domain.DeviceText{Text: model}, keys...), Name: domain.Personal(domain.DeviceText{Text: name}, keys...)})
}

// visits is what somebody does later: a decision or two, and queries of services.
func (w *writer) visits(ctx context.Context, p *person, now time.Time) error {
	for range 1 + w.dice.IntN(2) {
		if err := w.decides(ctx, p, w.dice, p.metadata(now)); err != nil {
			return err
		}
	}
	return w.asked(ctx, p, w.dice, now.Add(time.Second))
}

func (w *writer) decides(ctx context.Context, p *person, d *rand.Rand, m domain.Metadata) error {
	m.Command = domain.CommandID{UUID: roll(d)}
	id := domain.EventID{UUID: roll(d)}
	entry := journal.Entry{ID: id, Metadata: m, Event: p.decide(d, w.allowances, w.notices, id, m.At)}
	return w.place(ctx, p, entry)
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

// asked has services ask whether they may use somebody's data.
func (w *writer) asked(ctx context.Context, p *person, d *rand.Rand, now time.Time) error {
	for range d.IntN(4) {
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
		service := pick(d, w.services)
		m := domain.Metadata{At: now, Command: domain.CommandID{UUID: roll(d)}, Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](service)},
			Subject: p.account, Region: p.region, Channel: domain.ChannelAPI}
		w.accesses = append(w.accesses, journal.Entry{ID: domain.EventID{UUID: roll(d)}, Metadata: m, Event: p.access(d, service, w.allowances)})
	}
	return nil
}

func (p *person) metadata(now time.Time) domain.Metadata {
	return domain.Metadata{At: now, Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: p.account.UUID}}, Subject: p.account, Region: p.region,
		Channel: domain.ChannelAPI}
}
