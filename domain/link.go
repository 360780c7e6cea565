package domain

import (
	"strings"
	"time"
)

// LinkKind is what a link in a message is for.
type LinkKind string

// Kinds.
const (
	LinkUndo  LinkKind = "undo"   // to undo the removal of a contact
	LinkNotMe LinkKind = "not_me" // to say that something was not its owner
)

// Validate refuses unknown values.
func (k LinkKind) Validate() error { return oneOf(k, LinkUndo, LinkNotMe) }

// Path is where the links of the kind lead.
func (k LinkKind) Path() string { return "/" + strings.ReplaceAll(string(k), "_", "-") }

// Programs that look for dangers open every link of a message, and some send the forms behind them. So a link by itself does nothing: it
// takes a code from the same message, which somebody has to type.

// MaxLinkTries is how many wrong codes end a link.
const MaxLinkTries = 5

// LinkFailed: somebody who has a link typed another code than the one beside it.
type LinkFailed struct {
	Link LinkKind `json:"link"`
	Of   EventID  `json:"of"` // the event that the message tells of
	Try  int      `json:"try"`
}

// LinkUsed: somebody who has a link typed the code beside it. What that brings about is in the same append.
type LinkUsed struct {
	Link LinkKind `json:"link"`
	Of   EventID  `json:"of"`
}

// linkOf names a link of an account.
type linkOf struct {
	kind LinkKind
	of   EventID
}

// linkState is how far a link is used up.
type linkState struct {
	at    time.Time
	tries int
	used  bool
}

// LinkOpen refuses a link that was used or that too many wrong codes have ended: ErrLinkEnded.
func (a *Account) LinkOpen(kind LinkKind, of EventID) error {
	if l := a.tried[linkOf{kind, of}]; l.used || l.tries >= MaxLinkTries {
		return ErrLinkEnded
	}
	return nil
}

// FailLink decides on a wrong code.
func (a *Account) FailLink(kind LinkKind, of EventID) LinkFailed {
	return LinkFailed{Link: kind, Of: of, Try: a.tried[linkOf{kind, of}].tries + 1}
}

// Refusal is what whoever typed the wrong code is told.
func (f LinkFailed) Refusal() error {
	if f.Try >= MaxLinkTries {
		return ErrLinkEnded
	}
	return ErrCode
}

// maxTried is how many links an account remembers; those of longest ago have ended by their age.
const maxTried = 64

// try notes the use of a link.
func (a *Account) try(kind LinkKind, of EventID, at time.Time, tries int, used bool) {
	tried := forked(&a.tried, &a.own.tried)
	if len(tried) >= maxTried {
		oldest, first := linkOf{}, at
		for l, s := range tried {
			if s.at.Before(first) {
				oldest, first = l, s.at
			}
		}
		delete(tried, oldest)
	}
	tried[linkOf{kind, of}] = linkState{at, tries, used}
}
