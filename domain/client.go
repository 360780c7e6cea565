package domain

import (
	"slices"
	"time"
)

const (
	// MaxClients is how many clients are known of one owner; a further one makes the oldest unknown.
	MaxClients = 100
	// ClientLifetime is how long a client stays known (400 days, as long as browsers keep a cookie: RFC 6265bis, 5.5).
	ClientLifetime = 400 * 24 * time.Hour
)

// ClientKnown: a client signed in that was not known of its owner, and was given a token of 256 random bits by which it will be. It is no
// fingerprint: nothing of the client is looked at. A known one that changed the password, which makes all others unknown, is recorded again.
// Only a hash over owner and token is kept, so that nobody learns from the log that two people use one client.
type ClientKnown struct {
	Client  Hash  `json:"client"`
	OwnerAt int64 `json:"owner_at"` // version of the owner's stream at sign-in: signing out everywhere makes earlier ones unknown
}

const (
	// RememberedFor is for how long a client is remembered.
	RememberedFor = 30 * 24 * time.Hour
	// MaxRemembered is how many clients of one owner are remembered; a further one makes the oldest forgotten.
	MaxRemembered = 10
)

// ClientRemembered: by the same client, the password alone signs its owner in from now on, since they have proven a second factor with it and
// asked for this. A session that starts so is of the first level. Whatever changes the password or the factors makes clients forgotten.
type ClientRemembered struct {
	Client  Hash      `json:"client"`
	Until   time.Time `json:"until"`
	OwnerAt int64     `json:"owner_at"` // version of the owner's stream at sign-in
}

// Unusual is a reason for which a sign-in with the right password is unusual. A sign-in by a client that is known never is.
type Unusual string

// Reasons.
const (
	UnusualClient  Unusual = "new_client" // the client is not known, although others are or were; an owner's first client is not unusual
	UnusualGuessed Unusual = "guessed"    // there were very many wrong passwords in a row before
	UnusualCountry Unusual = "country"    // it is in a country in which nobody has signed in for UnusualCountryFor
	UnusualRefused Unusual = "refused"    // at least UnusualRefusals sign-ins at the identifier were refused within UnusualRefusedFor
	UnusualLongAgo Unusual = "long_ago"   // nobody has signed in for UnusualLongAgoFor
	UnusualNetwork Unusual = "network"    // so many sign-ins from its network were refused today that a limit was reached
)

// Values lists them all.
func (Unusual) Values() []Unusual {
	return []Unusual{UnusualClient, UnusualGuessed, UnusualCountry, UnusualRefused, UnusualLongAgo, UnusualNetwork}
}

// What is unusual.
const (
	UnusualCountryFor = 90 * 24 * time.Hour
	UnusualLongAgoFor = 180 * 24 * time.Hour
	UnusualRefusals   = 5
	UnusualRefusedFor = time.Hour
)

// Validate refuses unknown values.
func (u Unusual) Validate() error { return oneOf(u, u.Values()...) }

// Clients are the clients that are known of one owner.
type Clients struct {
	all        []client     // the oldest first
	remembered []remembered // the latest, the oldest first
}

type remembered struct {
	ClientRemembered
	fact Fact
}

type client struct {
	ClientKnown
	fact Fact
}

// Fork returns a copy to apply facts to.
func (c *Clients) Fork() *Clients {
	return &Clients{all: slices.Clip(c.all), remembered: slices.Clip(c.remembered)}
}

// Apply applies a fact to the state.
func (c *Clients) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case ClientKnown:
		c.all = append(c.all, client{e, f})
		c.all = c.all[max(0, len(c.all)-MaxClients):]
	case ClientRemembered:
		c.remembered = append(c.remembered, remembered{e, f})
		c.remembered = c.remembered[max(0, len(c.remembered)-MaxRemembered):]
	default:
		return unexpected(f)
	}
	return nil
}

// Remembered reports whether a client is remembered now. since is the version of its owner's stream before which nothing counts: that of the
// latest sign-out everywhere or change of factors. A restore makes those from before it forgotten.
func (c *Clients) Remembered(hash Hash, since int64, now time.Time) bool {
	return slices.ContainsFunc(c.remembered, func(one remembered) bool {
		return one.Client == hash && !one.fact.Restored && one.OwnerAt >= since && now.Before(one.Until) && !one.fact.At.After(now.Add(MaxAhead))
	})
}

// Remember decides on remembering a client from now on.
func (c *Clients) Remember(hash Hash, ownerAt int64, now time.Time) []any {
	return []any{ClientRemembered{Client: hash, Until: now.Add(RememberedFor), OwnerAt: ownerAt}}
}

// Known reports whether a client is known now. A restore makes those from before it unknown.
func (c *Clients) Known(hash Hash, everywhereAt int64, now time.Time) bool {
	return slices.ContainsFunc(c.all, func(one client) bool {
		return one.Client == hash && !one.fact.Restored && one.OwnerAt >= everywhereAt && now.Before(one.fact.At.Add(ClientLifetime))
	})
}

// Other reports whether any client but one was ever known.
func (c *Clients) Other(hash Hash) bool {
	return slices.ContainsFunc(c.all, func(one client) bool { return one.Client != hash })
}

// Since reports whether any client became known before a time.
func (c *Clients) Since(before time.Time) bool {
	return slices.ContainsFunc(c.all, func(one client) bool { return one.fact.At.Before(before) })
}

// Learn decides on a client that signed in; none if it was learned before, by a request that this one repeats.
func (c *Clients) Learn(e ClientKnown) []any {
	if slices.ContainsFunc(c.all, func(one client) bool { return one.Client == e.Client }) {
		return nil
	}
	return []any{e}
}

// Keep decides on a client that stays known after its owner signed out everywhere else; none if it is known from then on.
func (c *Clients) Keep(e ClientKnown) []any {
	if slices.ContainsFunc(c.all, func(one client) bool { return one.Client == e.Client && one.OwnerAt >= e.OwnerAt }) {
		return nil
	}
	return []any{e}
}
