package api

import (
	"errors"
	"math"

	"accountledger/commands"
	"accountledger/domain"
)

// audience says who may use a route: the rule of the command that the route serves. It is checked before anything of the request
// but its path is read; the command checks it again.
type audience func(c domain.Caller, parameter func(name string) string) error

// of is the audience of a command.
func of(may commands.Rule) audience {
	return func(c domain.Caller, _ func(string) string) error { return may(c) }
}

// viewers are those who may query the view in the path.
func viewers(c domain.Caller, parameter func(string) string) error {
	return commands.Viewer(domain.ViewName(parameter("view")))(c)
}

// stepUp is what somebody whose proof is old has to prove before they may use a route; nil: nothing.
func (who audience) stepUp() *domain.StepUp {
	stale := domain.Caller{Level: domain.LevelOne, ProofAge: math.MaxInt64}
	for _, kind := range []domain.ActorKind{domain.ActorPerson, domain.ActorStaff} {
		stale.Actor.Kind, stale.Roles = kind, domain.Roles()
		if e, ok := refusalAs(who(stale, func(string) string { return "" })); ok && e.StepUp != nil {
			return e.StepUp
		}
	}
	return nil
}

// open reports whether guests may use a route whose path has no parameters that matter.
func (who audience) open() bool {
	return who(domain.Guest(), func(string) string { return "" }) == nil
}

// refusalAs is the domain's refusal in an error.
func refusalAs(err error) (*domain.Error, bool) {
	var e *domain.Error
	return e, errors.As(err, &e)
}
