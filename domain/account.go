package domain

import "time"

// AccountOpened: a verified sign-up became an account. Reading the address takes both the account's key and the identifier's,
// so it is lost with either.
type AccountOpened struct {
	SignUp   SignUpID           `json:"sign_up"`
	Claim    ClaimID            `json:"claim"`
	Kind     IdentifierKind     `json:"kind"`
	Language Language           `json:"language"`
	Rules    Rules              `json:"rules"`
	Capacity Capacity           `json:"capacity"`
	Contact  Part[Contact]      `json:"contact"`
	Birth    Part[BirthMonth]   `json:"birth_month"`
	Hash     Part[PasswordHash] `json:"password_hash"` // its keys are the account's and that of FirstPassword
}

// FirstPassword is the password that an account was opened with.
func (e *AccountOpened) FirstPassword() PasswordID { return FirstPassword(e.SignUp) }

// FirstPassword is the password that the account of a sign-up is opened with.
func FirstPassword(id SignUpID) PasswordID { return PasswordID{Derive(id.UUID, "password")} }

// AccountCapacityDecided: under the rules in force the person's capacity has changed.
type AccountCapacityDecided struct {
	Rules    Rules    `json:"rules"`
	Capacity Capacity `json:"capacity"`
	Previous Capacity `json:"previous"`
}

// AccountSignedOutEverywhere ends every session that started before it.
type AccountSignedOutEverywhere struct{}

// Account is the state of an account, as far as decisions need it.
type Account struct {
	ID         AccountID
	Version    int64 // of the last fact applied
	Opened     *AccountOpened
	OpenedFact Fact
	Region     Region
	Language   Language // of messages and notices to the person
	Rules      Rules
	Capacity   Capacity
	contacts
	factors
	Birth      AccountBirth
	Password   AccountPassword
	Recoveries AccountRecoveries
	// Disowned: the password lets nobody in before a recovery has changed it.
	Disowned     bool
	DisownedAt   int64     // version of the latest word that something was not its owner; -1 before the first
	GuardedUntil time.Time // zero if it never was
	Permissions  map[Allowance]PermissionState
	PermissionAt int64 // version of the last decision on a permission; -1 before the first
	Devices      map[DeviceID]*Device
	EverywhereAt int64 // version of the last sign-out everywhere; -1 before the first
	Erasure      Erasure
	at           time.Time // of the latest fact
	guardedAt    time.Time // when it was last guarded
	grants       int       // made so far
	links        int
	linked       map[DeviceKind]onDay                               // on which a device of the kind was last linked
	tried        map[linkOf]linkState                               // links in messages
	own          struct{ permissions, devices, linked, tried bool } // maps that no fork shares
}

// NewAccount is an account before its first fact.
func NewAccount(id AccountID) *Account {
	return &Account{ID: id, Version: -1, PermissionAt: -1, EverywhereAt: -1, DisownedAt: -1, factors: factors{FactorsAt: -1},
		Permissions: map[Allowance]PermissionState{}, Devices: map[DeviceID]*Device{}, linked: map[DeviceKind]onDay{}}
}

// Fork returns a copy to apply facts to; see forked.
func (a *Account) Fork() *Account {
	b := *a
	b.own = struct{ permissions, devices, linked, tried bool }{}
	return &b
}

// Exists reports whether the account was ever opened.
func (a *Account) Exists() bool { return a.Opened != nil }

