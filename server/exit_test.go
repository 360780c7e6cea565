package server_test

import (
	"errors"
	"fmt"
	"testing"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/server"
	"accountledger/vault"
)

func TestExitOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		exit server.Exit
	}{
		{errors.New("anything"), "failed", server.ExitFailed},
		{domain.ErrInternal, "internal", server.ExitFailed},
		{domain.ErrUnsure, "outcome_unknown", server.ExitFailed},
		{domain.ErrEmail, "invalid_email", server.ExitUsage},
		{&server.SettingError{Key: "http", Problem: "no"}, "invalid_configuration", server.ExitUsage},
		{server.ErrClockDev, "invalid_configuration", server.ExitUsage},
		{fmt.Errorf("log: %w", eventstore.ErrUnavailable), "unreachable", server.ExitUnreachable},
		{domain.ErrUnavailable.Because(vault.ErrUnavailable), "unavailable", server.ExitUnreachable},
		{server.ErrDisconnected, "no_server", server.ExitUnreachable},
		{server.ErrNoLedger, "no_ledger", server.ExitUnreachable},
		{domain.ErrStaffTaken, "staff_exists", server.ExitRefused},
		{domain.ErrForbidden, "not_allowed", server.ExitRefused},
		{domain.ErrUnavailable.Because(eventstore.ErrFenced), "unavailable", server.ExitRefused},
		{server.ErrRunning, "in_use", server.ExitRefused},
		{fmt.Errorf("start: %w", &server.RefusedError{What: "it does not fit"}), "start_refused", server.ExitRefused},
		{domain.ErrUnavailable, "unavailable", server.ExitNotYet},
		{domain.ErrUnavailable.Because(eventstore.ErrNoSpace), "unavailable", server.ExitNotYet},
		{domain.ErrRate, "too_many_attempts", server.ExitNotYet},
		{vault.ErrNotHeld, "not_yet", server.ExitNotYet},
	} {
		if f := server.FailureOf(c.err); f.Code != c.code || f.Exit != c.exit || f.Message == "" {
			t.Errorf("%v: %+v, wanted %s and %d", c.err, f, c.code, c.exit)
		}
	}
}

// TestErrorsOfARunningServer: over the socket an error ends a command as it does in the server.
func TestErrorsOfARunningServer(t *testing.T) {
	r := start(t, config(t))
	con := r.console()
	add := server.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}
	_, err := con.ServiceAdd(t.Context(), add)
	fatal(t, err)
	if _, err = con.ServiceAdd(t.Context(), add); !errors.Is(err, domain.ErrSlugTaken) || server.FailureOf(err).Exit != server.ExitRefused || server.FailureOf(err).Field != "/name" {
		t.Errorf("%v %+v", err, server.FailureOf(err))
	}
	if _, err = con.StaffAdd(t.Context(), server.StaffAdd{Email: "a@example.org", Role: "king"}); !errors.Is(err, domain.ErrRole) || server.FailureOf(err).Exit != server.ExitUsage {
		t.Errorf("%v %+v", err, server.FailureOf(err))
	}
}
