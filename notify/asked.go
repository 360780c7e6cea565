package notify

import (
	"strings"

	"accountledger/commands"
	"accountledger/domain"
)

// asked reports whether an event needs a message, and the command that gives its content.
func asked(f domain.Fact) (commands.Message, bool) {
	ask := commands.Message{}
	switch e := f.Event.(type) {
	case domain.SignUpRequested:
		ask.Issue = 1
	case domain.VerificationRequested:
		ask.Issue = 1
	case domain.VerificationIssued:
		ask.Issue = e.Issue
	default:
		return ask, false
	}
	_, text, _ := strings.Cut(f.Stream, "-") // a sign-up's verification has its id
	id, ok := domain.ParseID(text)
	ask.Verification = domain.VerificationID{UUID: id}
	return ask, ok
}
