package domain

import (
	"slices"
	"time"
)

// Probation is for how long an address that was added to others cannot recover the account. Whoever is in an account that is not theirs
// does not get another way into it.
const Probation = 7 * 24 * time.Hour

// doubt notes that somebody said of an event that it was not them, or put back an address that others had removed (then of is zero). Besides
// what that event added, addresses that cannot recover the account yet are in doubt: people need not find the one message that tells of each.
func (c *contacts) doubt(of EventID, at time.Time) {
	next := slices.Clone(c.Contacts)
	for i, one := range next {
		if one.Fact.ID == of || at.Before(c.RecoversFrom(one.Claim)) {
			next[i].Doubted = at
		}
	}
	c.Contacts = next
}

// RecoversFrom is from when on an address can recover the account; zero if it always could, since there is none that the account has had
// for longer.
func (c *contacts) RecoversFrom(claim ClaimID) time.Time {
	one, has := c.Contact(claim)
	older := func(other AccountContact) bool { return other.Fact.Version < one.Fact.Version }
	if !has || !slices.ContainsFunc(c.Contacts, older) && !slices.ContainsFunc(c.Detached, func(d DetachedContact) bool { return older(d.AccountContact) }) {
		return time.Time{}
	}
	if !one.Doubted.IsZero() { // after the account is guarded no more, its owner has as long again to remove it
		return one.Doubted.Add(GuardLifetime + Probation)
	}
	return one.Fact.At.Add(Probation)
}

// onProbation reports whether an address cannot recover the account yet, and may be none of the owner's: no removal was undone lately, so
// it is not in dispute which one is.
func (a *Account) onProbation(claim ClaimID, now time.Time) bool {
	return now.Before(a.RecoversFrom(claim)) && !now.Before(a.settledUntil)
}

// doubtful reports whether an address is on probation since somebody said that what happened was not the owner.
func (a *Account) doubtful(claim ClaimID, now time.Time) bool {
	one, _ := a.Contact(claim)
	return !one.Doubted.IsZero() && a.onProbation(claim, now)
}
