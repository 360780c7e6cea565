package domain

import (
	"slices"
	"time"
)

const (
	// MaxTOTP is how many authenticator apps an account can have: the one in use and that of another phone.
	MaxTOTP = 2
	// MaxPasskeys is how many passkeys an account can have.
	MaxPasskeys = 10
	// maxRemovedFactors is how many of the factors that an account had its history tells the uses of.
	maxRemovedFactors = 32
	// FewRecoveryCodes is with how many left the owner is told.
	FewRecoveryCodes = 2
	// FactorProbation is for how long an enrolled factor does not keep anybody from recovering the account by its addresses alone. Whoever
	// stole a session and its password cannot make the account theirs by enrolling a factor: its owner hears of it, and recovers.
	FactorProbation = AlertLifetime
)

// FactorKind is a kind of factor that an account can have beside its password.
type FactorKind string

// Kinds of factors.
const (
	FactorTOTP          FactorKind = "totp"           // an authenticator app (RFC 6238)
	FactorPasskey       FactorKind = "passkey"        // WebAuthn
	FactorRecoveryCodes FactorKind = "recovery_codes" // a set of codes to write down, each good for one time
)

// Values lists them all.
func (FactorKind) Values() []FactorKind {
	return []FactorKind{FactorTOTP, FactorPasskey, FactorRecoveryCodes}
}

// Validate refuses unknown values.
func (k FactorKind) Validate() error { return oneOf(k, k.Values()...) }

// Method is the way in which somebody proves who they are by a factor of the kind.
func (k FactorKind) Method() AuthMethod {
	switch k {
	case FactorTOTP:
		return MethodTOTP
	case FactorPasskey:
		return MethodPasskey
	case FactorRecoveryCodes:
		return MethodRecoveryCode
	}
	return ""
}

// FactorName is what a factor's owner calls it. It is personal.
type FactorName struct {
	Text string `json:"text"`
}

// FactorSecret is what a factor is checked by. It is shown to nobody.
type FactorSecret struct {
	Seed    []byte             `json:"seed,omitzero"` // of an authenticator app: 20 random bytes
	Codes   RecoveryCodeHashes `json:"codes,omitzero"`
	Passkey *Passkey           `json:"passkey,omitzero"`
}

// RecoveryCodeHashes are what a set of recovery codes is checked by, which are not kept themselves.
type RecoveryCodeHashes struct {
	Salt   []byte   `json:"salt"`
	Hashes [][]byte `json:"hashes"`
}

// IsZero reports whether there are none.
func (h RecoveryCodeHashes) IsZero() bool { return len(h.Hashes) == 0 }

// FactorEnrolled: an account has another factor.
type FactorEnrolled struct {
	Factor FactorID           `json:"factor"`
	Kind   FactorKind         `json:"kind"`
	Level  Level              `json:"level"`             // of the session that enrolled it
	First  First              `json:"first_of,omitzero"` // of the person's factors of this kind
	Backup PasskeyBackup      `json:"backup,omitzero"`   // of a passkey
	Name   Part[FactorName]   `json:"factor_name,omitzero"`
	Secret Part[FactorSecret] `json:"factor_secret"`
}

// FactorRenamed: its owner calls it something else.
type FactorRenamed struct {
	Factor FactorID         `json:"factor"`
	Name   Part[FactorName] `json:"factor_name"`
}

// FactorEnd is why a factor was removed.
type FactorEnd string

// Reasons.
const (
	FactorRemovedByOwner FactorEnd = "owner"
	FactorReplaced       FactorEnd = "replaced"  // by another set of recovery codes
	FactorDisowned       FactorEnd = "disowned"  // its owner said that they had not enrolled it
	FactorRecovered      FactorEnd = "recovered" // the account was recovered without it
	FactorLast           FactorEnd = "last"      // recovery codes are for accounts with other factors
)

// Validate refuses unknown values.
func (r FactorEnd) Validate() error {
	return oneOf(r, FactorRemovedByOwner, FactorReplaced, FactorDisowned, FactorRecovered, FactorLast)
}

// FactorRemoved: an account does not have it any more. Its key is destroyed.
type FactorRemoved struct {
	Factor FactorID   `json:"factor"`
	Kind   FactorKind `json:"kind"`
	Reason FactorEnd  `json:"reason"`
}

// Factor is the state of a factor of an account.
type Factor struct {
	FactorEnrolled
	Fact     Fact
	Name     Part[FactorName] // the latest
	NameFact Fact             // the event with that name
}

// Void reports whether it proves nothing any more: a restore of the ledger may have brought back recovery codes that were used.
func (f *Factor) Void() bool { return f.Kind == FactorRecoveryCodes && f.Fact.Restored }

