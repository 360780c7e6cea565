package postgres

import "accountledger/internal/groupcommit"

// group collects calls that arrive while others are at the server, and sends them together, in one transaction and with one fsync.
type group = groupcommit.Group[*named]

// named are the keys that a call is about.
type named struct {
	names []string // distinct, in order
	found foundKeys
}

type groupCall = groupcommit.Call[*named]

func answer(calls []*groupCall, err error) {
	for _, c := range calls {
		c.Answer(err)
	}
}

// namesOf are the names of all the calls, each once, in order.
func namesOf(calls []*groupCall) []string {
	if len(calls) == 1 {
		return calls[0].Of.names
	}
	var all []string
	for _, c := range calls {
		all = append(all, c.Of.names...)
	}
	return distinct(all)
}
