package projections_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
)

// personal is what the people of the scenario said of themselves; no view may hold it.
func personal() []string {
	return []string{"anna.muster@example.org", "bela.beispiel@example.org", "nobody@example.org", "Annas geheimes Telefon", "Modell Geheim", "Annas neuer Name",
		"192.0.2.77", "Officer Otto"}
}

// everything lets every type of event happen at least once. What is new goes to the end, so that the golden log only gains lines.
func everything(l *projectiontest.Ledger) {
	said := personal()
	notices := map[domain.Permission]*domain.Notices{"location": l.Notices("location"), "health": l.Notices("health")}
	operator := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorOperator}, Channel: domain.ChannelConsole}
	officer, service := domain.StaffID{UUID: uuid.New()}, domain.ServiceID{UUID: uuid.New()}
	l.AppendAs(operator, domain.StaffStream(officer), domain.StaffAdded{CodeHash: domain.HashHandle("code"), Expires: l.Now().Add(24 * time.Hour),
		Officer: domain.Personal(domain.OfficerInfo{Contact: domain.Contact{Kind: domain.IdentifierEmail}, Name: said[7]}, domain.StaffKey(officer))},
		domain.StaffRoleGranted{Role: domain.RoleCompliance, Alone: true}, domain.StaffEnrolled{})
	l.AppendAs(operator, domain.ServicesStream, domain.ServiceAdded{Service: service, Name: "weather-app", KeyHash: domain.HashHandle("key"),
		Allowed: []domain.Allowance{{Permission: "location", Purpose: "weather"}}})
	l.AppendAs(operator, domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpReplayRebuild, UID: 1000, Views: []domain.ViewName{"daily"}})

	anna := l.SignUp("DE", said[0], notices)
	anna.Set("location", "weather", true)
	anna.Set("location", "weather", true) // confirms
	anna.Set("location", "navigation", true)
	anna.Set("location", "weather", false)
	anna.Set("location", "weather", true)          // not the first of the day
	anna.Set("health", "wellness_insights", false) // confirms what it was: no decision
	phone := anna.Link("phone", said[4], said[3])
	anna.Rename(phone, said[5])
	gone := anna.Link("watch", said[4], said[3])
	anna.Unlink(gone)
	session := domain.SessionID{UUID: uuid.New()}
	sessions := domain.SessionsStream(anna.ID.UUID, domain.MonthOf(l.Now()))
	self := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: anna.ID.UUID}}, Subject: anna.ID, Region: "DE"}
	l.AppendAs(self, sessions, domain.SessionStarted{Session: session, Owner: domain.ActorPerson, SecretHash: domain.HashHandle("secret"),
		Expires: l.Now().Add(time.Hour), Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword},
		First: domain.FirstOfWeekAndMonth, Cohort: anna.Cohort(),
		Client: domain.Personal(domain.ClientInfo{Address: said[6], UserAgent: "a browser"}, domain.AccountKey(anna.ID), domain.MonthKey(domain.MonthOf(l.Now())))},
		domain.SessionEnded{Session: session, Reason: domain.SessionSignedOut})
	l.AppendAs(self, domain.AccountStream(anna.ID), domain.AccountSignedOutEverywhere{},
		domain.AccountCapacityDecided{Rules: domain.Rules{Region: "DE", Version: 1}, Capacity: domain.CapacityGuardian, Previous: domain.CapacitySelf},
		domain.AccountCapacityDecided{Rules: domain.Rules{Region: "DE", Version: 1}, Capacity: domain.CapacitySelf, Previous: domain.CapacityGuardian})

	deliver(l, said[1])
	l.Pass(24 * time.Hour)
	bela := l.SignUp("FR", said[1], notices)
	bela.Link("tablet", said[4], said[3])
	l.Look(anna)
	l.Look(bela)
	corrected(l, anna)
	look(l, officer, bela)
	bela.Set("location", "weather", true)
	bela.Leave(time.Hour)
	bela.Stay()
	bela.Leave(0)
	bela.Erase()
	anna.Leave(14 * 24 * time.Hour)
	l.AppendAs(operator, domain.OperationsStream, domain.LimitsChanged{Profile: domain.LimitsSimulation, UID: 1000, InForce: true})
	l.AppendAs(operator, domain.RestoresStream, domain.LedgerRestored{Cause: domain.CauseBackup, From: domain.LogID{UUID: uuid.New()}, BackupAt: l.Now(),
		Events: 1234, List: domain.ListUnproven, UID: 1000})
	l.AppendAs(operator, domain.RestoresStream, domain.LedgerImported{From: domain.LogID{UUID: uuid.New()}, Events: 1234, UID: 1000})
	l.AppendAs(operator, domain.OperationsStream, domain.EventSkipped{View: "devices", Event: domain.EventID{UUID: uuid.New()}, UID: 1000,
		Reason: domain.Personal(domain.OperatorReason{Text: "a reason of an operator's"}, domain.LedgerKey())})
	l.AppendAs(operator, domain.ClockStream, domain.ClockConfirmed{Time: l.Now(), UID: 1000,
		Reason: domain.Personal(domain.OperatorReason{Text: "a reason of an operator's"}, domain.LedgerKey())})
	cleo := l.SignUp("AT", said[0], notices)
	cleo.Speak("zh_hans")
	cleo.AddContact(said[0])
	l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}, Region: "AT"}, domain.DeliveryStream(domain.DeliveryID{UUID: uuid.New()}),
		domain.DeliveryAdmitted{Class: domain.ClassGuest, Medium: domain.MediumEmail, Network: domain.Fingerprint(strings.Repeat("0", 32))},
		domain.DeliveryAttempted{Medium: domain.MediumEmail, Attempt: 1})
	l.AppendAs(self, sessions, domain.SessionSeen{Session: session}, domain.SessionRaised{Session: session, SecretHash: domain.HashHandle("another"),
		Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword}})
	m := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any](officer)}}
	l.AppendAs(m, domain.AccessStream(officer.UUID, domain.DayOf(l.Now())),
		domain.AccessQueried{View: "accounts", Fingerprint: domain.Fingerprint(strings.Repeat("1", 32)), Rows: 1,
			Question: domain.Personal(domain.Question{Query: "{}"}, domain.LedgerKey())})
	another := domain.SessionID{UUID: uuid.New()}
	l.AppendAs(self, domain.ClientsStream(anna.ID.UUID), domain.ClientKnown{Client: domain.HashHandle("client")},
		domain.ClientKnown{Client: domain.HashHandle("another client"), OwnerAt: 3})
	l.AppendAs(self, sessions, domain.SessionStarted{Session: another, Owner: domain.ActorPerson, SecretHash: domain.HashHandle("secret 2"),
		Expires: l.Now().Add(time.Hour), Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword}, NewClient: true,
		Unusual: []domain.Unusual{domain.UnusualClient}, First: domain.FirstOfWeek, Cohort: anna.Cohort(), OwnerAt: 3})
	signIn := domain.SignInID{UUID: uuid.New()}
	l.AppendAs(self, domain.SignInStream(signIn), domain.SignInBegun{Methods: []domain.AuthMethod{domain.MethodPassword},
		Needs: []domain.AuthMethod{domain.MethodCode}, Unusual: []domain.Unusual{domain.UnusualClient}, HandleHash: domain.HashHandle("handle"),
		Expires: l.Now().Add(domain.SignInLifetime)},
		domain.SignInPassed{Session: session})
	l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}}, domain.AttemptsStream([32]byte{2}, string(domain.MonthOf(l.Now()))),
		domain.AttemptsCounted{Attempt: domain.AttemptInARow, N: 25, At: l.Now()}, domain.AttemptsCleared{Attempt: domain.AttemptInARow})
	search(l, officer, anna, cleo)
	l.AppendAs(domain.Metadata{Subject: cleo.ID, Region: cleo.Region, Channel: domain.ChannelProcess}, domain.MissedStream(cleo.ID),
		domain.VerificationMissed{Verification: domain.VerificationID(signIn), Purpose: domain.VerifySignIn, Reason: domain.EndExpired, Tries: 2})
	cleo.ChangePassword()
	l.AppendAs(domain.Metadata{Subject: cleo.ID, Region: cleo.Region}, domain.AccountStream(cleo.ID),
		domain.PasswordRehashed{Password: cleo.Password.ID, Hash: domain.Personal(domain.PasswordHash("$argon2id$"), domain.AccountKey(cleo.ID),
			domain.PasswordKey(cleo.Password.ID))},
		cleo.Guard(domain.GuardRecovered, l.Now()))
	moves(l, cleo)
	recoveries(l, cleo, said[0])
	told(l, cleo)
	factors(l, anna)
	l.AppendAs(domain.Metadata{Subject: cleo.ID, Region: cleo.Region, Channel: domain.ChannelProcess}, domain.MissedStream(cleo.ID),
		domain.RecoveryMissed{Recovery: domain.RecoveryID{UUID: uuid.New()}, Claim: cleo.Contacts[0].Claim, Proved: l.Now(), Reason: domain.RecoveryExpired})
	passkeys(l, anna)
	l.AppendAs(operator, domain.ServicesStream, domain.ServiceKeyAdded{Service: service, Key: 2, KeyHash: domain.HashHandle("key 2")},
		domain.ServiceKeyEnded{Service: service, Key: 1}, domain.ServiceRenamed{Service: service, Name: "forecasts"},
		domain.ServiceAllowed{Service: service, Allowed: []domain.Allowance{{Permission: "location", Purpose: "navigation"}}},
		domain.ServiceSuspended{Service: service}, domain.ServiceResumed{Service: service}, domain.ServiceEnded{Service: service})
	l.AppendAs(operator, domain.StaffStream(officer), domain.StaffReset{CodeHash: domain.HashHandle("code 2"), Expires: l.Now().Add(24 * time.Hour)},
		domain.StaffEnrolled{}, domain.StaffRoleEnded{Role: domain.RoleCompliance}, domain.StaffEnded{})
}

