package projectiontest

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// Person is somebody with an account, whose events are decided by the domain itself.
type Person struct {
	*domain.Account
	Region   domain.Region
	ledger   *Ledger
	notices  map[domain.Permission]*domain.Notices
	sessions map[domain.Month]*domain.Sessions
}

// passwordHash looks like the hash of everybody's password.
const passwordHash domain.PasswordHash = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"

// Notices publishes the catalogue's notices for a permission and returns all that were published for it.
func (l *Ledger) Notices(p domain.Permission) *domain.Notices {
	l.Helper()
	entry, ok := domain.TheCatalogue().Permission(p)
	if !ok {
		l.Fatalf("the catalogue has no %s", p)
	}
	n := &domain.Notices{}
	for _, f := range l.Append(domain.NoticeStream(p), n.Missing(l.controllers(), domain.TheCatalogue(), entry)...).Facts {
		must(l, n.Apply(f))
	}
	return n
}

// controllers describes the controller, once.
func (l *Ledger) controllers() *domain.Controllers {
	l.Helper()
	if len(l.described.All) == 0 {
		events, err := l.described.Describe(domain.Controller{ID: "test-controller", Name: "Test Controller", Address: "1 Test Street",
			Contact: "privacy@controller.test", Jurisdiction: "DE", Places: []domain.Region{"DE"}})
		must(l, err)
		for _, f := range l.Append(domain.ControllerStream, events...).Facts {
			must(l, l.described.Apply(f))
		}
	}
	return &l.described
}

// SignUp signs somebody up and verifies them. notices are those that the person can be shown.
func (l *Ledger) SignUp(region domain.Region, email string, notices map[domain.Permission]*domain.Notices) *Person {
	l.Helper()
	return l.Prove(l.RequestSignUp(region, email), region, email, notices, 0)
}

// Prove verifies a sign-up that was requested, after some wrong codes.
func (l *Ledger) Prove(id domain.SignUpID, region domain.Region, email string, notices map[domain.Permission]*domain.Notices, wrong int) *Person {
	l.Helper()
	signUp := domain.SignUpStream(id)
	meta := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}, Region: region}
	state := &domain.SignUp{}
	must(l, state.Apply(l.facts[id]))
	request, _ := domain.RequestOf(l.facts[id])
	proof := request.Start()
	for i := range wrong + 1 {
		events, _ := proof.Check(i == wrong, proof.IssuedAt) // by a wrong code it says that it is wrong
		for _, f := range l.AppendAs(meta, domain.VerificationStream(domain.VerificationID(id)), events...).Facts {
			must(l, proof.Apply(f))
		}
	}
	account, claim := domain.AccountID{UUID: uuid.New()}, domain.ClaimID{UUID: uuid.New()}
	meta.Subject = account
	l.AppendAs(meta, domain.IdentifierStream(claim), domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: account,
		Completes: domain.VerificationID(id), Purpose: domain.VerifySignUp})
	p := &Person{Account: domain.NewAccount(account), Region: region, ledger: l, notices: notices,
		sessions: map[domain.Month]*domain.Sessions{}}
	birth := domain.BirthMonth{Month: "1990-05"}
	capacity, rules := domain.DecideCapacity(region, birth, l.Now())
	p.record(domain.AccountOpened{SignUp: id, Claim: claim, Kind: domain.IdentifierEmail, Language: "de", Rules: rules, Capacity: capacity,
		Contact: domain.Personal(domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}, domain.AccountKey(account),
			domain.IdentifierKey(claim)),
		Birth: domain.Personal(birth, domain.AccountKey(account)),
		Hash:  domain.Personal(passwordHash, domain.AccountKey(account), domain.PasswordKey(domain.FirstPassword(id)))})
	l.AppendAs(meta, signUp, state.Complete(account, domain.NthAfter(proof.Tries), l.Now()))
	return p
}

