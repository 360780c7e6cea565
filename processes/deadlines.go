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
			domain.EventSkipped{}, domain.ClockConfirmed{}, domain.VerificationFailed{}, domain.VerificationEnded{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.DeviceLinked{}),
		onStream(signUps, func(f domain.Fact, _ domain.SignUpRequested) change { return dueAt(f.At.Add(domain.SignUpLifetime)) }),
		onStream(signUps, soon[domain.VerificationPassed]), // a sign-up's verification has its id
		onStream(signUps, never[domain.SignUpCompleted]),
		onStream(signUps, never[domain.SignUpLapsed]),
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
