package domain

import "time"

// BirthCorrected: the person corrected their month of birth, which they can do once. Whether they may decide on their own is decided again
// with it.
type BirthCorrected struct {
	Rules    Rules            `json:"rules"`
	Capacity Capacity         `json:"capacity"`
	Previous Capacity         `json:"previous"`
	Birth    Part[BirthMonth] `json:"birth_month"`
}

// AccountBirth is the month of birth of an account's owner.
type AccountBirth struct {
	Month     Part[BirthMonth]
	Fact      Fact      // with the month
	Corrected time.Time // zero if it never was
}

// CorrectBirth decides on another month of birth than before, which is the account's. Younger holds at once. A minor who would become older
// is refused: whether somebody may decide on their own rests on it, and only an officer can look at proof.
func (a *Account) CorrectBirth(before, birth BirthMonth, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	was, _ := DecideCapacity(a.Region, before, now)
	switch {
	case !a.Birth.Corrected.IsZero():
		return nil, ErrBirthOnce
	case birth == before:
		return nil, ErrBirthSame
	case was != CapacitySelf && birth.Month < before.Month:
		return nil, ErrBirthOlder
	}
	capacity, rules := DecideCapacity(a.Region, birth, now)
	return []any{BirthCorrected{Rules: rules, Capacity: capacity, Previous: a.Capacity, Birth: Personal(birth, AccountKey(a.ID))}}, nil
}
