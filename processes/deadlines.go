package processes

import (
	"accountledger/domain"
)

// Version is that of the list's rules and schema. Raise it when the list of an old log would come out otherwise: a list of another
// version is filled again.
const Version = 4

// deadlines says what each type of event does to the list.
func deadlines() declaration {
	return declare(
		ignore(domain.VerificationIssued{}, domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.AccountOpened{},
			domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{}, domain.PermissionConfirmed{},
			domain.DeviceRenamed{}, domain.SessionStarted{}, domain.SessionEnded{}, domain.AttemptsLimited{}, domain.StaffAdded{},
			domain.StaffRoleGranted{}, domain.StaffEnrolled{}, domain.ServiceAdded{}, domain.AccessDecided{},
			domain.AccessCorrected{}, domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{},
			domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{}, domain.NoticePublished{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}, domain.VerificationFailed{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.DeviceLinked{}),
		onStream(proofs, func(f domain.Fact, _ domain.SignUpRequested) change {
			return dueAt(f.At.Add(domain.VerificationLifetime))
		}),
		onStream(proofs, func(f domain.Fact, _ domain.VerificationRequested) change {
			return dueAt(f.At.Add(domain.VerificationLifetime))
		}),
		onStream(proofs, soon[domain.VerificationPassed]), // a sign-up's verification has its id
		onStream(proofs, soon[domain.SignUpCompleted]),    // once more, to make sure that its key is destroyed
		onStream(proofs, soon[domain.SignUpLapsed]),
		onStream(proofs, soon[domain.VerificationEnded]),
		on(func(f domain.Fact, e domain.ContactAttached) (change, bool) {
			c := dueSoon(f)
			c.kind, c.id = proofs, e.Verification.UUID
			return c, true
		}),
		onStream(erasures, func(_ domain.Fact, e domain.ErasureRequested) change { return dueAt(e.Due) }),
		onStream(erasures, soon[domain.ErasureStarted]),
		onStream(erasures, never[domain.ErasureCancelled]),
		onStream(erasures, never[domain.ErasureCompleted]),
		on(func(f domain.Fact, e domain.DeviceUnlinked) (change, bool) {
			c := dueSoon(f)
			c.kind, c.id = devices, e.Device.UUID
			return c, true
		}),
	)
}