// moves is somebody who goes from one address to another, which somebody undoes, and to it again.
func moves(l *projectiontest.Ledger, p *projectiontest.Person) {
	one, other := personal()[0], personal()[2]
	l.Pass(domain.GuardLifetime)
	p.Move(one)
	p.Undo(other)
	l.Pass(domain.GuardLifetime)
	p.Move(one)
	l.Pass(domain.UndoLifetime)
	p.LetGo()
	p.Correct("1990-05", "1991-06")
}

// recoveries are two: one that was completed, and one that another superseded.
func recoveries(l *projectiontest.Ledger, of *projectiontest.Person, email string) {
	hers := domain.Metadata{Subject: of.ID, Region: of.Region}
	for _, end := range []any{domain.RecoveryCompleted{}, domain.RecoveryLapsed{Reason: domain.RecoverySuperseded}} {
		id := domain.RecoveryID{UUID: uuid.New()}
		l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}}, domain.RecoveryStream(id), domain.RecoveryRequested{Kind: domain.IdentifierEmail,
			Medium: domain.MediumEmail, Language: "de", HandleHash: domain.HashHandle(email), Delivery: domain.DeliveryID{UUID: domain.Derive(id.UUID, "delivery")},
			Contact: domain.Personal(domain.Contact{Kind: domain.IdentifierEmail, Typed: email, Normalised: email}, domain.RecoveryKey(id))})
		l.AppendAs(hers, domain.RecoveryStream(id), domain.RecoveryProved{Account: of.ID, Claim: of.Contacts[0].Claim, OwnerAt: of.Version,
			Expires: l.Now().Add(domain.VerificationLifetime)}, end)
	}
}

