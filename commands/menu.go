package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/passkeys"
	"accountledger/passwords"
)

// Menu lists all commands and queries, one line each; menu below says who may use them.
type Menu struct {
	Authenticate       Authenticate
	AuthenticateErased AuthenticateErased
	Presume            Presume
	Ciphers            Ciphers
	PseudonymsOf       PseudonymsOf
	LanguageOf         LanguageOf
	// Passwords is what new passwords have to be like.
	Passwords passwords.Policy

	SignUp    Command[SignUp, SignedUp]
	CheckCode Command[CheckCode, Checked]
	Resend    Command[Resend, Resent]
	// Recover begins a recovery: back into an account without its password. Its codes are resent as any other's.
	Recover          Command[Recover, RecoveryBegun]
	CheckRecovery    Command[CheckRecovery, RecoveryChecked]
	WaitRecovery     Command[WaitRecovery, RecoveryWait]
	CompleteRecovery Command[CompleteRecovery, Recovered]

	SignIn Command[SignIn, SignedIn]
	// AskSignIn is for a sign-in by a passkey, and for guests.
	AskSignIn       Command[struct{}, passkeys.AssertionOptions]
	SignInByPasskey Command[SignInByPasskey, SignedIn]
	// ContinueSignIn is for one that needs more than the password.
	ContinueSignIn Command[ContinueSignIn, SignedIn]
	Enrol          Command[Enrol, Enrolled]
	Catalogue      Command[Catalogue, []CatalogueEntry]
	ReadNotice     Command[ReadNotice, Notice]
	ListNotices    Command[ListNotices, []NoticeVersion]

	Raise             Command[Raise, SignedIn]
	AskRaise          Command[struct{}, passkeys.AssertionOptions]
	ListSessions      Command[struct{}, []Session]
	EndSession        Command[EndSession, struct{}]
	SignOutEverywhere Command[struct{}, struct{}]

	Me              Command[struct{}, Me]
	ChangePassword  Command[ChangePassword, SignedIn]
	ListFactors     Command[struct{}, []Factor]
	OfferTOTP       Command[struct{}, TOTPOffer]
	ConfirmTOTP     Command[ConfirmTOTP, FactorAdded]
	MakeCodes       Command[struct{}, FactorAdded]
	OfferPasskey    Command[struct{}, passkeys.RegistrationOptions]
	ConfirmPasskey  Command[ConfirmPasskey, FactorAdded]
	RemovePassword  Command[struct{}, struct{}]
	RenameFactor    Command[RenameFactor, Factor]
	RemoveFactor    Command[RemoveFactor, struct{}]
	SetLanguage     Command[SetLanguage, domain.Language]
	ListContacts    Command[struct{}, []Contact]
	AddContact      Command[AddContact, ContactAdding]
	MakePrimary     Command[OwnContact, struct{}]
	RemoveContact   Command[OwnContact, ContactRemoved]
	Undo            Command[Undo, struct{}]
	NotMe           Command[NotMe, struct{}]
	CorrectBirth    Command[CorrectBirth, domain.Capacity]
	History         Command[ListHistory, History]
	ListSignIns     Command[ListSignIns, SignIns]
	ListPermissions Command[struct{}, Permissions]
	SetPermission   Command[domain.SetPermission, PermissionSet]
	ListDevices     Command[struct{}, []Device]
	LinkDevice      Command[domain.LinkDevice, Device]
	RenameDevice    Command[RenameDevice, Device]
	UnlinkDevice    Command[UnlinkDevice, struct{}]
	RequestErasure  Command[RequestErasure, ErasureView]
	SeeErasure      Command[Erasure, ErasureView]
	CancelErasure   Command[Erasure, ErasureView]

	// Accesses is who may see the accesses to their own data, which a view answers.
	Accesses Rule

	DecideAccess Command[DecideAccess, AccessDecision]

	LookUp      Command[LookUp, LookedUp]
	Reveal      Command[Reveal, Revealed]
	RecordQuery Command[RecordQuery, domain.EventID]
	// RevealQuestion is for what officers asked, by the records of RecordQuery.
	RevealQuestion Command[RevealQuestion, QuestionRevealed]
	ShowAccount    Command[ShowAccount, AccountShown]

	AddStaff     Command[AddStaff, StaffAdded]
	EndStaff     Command[OfStaff, StaffNow]
	EndStaffRole Command[StaffRole, StaffNow]
	ResetStaff   Command[OfStaff, StaffAdded]

	AddService Command[AddService, ServiceAdded]
	// ListServices is of all that were ever connected, the oldest first.
	ListServices   Command[struct{}, []domain.Service]
	RenameService  Command[RenameService, domain.Service]
	AllowService   Command[AllowService, domain.Service]
	SuspendService Command[OfService, domain.Service]
	ResumeService  Command[OfService, domain.Service]
	EndService     Command[OfService, domain.Service]
	AddServiceKey  Command[OfService, ServiceAdded]
	EndServiceKey  Command[EndServiceKey, domain.Service]
	Operate        Command[Operate, domain.EventID]
	SkipEvent      Command[SkipEvent, domain.Fact]

	ConfirmClock Command[ConfirmClock, time.Time]
	NoteClock    Command[NoteClock, struct{}]

	RecordRestore Command[RecordRestore, struct{}]
	RecordImport  Command[RecordImport, struct{}]
	EraseRestored Command[EraseRestored, ErasedRestored]
	DropClaim     Command[DropClaim, struct{}]

	RaiseLimits   Command[RaiseLimits, domain.EventID]
	RestoreLimits Command[RaiseLimits, domain.EventID]

	DescribeController Command[domain.Controller, ControllerSet]
	PublishNotices     Command[struct{}, struct{}]
	CheckParty         Command[CheckParty, struct{}]
	SettleVerification Command[SettleVerification, Settled]
	SettleUnlinked     Command[SettleUnlinked, struct{}]
	SettleFactor       Command[SettleFactor, struct{}]
	SettlePassword     Command[SettlePassword, struct{}]
	SettleRemoval      Command[SettleRemoval, Settled]
	SettleErasure      Command[SettleErasure, ErasureView]
	Retain             Command[struct{}, struct{}]
	Message            Command[domain.MessageRequest, MessageToSend]
	Alerts             Command[Alerts, []domain.MessageRequest]
	RecordDelivery     Command[RecordDelivery, DeliveryState]
}

