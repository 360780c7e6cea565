package commands

import (
	"time"

	"accountledger/domain"
)

// about is what an event concerns: whose data, in which region, for which purpose and case. A step of a chain also names the
// chain's first event and the one that led to the step.
type about struct {
	subject       domain.AccountID
	region        domain.Region
	purpose       domain.Purpose
	caseID        domain.CaseID
	origin, cause domain.EventID
	id            domain.EventID // of the only event, if it is known beforehand
}

// after makes it about a step of a chain.
func (a about) after(origin, cause domain.Fact) about {
	a.origin, a.cause = origin.ID, cause.ID
	return a
}

// envelope fills in the metadata of an event; no other place does. A command adds its id and fingerprint.
func envelope(r *Request, now time.Time, a about) domain.Metadata {
	m := domain.Metadata{At: now, Actor: r.Caller.Actor, Session: r.Caller.Session, Correlation: r.Because, Causation: r.Because,
		Subject: a.subject, Region: a.region, Channel: r.Channel, Purpose: a.purpose, Case: a.caseID}
	if !a.origin.IsZero() {
		m.Correlation, m.Causation = a.origin, a.cause
	}
	return m
}
