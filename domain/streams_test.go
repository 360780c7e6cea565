package domain_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

// TestIsStream knows every name that a stream can have, and none that others give theirs.
func TestIsStream(t *testing.T) {
	id := uuid.MustParse("7b0e4bb4-5f0c-4bd5-8a7e-3f1d3f6a9f10")
	names := []string{
		domain.SignUpStream(domain.SignUpID{UUID: id}), domain.VerificationStream(domain.VerificationID{UUID: id}), domain.IdentifierStream(domain.ClaimID{UUID: id}),
		domain.AccountStream(domain.AccountID{UUID: id}), domain.SessionsStream(id, "2026-11"), domain.ClientsStream(id),
		domain.MissedStream(domain.AccountID{UUID: id}), domain.SignInStream(domain.SignInID{UUID: id}),
		domain.AttemptsStream([32]byte{1}, "2026-11-26"),
		domain.StaffStream(domain.StaffID{UUID: id}), domain.ServicesStream, domain.AccessStream(id, "2026-11-26"),
		domain.DeliveryStream(domain.DeliveryID{UUID: id}), domain.NoticeStream("location"),
		domain.OperationsStream, domain.ControllerStream, domain.ClockStream, domain.RestoresStream, domain.BackupsStream,
	}
	for _, name := range names {
		if !domain.IsStream(name) {
			t.Errorf("%s is none", name)
		}
		for _, other := range []string{"x" + name, name + "x", "a/" + name, strings.ToUpper(name), "$$" + name, name + "-"} {
			if domain.IsStream(other) && other != "notice-locationx" { // any word is a permission's in form
				t.Errorf("%s is one", other)
			}
		}
	}
	for _, other := range []string{"", "account", "account-", "account-1", "orders-" + id.String(), "sessions-" + id.String(),
		"sessions-" + id.String() + "-2026-13", "notice-A weather", "attempts-00-2026-11-26"} {
		if domain.IsStream(other) {
			t.Errorf("%s is one", other)
		}
	}
}
