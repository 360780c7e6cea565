package passwords

import "context"

// Turn says whose hash it is. Classes take turns, and within a class its flows do; within a flow who comes first goes first. So neither
// many requests of one flow nor many flows of one class keep the others waiting.
type Turn struct {
	Class Class
	Flow  string // such as the network of a client
}

// Class is a kind of work.
type Class int

// Classes.
const (
	Other   Class = iota
	SignUp        // for somebody who is not known yet
	SignIn        // from a client that is not known
	Known         // of somebody whose client has signed in before, or who is signed in
	classes = iota
)

type turnKey struct{}

// WithTurn has hashes under a context wait by a turn. Without one they are Other's.
func WithTurn(ctx context.Context, t Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

func turnOf(ctx context.Context) Turn {
	t, _ := ctx.Value(turnKey{}).(Turn)
	return t
}
