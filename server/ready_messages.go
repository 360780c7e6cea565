package server

import "errors"

// errMessagesStuck: a person who signs up here would wait for a code that does not come.
var errMessagesStuck = errors.New("messages are stuck before an event: accountledger status names it")

// checkMessages says whether what this process sends of messages is stuck in the log. A mail server that is away is no such thing:
// then messages are sent later.
func (s *Server) checkMessages() error {
	if s.runner == nil {
		return nil
	}
	for _, c := range s.senders() {
		if s.runner.Stuck(c.Name) {
			return errMessagesStuck
		}
	}
	return nil
}
