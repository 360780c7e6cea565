package domain

import "time"

// Message is a kind of message.
type Message string

// Messages.
const (
	MessageCode         Message = "code"          // a code to sign up
	MessageExists       Message = "you_have_it"   // somebody tried to sign up with an address that has an account
	MessageErasing      Message = "being_erased"  // likewise, and the account is being erased
	MessageContactCode  Message = "contact_code"  // a code to add the address to an account
	MessageSignInCode   Message = "sign_in_code"  // a code to sign in from a client that is not known
	MessageContactTaken Message = "contact_taken" // somebody tried to add an address that another account has
	MessageHeld         Message = "address_held"  // somebody tried to use an address whose removal from an account can be undone

	MessageRemoved      Message = "contact_removed"  // the address was removed from an account; with a link to undo it
	MessageDemoted      Message = "contact_demoted"  // the address is an account's primary one no more
	MessageRestored     Message = "contact_restored" // the removal of another address was undone, which changed who can be reached
	MessageRecoveryCode Message = "recovery_code"    // a code to set another password
	MessageNoAccount    Message = "no_account"       // somebody asked for one for an address that nobody has
	MessageTooNew       Message = "recovery_later"   // somebody asked for one for an address that was added lately
)

// Messages that tell an account's owner of what they may not have done; see Fact.Alert.
const (
	MessageNewSignIn        Message = "new_sign_in"       // from a client that was not known
	MessagePasswordKnown    Message = "password_known"    // a sign-in with the right password that needs more
	MessagePasswordChanged  Message = "password_changed"  // by who knew the one before
	MessageRecoveryProved   Message = "recovery_proved"   // somebody gave the code to recover the account that was sent to another address
	MessageRecoveryWaits    Message = "recovery_waits"    // to go on without a second factor
	MessageRecovered        Message = "account_recovered" // the password was changed by a recovery
	MessageContactAdded     Message = "contact_added"     // another address
	MessageContactGone      Message = "contact_gone"      // another address was removed
	MessageDeviceLinked     Message = "device_linked"
	MessageFactorAdded      Message = "factor_added"       // a second factor
	MessageFactorGone       Message = "factor_removed"     // by its owner
	MessageFewCodes         Message = "recovery_codes_low" // hardly any are left
	MessageFactorDoubted    Message = "factor_doubted"     // a passkey may have been copied
	MessagePasswordGone     Message = "password_removed"
	MessageErasureAsked     Message = "erasure_requested"
	MessageErasureTomorrow  Message = "erasure_tomorrow" // a day before it
	MessageErasureNow       Message = "erasure_now"      // just before it
	MessageErasureCancelled Message = "erasure_cancelled"
	MessageDisowned         Message = "not_me" // somebody said of one of these that it was not them
)

// Alerts lists the messages that tell an account's owner of what they may not have done.
func Alerts() []Message {
	return []Message{MessageNewSignIn, MessagePasswordKnown, MessagePasswordChanged, MessageRecoveryProved, MessageRecoveryWaits,
		MessageRecovered, MessageContactAdded,
		MessageContactGone, MessageDeviceLinked, MessageFactorAdded, MessageFactorGone, MessageFewCodes, MessageFactorDoubted, MessagePasswordGone,
		MessageErasureAsked,
		MessageErasureTomorrow, MessageErasureNow, MessageErasureCancelled, MessageDisowned}
}

// Messages lists every kind of message.
func Messages() []Message {
	return append(Alerts(), MessageCode, MessageExists, MessageErasing, MessageContactCode, MessageContactTaken, MessageSignInCode, MessageHeld,
		MessageRecoveryCode, MessageNoAccount, MessageTooNew, MessageRemoved, MessageDemoted, MessageRestored)
}

// Validate refuses unknown values.
func (m Message) Validate() error { return oneOf(m, Messages()...) }

// MessageClass says who asks for a message. Each class has a budget of its own, so that nobody uses up what another needs.
type MessageClass string

// Classes.
const (
	ClassGuest    MessageClass = "guest"    // anybody: codes to sign up
	ClassRecovery MessageClass = "recovery" // anybody, to get back into an account
	ClassOwn      MessageClass = "own"      // a person who is signed in or has the right password, for their own account
	ClassAlert    MessageClass = "alert"    // the ledger, about what happened to an account
	ClassOperator MessageClass = "operator" // staff, in a case
)