// factors are what an account is proven by beside its password.
type factors struct {
	Factors   []*Factor  // in the order in which they were enrolled; states share them
	FactorsAt int64      // version of the latest change of them; -1 before the first
	Removed   []FactorID // the latest that it had, the newest last
	enrolled  [3]onDay   // on which one of the kind was last enrolled
}

func (s *factors) enrol(f Fact, e FactorEnrolled) {
	s.Factors = append(slices.Clip(s.Factors), &Factor{FactorEnrolled: e, Fact: f, Name: e.Name, NameFact: f})
	s.FactorsAt = f.Version
	if i := slices.Index(e.Kind.Values(), e.Kind); i >= 0 {
		s.enrolled[i] = dayNumber(f.At)
	}
}

// firstOf says in which periods one that is enrolled at a time is the first of its kind.
func (s *factors) firstOf(kind FactorKind, at time.Time) First {
	return s.enrolled[slices.Index(kind.Values(), kind)].first(dayNumber(at))
}

func (s *factors) rename(f Fact, e FactorRenamed) {
	s.Factors = slices.Clone(s.Factors)
	for i, one := range s.Factors {
		if one.Factor == e.Factor {
			renamed := *one
			renamed.Name, renamed.NameFact = e.Name, f
			s.Factors[i] = &renamed
		}
	}
}

func (s *factors) remove(f Fact, id FactorID) {
	s.Removed = append(slices.Clip(s.Removed), id)
	s.Removed = s.Removed[max(0, len(s.Removed)-maxRemovedFactors):]
	s.Factors = slices.DeleteFunc(slices.Clone(s.Factors), func(one *Factor) bool { return one.Factor == id })
	s.FactorsAt = f.Version
}

// FactorOf is a factor of the account; nil if it has none by that id.
func (s *factors) FactorOf(id FactorID) *Factor {
	if i := slices.IndexFunc(s.Factors, func(one *Factor) bool { return one.Factor == id }); i >= 0 {
		return s.Factors[i]
	}
	return nil
}

// FactorIDs are those of the factors that the account has, and of the latest that it had.
func (s *factors) FactorIDs() []FactorID {
	ids := slices.Clone(s.Removed)
	for _, one := range s.Factors {
		ids = append(ids, one.Factor)
	}
	return ids
}

// FactorsOf are the account's factors of a kind that prove something.
func (s *factors) FactorsOf(kind FactorKind) (out []*Factor) {
	for _, one := range s.Factors {
		if one.Kind == kind && !one.Void() {
			out = append(out, one)
		}
	}
	return out
}

// Reach is the highest level that a session of the account can have.
func (s *factors) Reach() Level {
	return reachOf(s.Factors)
}

// reachOf is the highest level that factors give beside a password: recovery codes alone give none.
func reachOf(all []*Factor) Level {
	if slices.ContainsFunc(all, func(one *Factor) bool { return one.Kind != FactorRecoveryCodes }) {
		return LevelTwo
	}
	return LevelOne
}

// Ways are the methods by which the owner of the account, who has a session, proves again as surely as they can who they are; in a fixed order.
func (s *factors) Ways() []AuthMethod {
	if second := s.SecondMethods(); second != nil {
		return second
	}
	return PasswordAlone()
}

// SecondMethods are the methods that prove the owner beside the password; none if the password is all that there is.
func (s *factors) SecondMethods() (out []AuthMethod) {
	if s.Reach() == LevelOne {
		return nil
	}
	for _, kind := range FactorKind("").Values() {
		if len(s.FactorsOf(kind)) > 0 {
			out = append(out, kind.Method())
		}
	}
	return out
}

// EnrolFactor is a request to enrol a factor.
type EnrolFactor struct {
	ID     FactorID
	Kind   FactorKind
	Level  Level // of the caller's session
	Name   string
	Backup PasskeyBackup
	Secret FactorSecret
	// Codes are made with it if the account has no recovery codes.
	CodesID FactorID
	Codes   RecoveryCodeHashes
}