// RequestSignUp is a sign-up that is not verified yet.
func (l *Ledger) RequestSignUp(region domain.Region, email string) domain.SignUpID {
	l.Helper()
	id := domain.SignUpID{UUID: uuid.New()}
	capacity, rules := domain.DecideCapacity(region, domain.BirthMonth{Month: "1990-05"}, l.Now())
	done := l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}, Region: region}, domain.SignUpStream(id),
		domain.SignUpRequested{Kind: domain.IdentifierEmail, Language: "de", Rules: rules, Capacity: capacity, HandleHash: domain.HashHandle(email),
			Delivery: domain.DeliveryID{UUID: domain.Derive(id.UUID, "delivery")},
			Contact:  domain.Personal(domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}, domain.SignUpKey(id)),
			Birth:    domain.Personal(domain.BirthMonth{Month: "1990-05"}, domain.SignUpKey(id)),
			Hash:     domain.Personal(passwordHash, domain.SignUpKey(id))})
	l.facts[id] = done.Facts[0]
	return id
}

// record appends events to the account's stream and applies them.
func (p *Person) record(events ...any) {
	p.ledger.Helper()
	subject := p.ID
	done := p.ledger.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: p.ID.UUID}},
		Subject: subject, Region: p.Region},
		domain.AccountStream(p.ID), events...)
	for _, f := range done.Facts {
		must(p.ledger, p.Apply(f))
	}
}

// decide records what the domain decided, nothing if it refused.
func (p *Person) decide(events []any, err error) {
	p.ledger.Helper()
	if err == nil && len(events) > 0 {
		p.record(events...)
	}
}

// Set grants or refuses a permission.
func (p *Person) Set(permission domain.Permission, purpose domain.Purpose, grant bool) {
	p.ledger.Helper()
	n := p.notices[permission]
	shown, _ := n.Current("de")
	p.decide(p.SetPermission(domain.SetPermission{Permission: permission, Purpose: purpose, Grant: grant, Notice: shown.Event},
		domain.TheCatalogue(), n, p.ledger.Now()))
}

// Link links a device.
func (p *Person) Link(kind domain.DeviceKind, model, name string) domain.DeviceID {
	p.ledger.Helper()
	id := domain.DeviceID{UUID: uuid.New()}
	p.decide(p.LinkDevice(domain.LinkDevice{ID: id, Kind: kind, Model: model, Name: name}, p.ledger.Now()))
	return id
}

// Rename renames a device.
func (p *Person) Rename(id domain.DeviceID, name string) {
	p.ledger.Helper()
	p.decide(p.RenameDevice(id, name))
}

// Unlink unlinks a device.
func (p *Person) Unlink(id domain.DeviceID) { p.ledger.Helper(); p.decide(p.UnlinkDevice(id)) }

// LinkedDevices returns the ids of the linked devices, in order.
func (p *Person) LinkedDevices() []domain.DeviceID {
	return slices.SortedFunc(maps.Keys(p.Devices), func(a, b domain.DeviceID) int { return p.Devices[a].Fact.At.Compare(p.Devices[b].Fact.At) })
}

// Speak changes the person's language.
func (p *Person) Speak(language string) { p.ledger.Helper(); p.decide(p.ChangeLanguage(language)) }

// Leave requests erasure after a grace period.
func (p *Person) Leave(grace time.Duration) {
	p.ledger.Helper()
	p.decide(p.RequestErasure(grace, p.ledger.Now()))
}

// Stay cancels an erasure.
func (p *Person) Stay() { p.ledger.Helper(); p.decide(p.CancelErasure()) }

// Erase carries out the erasure that is due.
func (p *Person) Erase() {
	p.ledger.Helper()
	if started := p.StartErasure(p.ledger.Now()); len(started) > 0 {
		p.record(started...)
		p.record(domain.ErasureCompleted{})
	}
}

// ChangePassword changes the password, and ends all other sessions.
func (p *Person) ChangePassword() {
	p.ledger.Helper()
	p.decide(p.Account.ChangePassword(p.Password.ID, domain.PasswordID{UUID: uuid.New()}, passwordHash, true))
}

