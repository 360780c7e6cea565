package server_test

import (
	"errors"
	"fmt"
	"testing"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/replay/fit"
	"accountledger/server"
	"accountledger/vault"
)

func TestExitOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		exit operate.Exit
	}{
		{errors.New("anything"), "failed", operate.ExitFailed},
		{domain.ErrInternal, "internal", operate.ExitFailed},
		{domain.ErrUnsure, "outcome_unknown", operate.ExitFailed},
		{domain.ErrEmail, "invalid_email", operate.ExitUsage},
		{&server.SettingError{Key: "http", Problem: "no"}, "invalid_configuration", operate.ExitUsage},
		{server.ErrClockDev, "invalid_configuration", operate.ExitUsage},
		{fmt.Errorf("log: %w", eventstore.ErrUnavailable), "unreachable", operate.ExitUnreachable},
		{domain.ErrUnavailable.Because(vault.ErrUnavailable), "unavailable", operate.ExitUnreachable},
		{operate.ErrDisconnected, "no_server", operate.ExitUnreachable},
		{server.ErrNoLedger, "no_ledger", operate.ExitUnreachable},
		{domain.ErrStaffTaken, "staff_exists", operate.ExitRefused},
		{domain.ErrForbidden, "not_allowed", operate.ExitRefused},
		{domain.ErrUnavailable.Because(eventstore.ErrFenced), "unavailable", operate.ExitRefused},
		{folder.ErrRunning, "in_use", operate.ExitRefused},
		{fmt.Errorf("start: %w", &fit.RefusedError{What: "it does not fit"}), "start_refused", operate.ExitRefused},
		{domain.ErrUnavailable, "unavailable", operate.ExitNotYet},
		{domain.ErrUnavailable.Because(eventstore.ErrNoSpace), "unavailable", operate.ExitNotYet},
		{domain.ErrRate, "too_many_attempts", operate.ExitNotYet},
		{vault.ErrNotHeld, "not_yet", operate.ExitNotYet},
	} {
		if f := server.FailureOf(c.err); f.Code != c.code || f.Exit != c.exit || f.Message == "" {
			t.Errorf("%v: %+v, wanted %s and %d", c.err, f, c.code, c.exit)
		}
	}
}

// TestErrorsOfARunningServer: over the socket an error ends a command as it does in the server.
func TestErrorsOfARunningServer(t *testing.T) {
	t.Parallel()
	r := start(t, config(t))
	con := r.console()
	add := operate.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}
	_, err := operate.AddService.Run(t.Context(), con, add, nil)
	fatal(t, err)
	if _, err = operate.AddService.Run(t.Context(), con, add, nil); !errors.Is(err, domain.ErrSlugTaken) || server.FailureOf(err).Exit != operate.ExitRefused ||
		server.FailureOf(err).Field != "/name" {
		t.Errorf("%v %+v", err, server.FailureOf(err))
	}
	if _, err = operate.AddStaff.Run(t.Context(), con, operate.StaffAdd{Email: "a@example.org", Role: "king"}, nil); !errors.Is(err, domain.ErrRole) ||
		server.FailureOf(err).Exit != operate.ExitUsage {
		t.Errorf("%v %+v", err, server.FailureOf(err))
	}
}