// EnrolFactor decides on another factor.
func (a *Account) EnrolFactor(in EnrolFactor, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	if in.Level < a.Reach() { // another one was enrolled meanwhile
		return nil, StepUpRequired(a.Reach(), FactorFreshness, a.Ways())
	}
	name, ok := Text(in.Name)
	if !ok {
		return nil, ErrFactorName
	}
	if n := len(a.FactorsOf(in.Kind)); in.Kind == FactorTOTP && n >= MaxTOTP || in.Kind == FactorPasskey && n >= MaxPasskeys {
		return nil, ErrFactors
	}
	keys := []string{AccountKey(a.ID), FactorKey(in.ID)}
	events := []any{FactorEnrolled{Factor: in.ID, Kind: in.Kind, Level: in.Level, First: a.firstOf(in.Kind, a.when(now)),
		Backup: in.Backup, Name: Personal(FactorName{name}, keys...),
		Secret: Personal(in.Secret, keys...)}}
	if !in.Codes.IsZero() && len(a.FactorsOf(FactorRecoveryCodes)) == 0 {
		events = append(append(events, a.replacedCodes()...), a.recoveryCodes(in.CodesID, in.Level, in.Codes, now))
	}
	return events, nil
}

// MakeRecoveryCodes decides on a set of recovery codes, which replaces another one. They are for accounts with a factor that can be lost.
func (a *Account) MakeRecoveryCodes(id FactorID, level Level, codes RecoveryCodeHashes, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	switch {
	case a.Reach() == LevelOne:
		return nil, ErrNoFactor
	case level < a.Reach():
		return nil, StepUpRequired(a.Reach(), FactorFreshness, a.Ways())
	}
	return append(a.replacedCodes(), a.recoveryCodes(id, level, codes, now)), nil
}

// ReplaceRecoveryCodes are the events by which an account that was recovered by one of its recovery codes gets others
// (NIST SP 800-63B-4, 4.2.1.1).
func (a *Account) ReplaceRecoveryCodes(id FactorID, codes RecoveryCodeHashes, now time.Time) []any {
	return append(a.replacedCodes(), a.recoveryCodes(id, LevelOne, codes, now))
}

// OnlyTried is the account as if it had no factors but those that are not on probation.
func (a *Account) OnlyTried(now time.Time) *Account {
	b := a.Fork()
	b.Factors = a.TriedFactors(now)
	return b
}

// replacedCodes removes the sets of recovery codes that there are.
func (a *Account) replacedCodes() (events []any) {
	for _, one := range a.Factors {
		if one.Kind == FactorRecoveryCodes {
			events = append(events, FactorRemoved{Factor: one.Factor, Kind: one.Kind, Reason: FactorReplaced})
		}
	}
	return events
}

func (a *Account) recoveryCodes(id FactorID, level Level, codes RecoveryCodeHashes, now time.Time) FactorEnrolled {
	return FactorEnrolled{Factor: id, Kind: FactorRecoveryCodes, Level: level, First: a.firstOf(FactorRecoveryCodes, a.when(now)),
		Secret: Personal(FactorSecret{Codes: codes}, AccountKey(a.ID), FactorKey(id))}
}

// FactorFreshness is how old the last proof of who the owner is may be for a change of factors.
const FactorFreshness = 5 * time.Minute

// RenameFactor decides on another name of a factor.
func (a *Account) RenameFactor(id FactorID, name string) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	if a.FactorOf(id) == nil {
		return nil, ErrNotFound
	}
	text, ok := Text(name)
	if !ok {
		return nil, ErrFactorName
	}
	return []any{FactorRenamed{Factor: id, Name: Personal(FactorName{text}, AccountKey(a.ID), FactorKey(id))}}, nil
}

// RemoveFactor decides on removing a factor. While the account is guarded, one that was there before stays.
func (a *Account) RemoveFactor(id FactorID, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	one := a.FactorOf(id)
	switch {
	case one == nil:
		return nil, ErrNotFound
	case a.Guarded(now) && !one.Fact.At.After(a.guardedAt):
		return nil, ErrGuarded
	case a.Password.None() && one.Kind == FactorPasskey && len(a.FactorsOf(FactorPasskey)) == 1:
		return nil, ErrLastPasskey
	}
	return a.endFactors(FactorRemovedByOwner, one), nil
}

// endFactors are the events that remove factors, and the recovery codes with the last other one.
func (s *factors) endFactors(why FactorEnd, which ...*Factor) (events []any) {
	left := slices.DeleteFunc(slices.Clone(s.Factors), func(one *Factor) bool { return slices.Contains(which, one) })
	for _, one := range which {
		events = append(events, FactorRemoved{Factor: one.Factor, Kind: one.Kind, Reason: why})
	}
	if reachOf(left) > LevelOne {
		return events
	}
	for _, one := range left {
		events = append(events, FactorRemoved{Factor: one.Factor, Kind: one.Kind, Reason: FactorLast})
	}
	return events
}

// Tried reports whether a factor has been there for so long that it can be asked for when the account is recovered.
func (f *Factor) Tried(now time.Time) bool { return !now.Before(f.Fact.At.Add(FactorProbation)) }
