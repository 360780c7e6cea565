package journal

import "accountledger/domain"

// Types lists every type of event by the name it has in the log.
func Types() []Type {
	return []Type{
		Event[domain.SignUpRequested]("sign_up.requested.v1"),
		Event[domain.SignUpCompleted]("sign_up.completed.v1"),
		Event[domain.SignUpLapsed]("sign_up.lapsed.v1"),

		Event[domain.RecoveryRequested]("recovery.requested.v1"),
		Event[domain.RecoveryProved]("recovery.proved.v1"),
		Event[domain.RecoveryWaiting]("recovery.waiting.v1"),
		Event[domain.RecoveryReminded]("recovery.reminded.v1"),
		Event[domain.RecoveryCompleted]("recovery.completed.v1"),
		Event[domain.RecoveryLapsed]("recovery.lapsed.v1"),

		Event[domain.VerificationRequested]("verification.requested.v1"),
		Event[domain.VerificationIssued]("verification.issued.v1"),
		Event[domain.VerificationFailed]("verification.failed.v1"),
		Event[domain.VerificationPassed]("verification.passed.v1"),
		Event[domain.VerificationEnded]("verification.ended.v1"),
		Event[domain.VerificationMissed]("verification.missed.v1"),
		Event[domain.RecoveryMissed]("recovery.missed.v1"),

		Event[domain.IdentifierClaimed]("identifier.claimed.v1"),
		Event[domain.IdentifierRetired]("identifier.retired.v1"),

		Event[domain.AccountOpened]("account.opened.v1"),
		Event[domain.AccountCapacityDecided]("account.capacity_decided.v1"),
		Event[domain.AccountSignedOutEverywhere]("account.signed_out_everywhere.v1"),
		Event[domain.LanguageChanged]("language.changed.v1"),
		Event[domain.ContactAttached]("contact.attached.v1"),
		Event[domain.ContactMadePrimary]("contact.made_primary.v1"),
		Event[domain.ContactDetached]("contact.detached.v1"),
		Event[domain.ContactRestored]("contact.restored.v1"),
		Event[domain.ContactReleased]("contact.released.v1"),
		Event[domain.LinkFailed]("link.failed.v1"),
		Event[domain.LinkUsed]("link.used.v1"),
		Event[domain.BirthCorrected]("account.birth_corrected.v1"),
		Event[domain.PasswordChanged]("password.changed.v1"),
		Event[domain.PasswordRehashed]("password.rehashed.v1"),
		Event[domain.PasswordRemoved]("password.removed.v1"),
		Event[domain.FactorEnrolled]("factor.enrolled.v1"),
		Event[domain.FactorRenamed]("factor.renamed.v1"),
		Event[domain.FactorRemoved]("factor.removed.v1"),
		Event[domain.FactorUsed]("factor.used.v1"),
		Event[domain.FactorDoubted]("factor.doubted.v1"),
		Event[domain.AccountGuarded]("account.guarded.v1"),
		Event[domain.AlertDisowned]("alert.disowned.v1"),

		Event[domain.PermissionGranted]("permission.granted.v1"),
		Event[domain.PermissionWithdrawn]("permission.withdrawn.v1"),
		Event[domain.PermissionConfirmed]("permission.confirmed.v1"),

		Event[domain.DeviceLinked]("device.linked.v1"),
		Event[domain.DeviceRenamed]("device.renamed.v1"),
		Event[domain.DeviceUnlinked]("device.unlinked.v1"),

		Event[domain.ErasureRequested]("erasure.requested.v1"),
		Event[domain.ErasureReminded]("erasure.reminded.v1"),
		Event[domain.ErasureCancelled]("erasure.cancelled.v1"),
		Event[domain.ErasureStarted]("erasure.started.v1"),
		Event[domain.ErasureCompleted]("erasure.completed.v1"),

		Event[domain.SessionStarted]("session.started.v1"),
		Event[domain.SessionRaised]("session.raised.v1"),
		Event[domain.SessionSeen]("session.seen.v1"),
		Event[domain.SessionEnded]("session.ended.v1"),
		Event[domain.ClientKnown]("client.known.v1"),
		Event[domain.ClientRemembered]("client.remembered.v1"),
		Event[domain.SignInBegun]("sign_in.begun.v1"),
		Event[domain.SignInFailed]("sign_in.failed.v1"),
		Event[domain.SignInPassed]("sign_in.passed.v1"),
		Event[domain.AttemptsCounted]("attempts.counted.v1"),
		Event[domain.AttemptsLimited]("attempts.limited.v1"),
		Event[domain.AttemptsCleared]("attempts.cleared.v1"),

		Event[domain.StaffAdded]("staff.added.v1"),
		Event[domain.StaffRoleGranted]("staff.role_granted.v1"),
		Event[domain.StaffRoleEnded]("staff.role_ended.v1"),
		Event[domain.StaffEnrolled]("staff.enrolled.v1"),
		Event[domain.StaffReset]("staff.reset.v1"),
		Event[domain.StaffEnded]("staff.ended.v1"),
		Event[domain.ServiceAdded]("service.added.v1"),
		Event[domain.ServiceRenamed]("service.renamed.v1"),
		Event[domain.ServiceAllowed]("service.allowed.v1"),
		Event[domain.ServiceSuspended]("service.suspended.v1"),
		Event[domain.ServiceResumed]("service.resumed.v1"),
		Event[domain.ServiceKeyAdded]("service.key_added.v1"),
		Event[domain.ServiceKeyEnded]("service.key_ended.v1"),
		Event[domain.ServiceEnded]("service.ended.v1"),

		Event[domain.AccessDecided]("access.decided.v1"),
		Event[domain.AccessCorrected]("access.corrected.v1"),
		Event[domain.AccessRevealed]("access.revealed.v1"),
		Event[domain.AccessLookedUp]("access.looked_up.v1"),
		Event[domain.AccessQueried]("access.queried.v1"),
		Event[domain.AccessQuestionRevealed]("access.question_revealed.v1"),

		Event[domain.DeliveryAdmitted]("delivery.admitted.v1"),
		Event[domain.DeliveryAttempted]("delivery.attempted.v1"),
		Event[domain.DeliverySucceeded]("delivery.succeeded.v1"),
		Event[domain.DeliveryFailed]("delivery.failed.v1"),

		Event[domain.ControllerDescribed]("controller.described.v1"),
		Event[domain.PartyNamed]("party.named.v1"),
		Event[domain.NoticePublished]("notice.published.v1"),
		Event[domain.LedgerRestored]("ledger.restored.v1"),
		Event[domain.LedgerImported]("ledger.imported.v1"),
		Event[domain.OperationPerformed]("operation.performed.v1"),
		Event[domain.LimitsChanged]("limits.changed.v1"),
		Event[domain.EventSkipped]("view.event_skipped.v1"),
		Event[domain.ClockConfirmed]("clock.confirmed.v1"),
	}
}

// Upcasters lists how events of older versions are read.
func Upcasters() []Upcaster { return nil }

// PartUpcasters lists how parts of older versions are read.
func PartUpcasters() []PartUpcaster { return nil }