// search is a query that names two people, and a look of another officer at what was asked.
func search(l *projectiontest.Ledger, officer domain.StaffID, one, other *projectiontest.Person) {
	stream := domain.AccessStream(officer.UUID, domain.DayOf(l.Now()))
	m := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any](officer)}, Purpose: domain.LookFraud, Case: "FR-2026-9"}
	m.Subject, m.Region = one.ID, one.Region
	query := domain.AccessQueried{View: "activity", Fingerprint: domain.Fingerprint(strings.Repeat("2", 32)), Rows: 7}
	first := query
	first.Question = domain.Personal(domain.Question{Query: `{"filter":{}}`}, domain.LedgerKey())
	query.Asked = l.AppendAs(m, stream, first).Facts[0].ID
	m.Subject, m.Region = other.ID, other.Region
	l.AppendAs(m, stream, query)
	auditor := domain.StaffID{UUID: domain.Derive(officer.UUID, "auditor")}
	l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any](auditor)}, Purpose: domain.LookAudit, Case: "AUD-2026-1"},
		domain.AccessStream(auditor.UUID, domain.DayOf(l.Now())), domain.AccessQuestionRevealed{Asked: query.Asked, Found: true})
}

// deliver is what happens around a sign-up that comes to nothing.
func deliver(l *projectiontest.Ledger, email string) {
	today, id := domain.DayOf(l.Now()), l.RequestSignUp("DE", email)
	guest := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}, Region: "DE"}
	l.AppendAs(guest, domain.VerificationStream(domain.VerificationID(id)),
		domain.VerificationIssued{Issue: 2, Purpose: domain.VerifySignUp, Medium: domain.MediumEmail,
			Delivery: domain.DeliveryID{UUID: domain.Derive(id.UUID, "delivery")}},
		domain.VerificationFailed{Issue: 2, Try: 1, Purpose: domain.VerifySignUp, RequestedOn: today},
		domain.VerificationFailed{Issue: 2, Try: 2, Purpose: domain.VerifySignUp, RequestedOn: today},
		domain.VerificationEnded{Reason: domain.EndTries, Purpose: domain.VerifySignUp, RequestedOn: today})
	l.AppendAs(guest, domain.SignUpStream(id), domain.SignUpLapsed{Reason: domain.LapseTries, RequestedOn: today})
	attempt := domain.DeliveryAttempted{Medium: domain.MediumEmail, Attempt: 1}
	for _, end := range []any{domain.DeliverySucceeded{}, domain.DeliveryFailed{Failure: domain.FailUnreachable}} {
		l.AppendAs(domain.Metadata{Channel: domain.ChannelProcess, Region: "DE"}, domain.DeliveryStream(domain.DeliveryID{UUID: uuid.New()}), attempt, end)
	}
	l.AppendAs(guest, domain.AttemptsStream([32]byte{1}, string(domain.DayOf(l.Now()))),
		domain.AttemptsLimited{Attempt: domain.AttemptSignIn, Limit: 20, Seconds: 900})
	claim := domain.ClaimID{UUID: uuid.New()}
	l.Append(domain.IdentifierStream(claim), domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: domain.AccountID{UUID: uuid.New()},
		Completes: domain.VerificationID(id), Purpose: domain.VerifySignUp}, domain.IdentifierRetired{})
}