// Apply applies a fact to the state.
func (a *Account) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case AccountOpened:
		a.Opened, a.OpenedFact, a.Region, a.Language, a.Rules, a.Capacity = &e, f, f.Region, e.Language, e.Rules, e.Capacity
		a.Password = AccountPassword{ID: e.FirstPassword(), Hash: e.Hash, Fact: f}
		a.Birth, a.primary = AccountBirth{Month: e.Birth, Fact: f}, e.Claim
		a.attach(f, ContactAttached{Claim: e.Claim, Kind: e.Kind, Verification: VerificationID(e.SignUp), Contact: e.Contact})
	case ContactAttached:
		a.attach(f, e)
	case ContactMadePrimary:
		a.makePrimary(f, e)
	case ContactDetached:
		a.detach(f, e)
	case ContactRestored:
		a.restore(e)
		a.doubt(EventID{}, f.At)
	case ContactReleased:
		a.release(e)
	case LinkFailed:
		a.try(e.Link, e.Of, f.At, e.Try, false)
	case LinkUsed:
		a.try(e.Link, e.Of, f.At, 0, true)
	case BirthCorrected:
		a.Birth = AccountBirth{Month: e.Birth, Fact: f, Corrected: f.At}
		a.Rules, a.Capacity = e.Rules, e.Capacity
	case PasswordChanged:
		a.Password.change(f, e)
		if e.How == PasswordByRecovery {
			a.Disowned = false
			a.Recoveries.add(f, e.Recovery)
		}
	case PasswordRehashed:
		a.Password.Hash, a.Password.Fact = e.Hash, f
	case FactorEnrolled:
		a.enrol(f, e)
	case FactorRenamed:
		a.rename(f, e)
	case FactorRemoved:
		a.remove(f, e.Factor)
	case AccountGuarded:
		if a.GuardedUntil, a.guardedAt = e.Until, f.At; e.Reason == GuardRestored {
			a.settledUntil = e.Until
		}
	case AlertDisowned:
		a.Disowned, a.DisownedAt = true, f.Version
		a.doubt(e.Of, f.At)
	case LanguageChanged:
		a.Language = e.Language
	case AccountCapacityDecided:
		a.Rules, a.Capacity = e.Rules, e.Capacity
	case AccountSignedOutEverywhere:
		a.EverywhereAt = f.Version
	case PermissionGranted:
		a.decided(f, e.Decision, true)
	case PermissionWithdrawn:
		a.decided(f, e.Decision, false)
	case PermissionConfirmed:
		a.PermissionAt = f.Version
		a.confirmed(f, e)
	case DeviceLinked:
		forked(&a.Devices, &a.own.devices)[e.Device] = &Device{DeviceLinked: e, Fact: f, NameFact: f, Name: e.Name}
		forked(&a.linked, &a.own.linked)[e.Kind] = dayNumber(f.At)
		a.links++
	case DeviceRenamed:
		if d := a.Devices[e.Device]; d != nil {
			renamed := *d
			renamed.Name, renamed.NameFact = e.Name, f
			forked(&a.Devices, &a.own.devices)[e.Device] = &renamed
		}
	case DeviceUnlinked:
		delete(forked(&a.Devices, &a.own.devices), e.Device)
	case ErasureRequested, ErasureReminded, ErasureCancelled, ErasureStarted, ErasureCompleted:
		a.Erasure.apply(f)
	default:
		return unexpected(f)
	}
	a.Version = f.Version
	if f.At.After(a.at) {
		a.at = f.At
	}
	return nil
}

// when is the time that an event decided on now will have: never before the account's latest one.
func (a *Account) when(now time.Time) time.Time {
	if now.Before(a.at) {
		return a.at
	}
	return now
}

// Cohort is the month in which the account was opened.
func (a *Account) Cohort() Month { return MonthOf(a.OpenedFact.At) }

// nth numbers the account's next event of a kind and, of the first, gives the account's cohort.
func (a *Account) nth(before int) (n Nth, cohort Month) {
	if before == 0 {
		cohort = a.Cohort()
	}
	return NthAfter(before), cohort
}

// Open refuses an account that cannot be used: ErrNotFound if it does not exist, ErrClosing if it is being erased.
func (a *Account) Open() error {
	switch {
	case !a.Exists():
		return ErrNotFound
	case a.Erasure.UnderWay():
		return ErrClosing
	}
	return nil
}

// SignOutEverywhere decides on ending all sessions.
func (a *Account) SignOutEverywhere() ([]any, error) {
	if !a.Exists() {
		return nil, ErrNotFound
	}
	return []any{AccountSignedOutEverywhere{}}, nil
}

// DecideCapacity decides again, at each sign-in, whether the person may decide on their own.
func (a *Account) DecideCapacity(birth BirthMonth, now time.Time) []any {
	capacity, rules := DecideCapacity(a.Region, birth, now)
	if capacity == a.Capacity {
		return nil
	}
	return []any{AccountCapacityDecided{Rules: rules, Capacity: capacity, Previous: a.Capacity}}
}