func menu(c *core) *Menu {
	return &Menu{
		Authenticate:       c.authenticate,
		AuthenticateErased: c.authenticateErased,
		Presume:            c.presume,
		Ciphers:            c.ciphers,
		PseudonymsOf:       c.pseudonymsOf,
		LanguageOf:         c.languageOf,
		Passwords:          c.Checker.Policy(),

		SignUp:           by(c, anyone, onCall((*call).signUp)),
		CheckCode:        by(c, anyone, onCall((*call).checkCode)),
		Resend:           by(c, anyone, onCall((*call).resend)),
		Recover:          by(c, anyone, onCall((*call).beginRecovery)),
		CheckRecovery:    by(c, anyone, onCall((*call).checkRecovery)),
		WaitRecovery:     by(c, anyone, onCall((*call).waitRecovery)),
		CompleteRecovery: by(c, anyone, onCall((*call).completeRecovery)),
		SignIn:           by(c, anyone, onCall((*call).signIn)),
		AskSignIn:        by(c, anyone, onCall((*call).askSignIn)),
		SignInByPasskey:  by(c, anyone, onCall((*call).signInByPasskey)),
		ContinueSignIn:   by(c, anyone, onCall((*call).continueSignIn)),
		Enrol:            by(c, anyone, onCall((*call).enrol)),
		Catalogue:        by(c, anyone, onCall((*call).catalogue)),
		ReadNotice:       by(c, anyone, onCall((*call).readNotice)),
		ListNotices:      by(c, anyone, onCall((*call).listNotices)),

		Raise:             by(c, signedIn, changing((*call).raise)),
		AskRaise:          by(c, ownerEvenClosing, onCall((*call).askRaise)),
		ListSessions:      by(c, signedIn, onCall((*call).listSessions)),
		EndSession:        by(c, signedIn, onCall((*call).endSession)),
		SignOutEverywhere: by(c, signedIn, onCall((*call).signOutEverywhere)),

		Me:              by(c, ownerEvenClosing, onCall((*call).me)),
		ChangePassword:  by(c, fresh(owner, freshPerson), changing((*call).changePassword)),
		ListFactors:     by(c, ownerEvenClosing, onCall((*call).listFactors)),
		OfferTOTP:       by(c, fresh(owner, freshPerson), onCall((*call).offerTOTP)),
		ConfirmTOTP:     by(c, fresh(owner, freshPerson), changing((*call).confirmTOTP)),
		OfferPasskey:    by(c, fresh(owner, freshPerson), onCall((*call).offerPasskey)),
		ConfirmPasskey:  by(c, fresh(owner, freshPerson), changing((*call).confirmPasskey)),
		RemovePassword:  by(c, fresh(owner, freshPerson), changing((*call).removePassword)),
		MakeCodes:       by(c, fresh(owner, freshPerson), changing((*call).makeCodes)),
		RenameFactor:    by(c, owner, changing((*call).renameFactor)),
		RemoveFactor:    by(c, fresh(owner, freshPerson), changing((*call).removeFactor)),
		SetLanguage:     by(c, owner, changing((*call).setLanguage)),
		ListContacts:    by(c, ownerEvenClosing, onCall((*call).listContacts)),
		AddContact:      by(c, fresh(owner, freshPerson), changing((*call).addContact)),
		MakePrimary:     by(c, fresh(owner, freshPerson), changing((*call).makePrimary)),
		RemoveContact:   by(c, fresh(owner, freshPerson), changing((*call).removeContact)),
		Undo:            by(c, anyone, onCall((*call).undo)), // the link is the proof
		NotMe:           by(c, anyone, onCall((*call).notMe)),
		CorrectBirth:    by(c, fresh(owner, freshPerson), changing((*call).correctBirth)),
		History:         by(c, ownerEvenClosing, onCall((*call).history)),
		ListSignIns:     by(c, ownerEvenClosing, onCall((*call).listSignIns)),
		ListPermissions: by(c, ownerEvenClosing, onCall((*call).listPermissions)),
		SetPermission:   by(c, owner, changing((*call).setPermission)),
		ListDevices:     by(c, ownerEvenClosing, onCall((*call).listDevices)),
		LinkDevice:      by(c, owner, changing((*call).linkDevice)),
		RenameDevice:    by(c, owner, changing((*call).renameDevice)),
		UnlinkDevice:    by(c, owner, changing((*call).unlinkDevice)),
		RequestErasure:  by(c, fresh(ownerEvenClosing, freshPerson), changing((*call).requestErasure)),
		SeeErasure:      by(c, anyone, onCall((*call).seeErasure)), // the id is the proof
		CancelErasure:   by(c, ownerEvenClosing, onCall((*call).cancelErasure)),

		Accesses: ownerEvenClosing,

		DecideAccess: by(c, service, onCall((*call).decideAccess)),

		LookUp:      by(c, fresh(officer(domain.RoleCompliance), freshOfficer), onCall((*call).lookUp)),
		Reveal:      by(c, fresh(officer(domain.RoleCompliance), freshOfficer), onCall((*call).reveal)),
		RecordQuery: by(c, viewer, onCall((*call).recordQuery)),

		RevealQuestion: by(c, fresh(officer(domain.RoleCompliance), freshOfficer), onCall((*call).revealQuestion)),
		ShowAccount:    by(c, officer(domain.RoleCompliance), onCall((*call).showAccount)),

		AddStaff:     by(c, operator, onCall((*call).addStaff)),
		EndStaff:     by(c, operator, onCall((*call).endStaff)),
		EndStaffRole: by(c, operator, onCall((*call).endStaffRole)),
		ResetStaff:   by(c, operator, onCall((*call).resetStaff)),

		AddService: by(c, operator, onCall((*call).addService)),

		ListServices:   by(c, operator, onCall((*call).listServices)),
		RenameService:  by(c, operator, onCall((*call).renameService)),
		AllowService:   by(c, operator, onCall((*call).allowService)),
		SuspendService: by(c, operator, onCall((*call).suspendService)),
		ResumeService:  by(c, operator, onCall((*call).resumeService)),
		EndService:     by(c, operator, onCall((*call).endService)),
		AddServiceKey:  by(c, operator, onCall((*call).addServiceKey)),
		EndServiceKey:  by(c, operator, onCall((*call).endServiceKey)),

		Operate:   by(c, operator, onCall((*call).operate)),
		SkipEvent: by(c, operator, onCall((*call).skipEvent)),

		ConfirmClock: by(c, operator, onCall((*call).confirmClock)),
		NoteClock:    by(c, system, onCall((*call).noteClock)),

		RecordRestore: by(c, operator, onCall((*call).recordRestore)),
		RecordImport:  by(c, operator, onCall((*call).recordImport)),
		EraseRestored: by(c, system, onCall((*call).eraseRestored)),
		DropClaim:     by(c, system, onCall((*call).dropClaim)),

		RaiseLimits:   by(c, operator, onCall((*call).raiseLimits)),
		RestoreLimits: by(c, operator, onCall((*call).restoreLimits)),

		DescribeController: by(c, operator, onCall((*call).describeController)),
		PublishNotices:     by(c, system, onCall((*call).publishNotices)),
		CheckParty:         by(c, system, onCall((*call).checkParty)),
		SettleVerification: by(c, system, onCall((*call).settleVerification)),
		SettleUnlinked:     by(c, system, onCall((*call).settleUnlinked)),
		SettleFactor:       by(c, system, onCall((*call).settleFactor)),
		SettlePassword:     by(c, system, onCall((*call).settlePassword)),
		SettleRemoval:      by(c, system, onCall((*call).settleRemoval)),
		SettleErasure:      by(c, system, onCall((*call).settleErasure)),
		Retain:             by(c, system, onCall((*call).retain)),
		Message:            by(c, system, onCall((*call).message)),
		Alerts:             by(c, system, onCall((*call).alerts)),
		RecordDelivery:     by(c, system, onCall((*call).recordDelivery)),
	}
}

// onCall adapts a method of call for the menu.
func onCall[I, O any](run func(*call, context.Context, I) (O, error)) func(context.Context, *call, I) (O, error) {
	return func(ctx context.Context, k *call, in I) (O, error) { return run(k, ctx, in) }
}
