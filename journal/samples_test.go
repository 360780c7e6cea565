package journal_test

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// id is an id that does not change.
func id[K ~struct{ uuid.UUID }](n byte) K {
	return K{UUID: uuid.UUID{0: 0xa1, 6: 0x40, 8: 0x80, 15: n}}
}

func hash(c string) domain.Hash { return domain.Hash(strings.Repeat(c, 64)) }

var (
	sampleTime = time.Date(2026, 5, 17, 12, 30, 15, 123456000, time.UTC)
	contact    = domain.Contact{Kind: domain.IdentifierEmail, Typed: "Ada@example.com", Normalised: "ada@example.com"}
	birth      = domain.BirthMonth{Month: "1990-05"}
	watch      = domain.DeviceText{Text: "Ada's watch"}
	model      = domain.DeviceText{Text: "Model 3"}
	officer    = domain.OfficerInfo{Contact: contact, Name: "Ada Lovelace"}
	phc        = domain.PasswordHash("$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	client     = domain.ClientInfo{Address: "192.0.2.7", UserAgent: "test/1", Country: "FR"}
	decision   = domain.Decision{Permission: "location", For: "weather", Notice: id[domain.EventID](9), NoticeHash: hash("b"), NoticeVersion: 3, Language: "en",
		LegalBasis: domain.LegalBasisConsent, Method: domain.MethodSettings, GivenBy: domain.GivenBySelf, Capacity: domain.CapacitySelf,
		Previous: domain.StateWithdrawn, Before: id[domain.EventID](8), First: domain.FirstOfWeekAndMonth}
	rules = domain.Rules{Region: "DE", Version: 1}
)

// samples is one event of every type, with every field set, by the name it has in the log.
func samples() map[string]any {
	decided := domain.AccessDecided{Service: id[domain.ServiceID](7), Key: 2, Permission: "location", For: "weather", Outcome: domain.Allowed,
		Reason:         domain.ReasonGranted,
		AccountVersion: 4, Grant: id[domain.EventID](9)}
	account, device, claim, signUp, staff := id[domain.AccountID](1), id[domain.DeviceID](2), id[domain.ClaimID](3), id[domain.SignUpID](4), id[domain.StaffID](5)
	verification, password := id[domain.VerificationID](6), id[domain.PasswordID](19)
	factor := id[domain.FactorID](20)
	a, d, fk := domain.AccountKey(account), domain.DeviceKey(device), domain.FactorKey(factor)
	return map[string]any{
		"sign_up.requested.v1": domain.SignUpRequested{Kind: domain.IdentifierEmail, Language: "de", Rules: rules,
			Capacity: domain.CapacitySelf, HandleHash: hash("a"), Delivery: id[domain.DeliveryID](16),
			LongCode: true, Contact: domain.Personal(contact, domain.SignUpKey(signUp)), Birth: domain.Personal(birth, domain.SignUpKey(signUp)),
			Hash: domain.Personal(phc, domain.SignUpKey(signUp))},
		"sign_up.completed.v1": domain.SignUpCompleted{Account: account, RequestedOn: "2026-05-16", Took: domain.TookUnder5Minutes, Nth: 2},
		"sign_up.lapsed.v1":    domain.SignUpLapsed{Reason: domain.LapseTaken, RequestedOn: "2026-05-16"},

		"recovery.requested.v1": domain.RecoveryRequested{Kind: domain.IdentifierEmail, Medium: domain.MediumEmail, Language: "de", HandleHash: hash("a"),
			LongCode: true, Delivery: id[domain.DeliveryID](16), Contact: domain.Personal(contact, domain.RecoveryKey(id[domain.RecoveryID](18)))},
		"recovery.waiting.v1":   domain.RecoveryWaiting{Account: account, OwnerAt: 12, Until: sampleTime},
		"recovery.reminded.v1":  domain.RecoveryReminded{Account: account, Until: sampleTime},
		"recovery.proved.v1":    domain.RecoveryProved{Account: account, Claim: claim, OwnerAt: 12, Expires: sampleTime},
		"recovery.completed.v1": domain.RecoveryCompleted{},
		"recovery.lapsed.v1":    domain.RecoveryLapsed{Reason: domain.RecoverySuperseded},

		"verification.requested.v1": domain.VerificationRequested{Purpose: domain.VerifyAddContact, Kind: domain.IdentifierEmail,
			Medium: domain.MediumEmail, Account: account, HandleHash: hash("a"), LongCode: true, Delivery: id[domain.DeliveryID](16),
			Contact: domain.Personal(contact, a, domain.VerificationKey(verification))},
		"verification.issued.v1": domain.VerificationIssued{Issue: 2, Purpose: domain.VerifySignUp, Medium: domain.MediumEmail, LongCode: true,
			Delivery: id[domain.DeliveryID](16)},
		"verification.failed.v1": domain.VerificationFailed{Issue: 2, Try: 3, Purpose: domain.VerifySignUp, RequestedOn: "2026-05-16"},
		"verification.passed.v1": domain.VerificationPassed{Issue: 2, Purpose: domain.VerifyAddContact, RequestedOn: "2026-05-16",
			Took: domain.TookUnder15Minutes, Nth: 1},
		"verification.ended.v1": domain.VerificationEnded{Reason: domain.EndTries, Purpose: domain.VerifySignUp, RequestedOn: "2026-05-16"},
		"verification.missed.v1": domain.VerificationMissed{Verification: id[domain.VerificationID](17), Purpose: domain.VerifyAddContact,
			Reason: domain.EndTries, Tries: 5},
		"recovery.missed.v1": domain.RecoveryMissed{Recovery: id[domain.RecoveryID](21), Claim: claim, Proved: sampleTime, Reason: domain.RecoveryExpired},

		"identifier.claimed.v1": domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: account,
			Completes: domain.VerificationID(signUp), Purpose: domain.VerifySignUp},
		"identifier.retired.v1": domain.IdentifierRetired{},

		"account.opened.v1": domain.AccountOpened{SignUp: signUp, Claim: claim, Kind: domain.IdentifierEmail, Language: "de", Rules: rules,
			Capacity: domain.CapacityGuardian,
			Contact:  domain.Personal(contact, a, domain.IdentifierKey(claim)), Birth: domain.Personal(birth, a),
			Hash: domain.Personal(phc, a, domain.PasswordKey(domain.FirstPassword(signUp)))},
		"account.capacity_decided.v1":      domain.AccountCapacityDecided{Rules: rules, Capacity: domain.CapacitySelf, Previous: domain.CapacityGuardian},
		"account.signed_out_everywhere.v1": domain.AccountSignedOutEverywhere{},
		"contact.attached.v1": domain.ContactAttached{Claim: claim, Kind: domain.IdentifierEmail, Verification: verification, First: domain.FirstOfDay,
			Contact: domain.Personal(contact, a, domain.IdentifierKey(claim))},
		"contact.made_primary.v1": domain.ContactMadePrimary{Claim: claim, Kind: domain.IdentifierEmail, Replaces: id[domain.ClaimID](20),
			Delivery: id[domain.DeliveryID](16), Contact: domain.Personal(contact, a, domain.IdentifierKey(claim))},
		"contact.detached.v1": domain.ContactDetached{Claim: claim, Kind: domain.IdentifierEmail, UndoUntil: sampleTime, Level: domain.LevelOne,
			Delivery: id[domain.DeliveryID](16)},
		"contact.restored.v1": domain.ContactRestored{Claim: claim, Kind: domain.IdentifierEmail, Detached: id[domain.EventID](9), Tells: id[domain.ClaimID](20),
			Delivery: id[domain.DeliveryID](16)},
		"contact.released.v1": domain.ContactReleased{Claim: claim, Kind: domain.IdentifierEmail},
		"link.failed.v1":      domain.LinkFailed{Link: domain.LinkUndo, Of: id[domain.EventID](9), Try: 2},
		"link.used.v1":        domain.LinkUsed{Link: domain.LinkNotMe, Of: id[domain.EventID](9)},
		"account.birth_corrected.v1": domain.BirthCorrected{Rules: rules, Capacity: domain.CapacityGuardian, Previous: domain.CapacitySelf,
			Birth: domain.Personal(birth, a)},
		"password.changed.v1": domain.PasswordChanged{How: domain.PasswordByRecovery, Password: password, Replaces: domain.FirstPassword(signUp),
			Recovery: id[domain.RecoveryID](18), Hash: domain.Personal(phc, a, domain.PasswordKey(password))},
		"password.rehashed.v1": domain.PasswordRehashed{Password: password, Hash: domain.Personal(phc, a, domain.PasswordKey(password))},
		"account.guarded.v1":   domain.AccountGuarded{Until: sampleTime, Reason: domain.GuardRecovered},
		"language.changed.v1":  domain.LanguageChanged{Language: "zh-Hans"},

		"permission.granted.v1":   domain.PermissionGranted{Decision: decision, Nth: 1, Cohort: "2026-05"},
		"permission.withdrawn.v1": domain.PermissionWithdrawn{Decision: decision},
		"permission.confirmed.v1": domain.PermissionConfirmed{Decision: decision, State: domain.StateGranted},

		"device.linked.v1": domain.DeviceLinked{Device: device, Kind: "watch", First: domain.FirstEver, Nth: 1, Cohort: "2026-05",
			Model: domain.Personal(model, a, d), Name: domain.Personal(watch, a, d)},
		"device.renamed.v1":  domain.DeviceRenamed{Device: device, Name: domain.Personal(watch, a, d)},
		"device.unlinked.v1": domain.DeviceUnlinked{Device: device, Kind: "watch"},

		"factor.enrolled.v1": domain.FactorEnrolled{Factor: factor, Kind: domain.FactorPasskey, Level: domain.LevelOne, First: domain.FirstEver,
			Backup: domain.BackedUp,
			Name:   domain.Personal(domain.FactorName{Text: "my phone"}, a, fk),
			Secret: domain.Personal(domain.FactorSecret{Seed: []byte("12345678901234567890"),
				Codes: domain.RecoveryCodeHashes{Salt: []byte("salt"), Hashes: [][]byte{{1}}},
				Passkey: &domain.Passkey{ID: []byte("credential"),
					PublicKey: []byte("COSE"), SignCount: 3, Flags: 93, AAGUID: make([]byte, 16), Transports: []string{"internal"}, Format: "none"}}, a, fk)},
		"factor.renamed.v1":   domain.FactorRenamed{Factor: factor, Name: domain.Personal(domain.FactorName{Text: "the old phone"}, a, fk)},
		"factor.removed.v1":   domain.FactorRemoved{Factor: factor, Kind: domain.FactorTOTP, Reason: domain.FactorRemovedByOwner},
		"factor.doubted.v1":   domain.FactorDoubted{Factor: factor, Kind: domain.FactorPasskey, Reason: domain.DoubtCount},
		"password.removed.v1": domain.PasswordRemoved{Password: id[domain.PasswordID](18)},
		"party.named.v1":      domain.PartyNamed{Host: "accounts.example.com"},
		"factor.used.v1": domain.FactorUsed{Factor: factor, Kind: domain.FactorPasskey, For: domain.UseSignIn, Step: 59, Number: 3, Left: 7, Challenge: hash("f"),
			SignCount: 4, Backup: domain.BackedUp},

		"erasure.requested.v1": domain.ErasureRequested{Due: sampleTime},
		"erasure.reminded.v1":  domain.ErasureReminded{Stage: domain.StageLast, Due: sampleTime},
		"alert.disowned.v1":    domain.AlertDisowned{Of: id[domain.EventID](9)},
		"erasure.cancelled.v1": domain.ErasureCancelled{},
		"erasure.started.v1":   domain.ErasureStarted{},
		"erasure.completed.v1": domain.ErasureCompleted{},

		"session.started.v1": domain.SessionStarted{Session: id[domain.SessionID](6), Owner: domain.ActorPerson, SecretHash: hash("c"),
			Expires: sampleTime, Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword}, OwnerAt: 12,
			First: domain.FirstOfMonth, Cohort: "2026-05", NewClient: true, Unusual: []domain.Unusual{domain.UnusualClient, domain.UnusualCountry},
			Client: domain.Personal(client, a, domain.MonthKey("2026-05"))},
		"session.raised.v1": domain.SessionRaised{Session: id[domain.SessionID](6), SecretHash: hash("d"), Level: domain.LevelOne,
			Methods: []domain.AuthMethod{domain.MethodPassword}, OwnerAt: 13},
		"session.seen.v1":      domain.SessionSeen{Session: id[domain.SessionID](6)},
		"session.ended.v1":     domain.SessionEnded{Session: id[domain.SessionID](6), Reason: domain.SessionSignedOut},
		"client.known.v1":      domain.ClientKnown{Client: hash("e"), OwnerAt: 12},
		"client.remembered.v1": domain.ClientRemembered{Client: hash("e"), Until: sampleTime, OwnerAt: 12},
		"sign_in.begun.v1": domain.SignInBegun{Methods: []domain.AuthMethod{domain.MethodPassword}, Needs: []domain.AuthMethod{domain.MethodCode},
			Unusual: []domain.Unusual{domain.UnusualClient}, HandleHash: hash("b"), Expires: sampleTime, OwnerAt: 12},
		"sign_in.failed.v1":   domain.SignInFailed{Method: domain.MethodTOTP, Try: 1},
		"sign_in.passed.v1":   domain.SignInPassed{Session: id[domain.SessionID](6)},
		"attempts.counted.v1": domain.AttemptsCounted{Attempt: domain.AttemptSignIn, N: 5, At: sampleTime},
		"attempts.cleared.v1": domain.AttemptsCleared{Attempt: domain.AttemptInARow},
		"attempts.limited.v1": domain.AttemptsLimited{Attempt: domain.AttemptCode, Limit: 20, Seconds: 86400},

		"staff.added.v1":        domain.StaffAdded{CodeHash: hash("d"), Expires: sampleTime, Officer: domain.Personal(officer, domain.StaffKey(staff))},
		"staff.role_granted.v1": domain.StaffRoleGranted{Role: domain.RoleCompliance, Alone: true},
		"staff.role_ended.v1":   domain.StaffRoleEnded{Role: domain.RoleCompliance},
		"staff.enrolled.v1":     domain.StaffEnrolled{},
		"staff.reset.v1":        domain.StaffReset{CodeHash: hash("d"), Expires: sampleTime},
		"staff.ended.v1":        domain.StaffEnded{},
		"service.added.v1": domain.ServiceAdded{Service: id[domain.ServiceID](7), Name: "weather-app", KeyHash: hash("e"), Allowed: []domain.Allowance{
			{Permission: "location", Purpose: "weather"}, {Permission: "location", Purpose: "navigation"}}},
		"service.renamed.v1": domain.ServiceRenamed{Service: id[domain.ServiceID](7), Name: "forecasts"},
		"service.allowed.v1": domain.ServiceAllowed{Service: id[domain.ServiceID](7),
			Allowed: []domain.Allowance{{Permission: "location", Purpose: "weather"}}},
		"service.suspended.v1": domain.ServiceSuspended{Service: id[domain.ServiceID](7)},
		"service.resumed.v1":   domain.ServiceResumed{Service: id[domain.ServiceID](7)},
		"service.key_added.v1": domain.ServiceKeyAdded{Service: id[domain.ServiceID](7), Key: 2, KeyHash: hash("f")},
		"service.key_ended.v1": domain.ServiceKeyEnded{Service: id[domain.ServiceID](7), Key: 1},
		"service.ended.v1":     domain.ServiceEnded{Service: id[domain.ServiceID](7)},

		"access.decided.v1":   decided,
		"access.corrected.v1": domain.AccessCorrected{AccessDecided: decided, Corrects: id[domain.EventID](14)},
		"access.revealed.v1":  domain.AccessRevealed{Parts: []domain.RevealedPart{domain.RevealEmail, domain.RevealNames}, Found: true},
		"access.looked_up.v1": domain.AccessLookedUp{Kind: domain.IdentifierEmail, Found: true},
		"access.queried.v1": domain.AccessQueried{View: "accounts", Fingerprint: domain.Fingerprint(strings.Repeat("f", 32)), Rows: 25,
			Asked: id[domain.EventID](15), Question: domain.Personal(domain.Question{Query: `{"words":"granted"}`}, domain.LedgerKey())},
		"access.question_revealed.v1": domain.AccessQuestionRevealed{Asked: id[domain.EventID](16), Found: true},

		"delivery.admitted.v1": domain.DeliveryAdmitted{Class: domain.ClassGuest, Medium: domain.MediumEmail,
			Network: domain.Fingerprint(strings.Repeat("a", 32))},
		"delivery.attempted.v1": domain.DeliveryAttempted{Medium: domain.MediumEmail, Attempt: 2},
		"delivery.succeeded.v1": domain.DeliverySucceeded{},
		"delivery.failed.v1":    domain.DeliveryFailed{Failure: domain.FailRefused},

		"controller.described.v1": domain.ControllerDescribed{Material: true, Controller: domain.Controller{ID: "the-operator", Name: "The Operator",
			Address: "1 Main Street, Dublin", Contact: "privacy@operator.test", DPO: "dpo@operator.test", Authority: "Data Protection Commission",
			Jurisdiction: "IE", Places: []domain.Region{"IE", "DE"}}},
		"notice.published.v1": domain.NoticePublished{Permission: "location", Version: 3, Wording: 2, Material: true, Language: "en", Controller: "the-operator",
			Described: id[domain.EventID](15), Region: "DE", Hash: hash("b"), Text: "Location. Off until you allow it."},
		"ledger.restored.v1": domain.LedgerRestored{Cause: domain.CauseBackup, From: id[domain.LogID](15), BackupAt: sampleTime, Events: 1234,
			List: domain.ListProven, UID: 1000, Reason: domain.Personal(domain.OperatorReason{Text: "The disk is gone."}, domain.LedgerKey())},
		"ledger.imported.v1": domain.LedgerImported{From: id[domain.LogID](15), Events: 1234, UID: 1000},
		"limits.changed.v1":  domain.LimitsChanged{Profile: domain.LimitsSimulation, UID: 1000, InForce: true},
		"view.event_skipped.v1": domain.EventSkipped{View: "devices", Event: id[domain.EventID](15), UID: 1000,
			Reason: domain.Personal(domain.OperatorReason{Text: "The program stumbles over it."}, domain.LedgerKey())},
		"clock.confirmed.v1": domain.ClockConfirmed{Time: sampleTime, UID: 1000,
			Reason: domain.Personal(domain.OperatorReason{Text: "The ledger was switched off."}, domain.LedgerKey())},
		"operation.performed.v1": domain.OperationPerformed{Operation: domain.OpReplayRebuild, UID: 1000, Views: []domain.ViewName{"accounts", "daily"}},
	}
}

// sampleMetadata has every field set.
func sampleMetadata() domain.Metadata {
	return domain.Metadata{Format: domain.MetadataFormat, At: sampleTime, Command: id[domain.CommandID](10),
		Fingerprint: domain.Fingerprint(strings.Repeat("0", 32)),
		Actor:       domain.Actor{Kind: domain.ActorStaff, ID: id[domain.ID[any]](5)}, Session: id[domain.SessionID](6),
		OnBehalfOf: domain.Actor{Kind: domain.ActorPerson, ID: id[domain.ID[any]](1)},
		Subject:    id[domain.AccountID](1), Region: "DE", Channel: domain.ChannelAPI, Correlation: id[domain.EventID](11), Causation: id[domain.EventID](12),
		Purpose: domain.LookSubjectRequest, Case: "DSR-2026-0042"}
}