func look(l *projectiontest.Ledger, officer domain.StaffID, p *projectiontest.Person) {
	m := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any](officer)}, Purpose: domain.LookLegalOrder, Case: "LEG-2026-1"}
	stream := domain.AccessStream(officer.UUID, domain.DayOf(l.Now()))
	l.AppendAs(m, stream, domain.AccessLookedUp{Kind: domain.IdentifierEmail},
		domain.AccessQueried{View: "accounts", Fingerprint: domain.Fingerprint(strings.Repeat("0", 32)), Rows: 3})
	m.Subject = p.ID
	l.AppendAs(m, stream, domain.AccessLookedUp{Kind: domain.IdentifierEmail, Found: true})
}

func TestTheGoldenLogHoldsEveryType(t *testing.T) {
	l := projectiontest.New(t)
	l.ReadGolden(goldenLog)
	seen := map[string]bool{}
	for at := (journal.Checkpoint{}); ; {
		page, err := l.Journal.ReadAll(t.Context(), at, 500)
		if err != nil || page.Waits != nil {
			t.Fatal(err, page.Waits)
		}
		if page.Checkpoint == at {
			break
		}
		at = page.Checkpoint
		for _, r := range page.Records {
			seen[r.Type] = true
		}
	}
	for _, typ := range journal.Types() {
		if !seen[typ.Name()] {
			t.Errorf("%s is missing: let it happen in the scenario, then run with -update", typ.Name())
		}
	}
}

func TestViewsAreDeclaredWell(t *testing.T) {
	for _, d := range projections.All() {
		if err := d.Check(); err != nil {
			t.Error(err)
		}
	}
}

// told is what somebody is told of who then says that it was not them.
func told(l *projectiontest.Ledger, p *projectiontest.Person) {
	p.Leave(14 * 24 * time.Hour)
	l.Pass(13 * 24 * time.Hour)
	l.AppendAs(domain.Metadata{Subject: p.ID, Region: p.Region, Channel: domain.ChannelProcess}, domain.AccountStream(p.ID),
		domain.ErasureReminded{Stage: domain.StageDayBefore, Due: l.Now().Add(24 * time.Hour)})
	l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorGuest}, Subject: p.ID, Region: p.Region}, domain.AccountStream(p.ID),
		domain.LinkUsed{Link: domain.LinkNotMe, Of: domain.EventID{UUID: uuid.New()}}, domain.AlertDisowned{Of: domain.EventID{UUID: uuid.New()}},
		domain.AccountSignedOutEverywhere{}, p.Guard(domain.GuardDisowned, l.Now()), domain.ErasureCancelled{})
}

