package main

import (
	"fmt"
	"strings"
	"time"

	"accountledger/notify"
)

// sendingLine says how the sending of messages goes.
func sendingLine(s *notify.SendingState) string {
	line := fmt.Sprintf("%d sent, %d attempts failed in the last hour", s.Sent, s.Failed)
	switch {
	case !s.FailingSince.IsZero() && s.LastFailure != nil:
		return line + "; failing since " + s.FailingSince.UTC().Format(time.RFC3339) + ": " + failureLine(s.LastFailure)
	case s.LastFailure != nil:
		return line + "; the last failure at " + s.LastFailure.At.UTC().Format(time.RFC3339) + ": " + failureLine(s.LastFailure)
	}
	return line
}

// failureLine says at which step a message failed, and why.
func failureLine(f *notify.Failure) string {
	var parts []string
	if f.Step != "" {
		parts = append(parts, "step "+string(f.Step))
	}
	if f.Code != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("reply %d %s", f.Code, f.Enhanced)))
	}
	if f.Reason != "" {
		parts = append(parts, f.Reason)
	}
	return strings.Join(parts, ", ")
}