// AddContact adds another address, and proves it.
func (p *Person) AddContact(email string) {
	p.ledger.Helper()
	id, claim := domain.VerificationID{UUID: uuid.New()}, domain.ClaimID{UUID: uuid.New()}
	meta := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](p.ID)}, Subject: p.ID, Region: p.Region}
	contact := domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}
	p.ledger.AppendAs(meta, domain.VerificationStream(id), domain.VerificationRequested{Purpose: domain.VerifyAddContact, Kind: contact.Kind,
		Medium: domain.MediumEmail, Account: p.ID, HandleHash: domain.HashHandle(email), Delivery: domain.DeliveryID{UUID: domain.Derive(id.UUID, "delivery")},
		Contact: domain.Personal(contact, domain.AccountKey(p.ID), domain.VerificationKey(id))},
		domain.VerificationPassed{Issue: 1, Purpose: domain.VerifyAddContact, RequestedOn: domain.DayOf(p.ledger.Now()), Took: domain.TookUnder1Minute, Nth: 1})
	p.ledger.AppendAs(meta, domain.IdentifierStream(claim), domain.IdentifierClaimed{Kind: contact.Kind, Account: p.ID,
		Completes: id, Purpose: domain.VerifyAddContact})
	p.decide(p.Attach(domain.ContactAttached{Claim: claim, Kind: contact.Kind, Verification: id,
		Contact: domain.Personal(contact, domain.AccountKey(p.ID), domain.IdentifierKey(claim))}, p.ledger.Now(), p.ledger.Now()))
}

// Move makes the address added last the primary one, and removes the one before it.
func (p *Person) Move(email string) {
	p.ledger.Helper()
	before, now := p.Primary().Claim, p.ledger.Now()
	contact := domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}
	message := func() domain.DeliveryID { return domain.DeliveryID{UUID: uuid.New()} }
	p.decide(p.MakePrimary(p.Contacts[len(p.Contacts)-1].Claim, contact, message(), now))
	p.decide(p.Detach(before, domain.LevelOne, message(), now))
}

// Undo undoes the latest removal of an address, after a wrong code.
func (p *Person) Undo(email string) {
	p.ledger.Helper()
	removal := p.Detached[len(p.Detached)-1].Removed.ID
	p.record(p.FailLink(domain.LinkUndo, removal))
	contact := domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}
	events, err := p.Account.Undo(removal, domain.LevelOne, contact, domain.DeliveryID{}, p.ledger.Now())
	p.decide(append([]any{domain.LinkUsed{Link: domain.LinkUndo, Of: removal}}, events...), err)
}

// LetGo lets go of the removed addresses whose time is over.
func (p *Person) LetGo() {
	p.ledger.Helper()
	for _, d := range p.Detached {
		p.decide(p.Release(d.Claim, p.ledger.Now()), nil)
	}
}

// Correct corrects the month of birth.
func (p *Person) Correct(before, month domain.Month) {
	p.ledger.Helper()
	p.decide(p.CorrectBirth(domain.BirthMonth{Month: before}, domain.BirthMonth{Month: month}, p.ledger.Now()))
}

// SignIn starts a session.
func (p *Person) SignIn() {
	p.ledger.Helper()
	now, session := p.ledger.Now(), domain.SessionID{UUID: uuid.New()}
	for _, m := range []domain.Month{domain.MonthOf(now), domain.MonthOf(now.AddDate(0, 0, -7))} {
		if p.sessions[m] == nil {
			p.sessions[m] = &domain.Sessions{}
		}
	}
	month := p.sessions[domain.MonthOf(now)]
	earlier := &domain.Sessions{}
	if m := month.Before(now); m != "" {
		earlier = p.sessions[m]
	}
	done := p.ledger.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](p.ID)}, Subject: p.ID, Region: p.Region},
		domain.SessionsStream(p.ID.UUID, domain.MonthOf(now)), domain.SessionStarted{Session: session, Owner: domain.ActorPerson,
			SecretHash: domain.HashHandle(session.String()), Expires: now.Add(domain.SessionLifetime), Level: domain.LevelOne,
			Methods: []domain.AuthMethod{domain.MethodPassword}, First: month.First(earlier, now), Cohort: p.Cohort(), OwnerAt: p.Version})
	for _, f := range done.Facts {
		must(p.ledger, month.Apply(f))
	}
}