// factors is somebody who has an authenticator app for a time, and signs in with it.
func factors(l *projectiontest.Ledger, p *projectiontest.Person) {
	self := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](p.ID)}, Subject: p.ID, Region: p.Region}
	app, keys := domain.FactorID{UUID: uuid.New()}, []string{domain.AccountKey(p.ID)}
	keys = append(keys, domain.FactorKey(app))
	l.AppendAs(self, domain.AccountStream(p.ID), domain.FactorEnrolled{Factor: app, Kind: domain.FactorTOTP, Level: domain.LevelOne, First: domain.FirstEver,
		Name: domain.Personal(domain.FactorName{Text: personal()[3]}, keys...), Secret: domain.Personal(domain.FactorSecret{Seed: []byte("seed")}, keys...)},
		domain.FactorRenamed{Factor: app, Name: domain.Personal(domain.FactorName{Text: personal()[4]}, keys...)})
	signIn := domain.SignInID{UUID: uuid.New()}
	l.AppendAs(self, domain.SignInStream(signIn), domain.SignInBegun{Methods: []domain.AuthMethod{domain.MethodPassword},
		Needs: []domain.AuthMethod{domain.MethodTOTP}, HandleHash: domain.HashHandle("handle"),
		Expires: l.Now().Add(domain.SignInLifetime)},
		domain.SignInFailed{Method: domain.MethodTOTP, Try: 1})
	l.AppendAs(self, domain.FactorStream(app), domain.FactorUsed{Factor: app, Kind: domain.FactorTOTP, For: domain.UseSignIn, Step: l.Now().Unix() / 30})
	l.AppendAs(self, domain.ClientsStream(p.ID.UUID), domain.ClientRemembered{Client: domain.HashHandle("client"), Until: l.Now().Add(domain.RememberedFor)})
	l.AppendAs(self, domain.SessionsStream(p.ID.UUID, domain.MonthOf(l.Now())), domain.SessionStarted{Session: domain.SessionID{UUID: uuid.New()},
		Owner: domain.ActorPerson, SecretHash: domain.HashHandle("secret 3"), Expires: l.Now().Add(time.Hour), Level: domain.LevelTwo,
		Methods: []domain.AuthMethod{domain.MethodPassword, domain.MethodTOTP}, First: domain.FirstOfWeekAndMonth, Cohort: p.Cohort()})
	l.AppendAs(self, domain.AccountStream(p.ID), domain.FactorRemoved{Factor: app, Kind: domain.FactorTOTP, Reason: domain.FactorRemovedByOwner})
	until := l.Now().Add(domain.DefaultRecoveryWait)
	l.AppendAs(self, domain.RecoveryStream(domain.RecoveryID{UUID: uuid.New()}), domain.RecoveryWaiting{Account: p.ID, OwnerAt: p.Version, Until: until},
		domain.RecoveryReminded{Account: p.ID, Until: until})
}

// passkeys is somebody who signs in by a passkey, and has no password for a time.
func passkeys(l *projectiontest.Ledger, p *projectiontest.Person) {
	self := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](p.ID)}, Subject: p.ID, Region: p.Region}
	key := domain.FactorID{UUID: uuid.New()}
	keys := []string{domain.AccountKey(p.ID), domain.FactorKey(key)}
	l.AppendAs(domain.Metadata{Actor: self.Actor}, domain.PartyStream, domain.PartyNamed{Host: "accounts.example.com"})
	l.AppendAs(self, domain.AccountStream(p.ID), domain.FactorEnrolled{Factor: key, Kind: domain.FactorPasskey, Level: domain.LevelTwo, First: domain.FirstEver,
		Backup: domain.BackupNone, Name: domain.Personal(domain.FactorName{Text: personal()[3]}, keys...),
		Secret: domain.Personal(domain.FactorSecret{Passkey: &domain.Passkey{ID: []byte("id"), PublicKey: []byte("key"), Flags: 5}}, keys...)})
	l.AppendAs(self, domain.FactorStream(key), domain.FactorUsed{Factor: key, Kind: domain.FactorPasskey, For: domain.UseSignIn, SignCount: 7,
		Challenge: domain.HashHandle("challenge"), Backup: domain.BackupEligible},
		domain.FactorDoubted{Factor: key, Kind: domain.FactorPasskey, Reason: domain.DoubtCopyable})
	l.AppendAs(self, domain.SessionsStream(p.ID.UUID, domain.MonthOf(l.Now())), domain.SessionStarted{Session: domain.SessionID{UUID: uuid.New()},
		Owner: domain.ActorPerson, SecretHash: domain.HashHandle("secret 4"), Expires: l.Now().Add(time.Hour), Level: domain.LevelTwo,
		Methods: []domain.AuthMethod{domain.MethodPasskey}, Cohort: p.Cohort()})
	without, again := p.Account.Password.ID, domain.PasswordID{UUID: uuid.New()}
	l.AppendAs(self, domain.AccountStream(p.ID), domain.PasswordRemoved{Password: without})
	l.AppendAs(self, domain.AccountStream(p.ID), domain.PasswordChanged{How: domain.PasswordByOwner, Password: again,
		Hash: domain.Personal(domain.PasswordHash("hash"), domain.AccountKey(p.ID), domain.PasswordKey(again))})
	l.AppendAs(self, domain.AccountStream(p.ID), domain.FactorRemoved{Factor: key, Kind: domain.FactorPasskey, Reason: domain.FactorRemovedByOwner})
}
