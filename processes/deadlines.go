package processes

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// Version is that of the list's rules and schema. Raise it when the list of an old log would come out otherwise: a list of another
// version is filled again.
const Version = 12

// deadlines says what each type of event does to the list.
func deadlines() declaration {
	return declare(
		ignore(domain.VerificationIssued{}, domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.AccountOpened{},
			domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{}, domain.PermissionConfirmed{},
			domain.PasswordRehashed{}, domain.AccountGuarded{}, domain.AlertDisowned{},
			domain.ContactMadePrimary{}, domain.LinkFailed{}, domain.LinkUsed{}, domain.BirthCorrected{},
			domain.DeviceRenamed{}, domain.FactorEnrolled{}, domain.FactorRenamed{}, domain.FactorUsed{}, domain.FactorDoubted{}, domain.ClientRemembered{},
			domain.SignInFailed{},
			domain.SessionStarted{}, domain.SessionRaised{}, domain.SessionSeen{}, domain.SessionEnded{}, domain.ClientKnown{}, domain.SignInBegun{},
			domain.AttemptsCounted{}, domain.AttemptsLimited{}, domain.AttemptsCleared{}, domain.StaffAdded{},
			domain.StaffRoleGranted{}, domain.StaffEnrolled{}, domain.StaffRoleEnded{}, domain.StaffReset{}, domain.StaffEnded{},
			domain.ServiceAdded{},
			domain.ServiceRenamed{}, domain.ServiceAllowed{}, domain.ServiceSuspended{},
			domain.ServiceResumed{}, domain.ServiceKeyAdded{}, domain.ServiceKeyEnded{}, domain.ServiceEnded{},
			domain.AccessDecided{},
			domain.AccessCorrected{}, domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{},
			domain.AccessQuestionRevealed{},
			domain.DeliveryAdmitted{}, domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{},
			domain.ControllerDescribed{}, domain.NoticePublished{}, domain.PartyNamed{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}, domain.VerificationFailed{}, domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.DeviceLinked{}),
		onStream(proofs, func(f domain.Fact, _ domain.SignUpRequested) change {
			return dueAt(f.At.Add(domain.VerificationLifetime))
		}),
		onStream(proofs, func(f domain.Fact, e domain.VerificationRequested) change {
			return dueAt(f.At.Add(e.Purpose.Lifetime()))
		}),
		onStream(proofs, soon[domain.VerificationPassed]), // a sign-up's verification has its id
		onStream(proofs, never[domain.SignUpCompleted]),
		onStream(proofs, func(f domain.Fact, _ domain.RecoveryRequested) change {
			return dueAt(f.At.Add(domain.VerificationLifetime))
		}),
		onStream(proofs, func(_ domain.Fact, e domain.RecoveryProved) change { return dueAt(e.Expires) }),
		onStream(proofs, func(f domain.Fact, e domain.RecoveryWaiting) change {
			return dueAt(domain.NextRecoveryDue(f.At, e.Until))
		}),
		onStream(proofs, func(f domain.Fact, e domain.RecoveryReminded) change {
			return dueAt(domain.NextRecoveryDue(f.At, e.Until))
		}),
		onStream(proofs, never[domain.RecoveryCompleted]),
		onStream(proofs, never[domain.RecoveryLapsed]),
		onStream(proofs, never[domain.SignUpLapsed]),
		// Once more, to make sure that the key of a verification is destroyed, and its owner told. A sign-up's is, before the sign-up ends.
		on(func(f domain.Fact, e domain.VerificationEnded) (change, bool) {
			id, ok := domain.ParseID(strings.TrimPrefix(f.Stream, "verification-"))
			return dueSoonFor(f, proofs, id), ok && e.Purpose != domain.VerifySignUp
		}),
		on(func(f domain.Fact, e domain.ContactAttached) (change, bool) {
			return dueSoonFor(f, proofs, e.Verification.UUID), true
		}),
		on(func(f domain.Fact, _ domain.SignInPassed) (change, bool) {
			id, ok := domain.ParseID(strings.TrimPrefix(f.Stream, "signin-"))
			return dueSoonFor(f, proofs, id), ok
		}),
		on(func(_ domain.Fact, e domain.ContactDetached) (change, bool) {
			return change{kind: removals, id: e.Claim.UUID, due: e.UndoUntil}, true
		}),
		on(func(_ domain.Fact, e domain.ContactRestored) (change, bool) {
			return change{kind: removals, id: e.Claim.UUID}, true
		}),
		on(func(f domain.Fact, e domain.ContactReleased) (change, bool) {
			return dueSoonFor(f, removals, e.Claim.UUID), true
		}),
		onStream(passwords, soon[domain.PasswordChanged]),
		onStream(passwords, soon[domain.PasswordRemoved]),
		onStream(erasures, func(f domain.Fact, e domain.ErasureRequested) change { return erasureStage(f, e.Due) }),
		onStream(erasures, func(f domain.Fact, e domain.ErasureReminded) change { return erasureStage(f, e.Due) }),
		onStream(erasures, soon[domain.ErasureStarted]),
		onStream(erasures, never[domain.ErasureCancelled]),
		onStream(erasures, never[domain.ErasureCompleted]),
		on(func(f domain.Fact, e domain.FactorRemoved) (change, bool) {
			return dueSoonFor(f, factors, e.Factor.UUID), true
		}),
		on(func(f domain.Fact, e domain.DeviceUnlinked) (change, bool) {
			return dueSoonFor(f, devices, e.Device.UUID), true
		}),
	)
}

// erasureStage is due when the person is to be told once more of an erasure, or when that is to start.
func erasureStage(f domain.Fact, due time.Time) change {
	_, at := domain.NextStage(due, f.At)
	return dueAt(at)
}

// dueSoonFor is dueSoon for an entry that the stream does not name.
func dueSoonFor(f domain.Fact, k kind, id uuid.UUID) change {
	c := dueSoon(f)
	c.kind, c.id = k, id
	return c
}