// MessageClasses lists every class.
func MessageClasses() []MessageClass {
	return []MessageClass{ClassGuest, ClassRecovery, ClassOwn, ClassAlert, ClassOperator}
}

// Validate refuses unknown values.
func (c MessageClass) Validate() error { return oneOf(c, MessageClasses()...) }

// proofMessages is what a purpose's verifications have sent: the class, and the messages to a free and to a taken address. The latter
// goes to the account that has the address.
type proofMessages struct {
	class       MessageClass
	free, taken Message
}

func (p VerificationPurpose) messages() proofMessages {
	switch p {
	case VerifySignUp:
		return proofMessages{ClassGuest, MessageCode, MessageExists}
	case VerifyAddContact:
		return proofMessages{ClassOwn, MessageContactCode, MessageContactTaken}
	case VerifySignIn: // once somebody else has the address, nothing goes there
		return proofMessages{class: ClassOwn, free: MessageSignInCode}
	case VerifyRecover: // as many messages go to an address that nobody has, so that none tells by its delivery
		return proofMessages{ClassRecovery, MessageNoAccount, MessageRecoveryCode}
	}
	return proofMessages{}
}

// Class is the class of the messages that verifications of the purpose have sent.
func (p VerificationPurpose) Class() MessageClass { return p.messages().class }

// Codes reports whether the message to a taken address, or to a free one, has the code.
func (p VerificationPurpose) Codes(taken bool) bool { return taken == (p == VerifyRecover) }

// Message is what is sent to prove an address: a code, or word of the attempt. Who wants to recover an account proves an address that is
// taken, everybody else one that is free.
func (p VerificationPurpose) Message(taken bool) Message {
	if taken {
		return p.messages().taken
	}
	return p.messages().free
}

// MessageRequest is a message that an event asks for: the one about an issue of a verification, whose addressee is who can be reached
// at the address to prove, or one that tells an account's owner of the event. What it says is decided when it is sent. Its place in the
// budget of its class was taken before.
type MessageRequest struct {
	Class        MessageClass   `json:"class"`
	Verification VerificationID `json:"verification,omitzero"`
	Issue        int            `json:"issue,omitzero"`
	Telling      Telling        `json:"telling,omitzero"`
	Delivery     DeliveryID     `json:"delivery"`
}

// Telling is a message that tells an account's owner of an event, at one of the account's addresses.
type Telling struct {
	Kind    Message   `json:"kind"`
	Account AccountID `json:"account"`
	Event   EventID   `json:"event"`
	At      time.Time `json:"at"` // of the event
	To      ClaimID   `json:"to"`
	Session SessionID `json:"session,omitzero"` // that it is about
}

// Asks is the message that an event asks for; false if it asks for none.
func (f Fact) Asks() (MessageRequest, bool) {
	id, ok := streamOf(f.Stream) // the verification of a sign-up or a recovery has its id
	m := MessageRequest{Verification: VerificationID{id}, Issue: 1}
	switch e := f.Event.(type) {
	case SignUpRequested:
		m.Class, m.Delivery = VerifySignUp.Class(), e.Delivery
	case RecoveryRequested:
		m.Class, m.Delivery = VerifyRecover.Class(), e.Delivery
	case VerificationRequested:
		m.Class, m.Delivery = e.Purpose.Class(), e.Delivery
	case VerificationIssued:
		m.Class, m.Issue, m.Delivery = e.Purpose.Class(), e.Issue, e.Delivery
	case ContactDetached:
		return f.tells(MessageRemoved, e.Claim, e.Delivery)
	case ContactMadePrimary:
		return f.tells(MessageDemoted, e.Replaces, e.Delivery)
	case ContactRestored:
		return f.tells(MessageRestored, e.Tells, e.Delivery)
	default:
		return MessageRequest{}, false
	}
	return m, ok
}

// tells is the message that tells an account's owner of an event; false if it has no place in the budget, and none is sent.
func (f Fact) tells(kind Message, to ClaimID, place DeliveryID) (MessageRequest, bool) {
	id, ok := streamOf(f.Stream)
	return MessageRequest{Class: ClassAlert, Delivery: place,
		Telling: Telling{Kind: kind, Account: AccountID{id}, Event: f.ID, At: f.At, To: to}}, ok && !place.IsZero()
}
