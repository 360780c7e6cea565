package main

import (
	"slices"
	"time"
)

// person is somebody with an account, with everything that was answered about them.
type person struct {
	Email, Password, Token, Account string

	Devices map[string]object // by id, from the answer to their link or last change
	Decided map[string]bool   // by permission and purpose: granted?

	// Shown is what their own pages showed when the copy was taken, by path.
	Shown map[string]any
	// Busy: they kept changing things while the copy was taken. Only what was acknowledged before must be there.
	Busy bool
	// Fresh: the last changes before a kill were theirs, after Shown.
	Fresh bool
	// Maybe are names of devices whose link was acknowledged, or requested, while the copy was taken.
	Maybe map[string]bool
}

// The pages of a person. They are compared in full.
const (
	mePath          = "/v1/me"
	devicesPath     = "/v1/me/devices"
	permissionsPath = "/v1/me/permissions"
	historyPath     = "/v1/me/history"
	accessesPath    = "/v1/me/accesses?limit=200"
)

func pages() []string {
	return []string{mePath, devicesPath, permissionsPath, historyPath, accessesPath}
}

// erased is somebody whose erasure is acknowledged as completed.
type erased struct{ Email, Password, Token, Account, Erasure string }

// pending is a sign-up waiting for its code.
type pending struct{ Email, Verification, Handle, Code string }

// service asks for one use of people's data.
type service struct{ Key, Permission, Purpose string }

// model is everything acknowledged at one time.
type model struct {
	At       time.Time // everything before it was answered and had happened
	People   []*person
	Erased   []erased
	Pending  pending
	Services []service
	Taken    string // an address with an account that nobody has tried to sign up with yet
	// Docs are the views' documents of At, by view and id; of those that can change later, only quiet people's.
	Docs map[string]map[string]object
	// Exact says that nothing at all happened after At.
	Exact bool
}

// Officer's credentials.
const (
	officerEmail    = "officer@example.org"
	officerPassword = "seven-tall-lighthouses"
)

// clone is a copy that later changes do not affect.
func (p *person) clone() *person {
	c := *p
	c.Devices, c.Decided, c.Shown, c.Maybe = copied(p.Devices), copied(p.Decided), copied(p.Shown), copied(p.Maybe)
	return &c
}

func copied[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// clone is a copy of the whole model.
func (m *model) clone() *model {
	c := *m
	c.People = make([]*person, len(m.People))
	for i, p := range m.People {
		c.People[i] = p.clone()
	}
	c.Erased, c.Services, c.Docs = slices.Clone(m.Erased), slices.Clone(m.Services), copied(m.Docs)
	return &c
}

// quiet reports whether nothing about an account changed after At.
func (m *model) quiet(account string) bool {
	return !slices.ContainsFunc(m.People, func(p *person) bool { return p.Account == account && (p.Busy || p.Fresh) })
}
