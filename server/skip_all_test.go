package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/server"
)

// foreignEvent appends to a stream what no ledger writes, behind whatever stands there, and gives its id.
func foreignEvent(t *testing.T, log eventstore.Store, stream string) string {
	t.Helper()
	end := eventstore.NoStream
	for e, err := range log.ReadStream(t.Context(), stream, eventstore.Backwards, eventstore.End) {
		fatal(t, err)
		end = e.Version
		break
	}
	id := uuid.New()
	_, err := log.Append(t.Context(), stream, end,
		eventstore.Event{ID: id, Type: "OrderPlaced", Data: []byte(`{"total":42,"part":{"keys":["nobody/1"],"nonce":"AAAA"}}`)})
	fatal(t, err)
	return id.String()
}

// TestEventsThatNobodyCanReadArePassedOver has strangers write into the ledger's own streams: everything waits there and says so,
// until an operator lets everything go on past the events, by one consent each.
func TestEventsThatNobodyCanReadArePassedOver(t *testing.T) {
	t.Parallel()
	const reason = "Ticket 4712: an order of the shop's, written into the wrong database."
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.stop()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(cfg.Data, "log"), ReserveBytes: -1})
	fatal(t, err)
	readable := ""
	for e, err := range log.ReadStream(t.Context(), "account-"+ada.account, eventstore.Forwards, eventstore.Start) {
		fatal(t, err)
		readable = e.ID.String()
		break
	}
	events := []string{foreignEvent(t, log, "account-"+ada.account), foreignEvent(t, log, domain.OperationsStream), foreignEvent(t, log, "restores"),
		foreignEvent(t, log, "backups")}
	fatal(t, log.Close())

	r = start(t, cfg)
	con := r.console()
	eventually(t, "everything waits before the first", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), con, operate.None{}, nil)
		fatal(t, err)
		waiting := 0
		for _, c := range st.Consumers {
			if c.Unreadable == events[0] && c.State == "waiting" && strings.Contains(c.Reason, "account-"+ada.account) && c.LagSeconds > 0 {
				waiting++
			}
		}
		return waiting == len(st.Consumers) && !st.Ready && strings.Contains(st.Reason, "messages are stuck")
	})
	r.want(http.StatusServiceUnavailable, "GET", "/v1/me", ada.token, "")
	r.want(http.StatusServiceUnavailable, "GET", "/readyz", "", "")
	if strings.Contains(r.logs.String(), "OrderPlaced") || strings.Contains(r.logs.String(), "nobody/1") {
		t.Error("the log repeats what the event holds")
	}
	v, err := operate.Verify.Run(t.Context(), con, operate.None{}, nil)
	fatal(t, err)
	if v.OK || v.Faults[0].Stream != "account-"+ada.account {
		t.Errorf("%+v", v.Faults)
	}
	skip := func(event string) (operate.SkippedEvent, error) {
		return operate.SkipEvent.Run(t.Context(), con, operate.EventSkip{Event: event, Reason: reason}, func(operate.Progress) {})
	}
	for code, event := range map[string]string{"event_unknown": uuid.NewString(), "event_readable": readable, "invalid_event": "x"} {
		var refused *domain.Error
		if _, err := skip(event); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, event := range events {
		s, err := skip(event)
		fatal(t, err)
		if s.Already || s.View != "" || s.Event != event {
			t.Errorf("%+v", s)
		}
	}
	if s, err := skip(events[0]); err != nil || !s.Already {
		t.Errorf("%+v %v", s, err)
	}
	if all, err := operate.ListSkips.Run(t.Context(), con, operate.None{}, nil); err != nil || len(all) != len(events) || all[0].Reason != reason {
		t.Errorf("%+v %v", all, err)
	}
	check := func(r *running) {
		t.Helper()
		eventually(t, "everything runs", func() bool {
			st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
			fatal(t, err)
			for _, c := range st.Consumers {
				if c.State != "running" || c.Unreadable != "" {
					return false
				}
			}
			return st.Ready
		})
		r.want(200, "GET", "/v1/me", ada.token, "")
		r.want(200, "GET", "/v1/me/history", ada.token, "")
		r.want(200, "PUT", "/v1/me/permissions/location", ada.token, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice()))
		r.want(200, "PUT", "/v1/me/permissions/location", ada.token, fmt.Sprintf(`{"purpose":"navigation","state":"withdrawn","notice":%q}`, r.notice()))
		v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		if !v.OK || v.PassedOver != int64(len(events)) {
			t.Errorf("%+v", v)
		}
		c, err := operate.Compare.Run(t.Context(), r.console(), nil, nil)
		fatal(t, err)
		if len(c.Differences) > 0 {
			t.Errorf("%+v", c.Differences)
		}
	}
	check(r)
	r.join(mail, "bob@example.com", "Bob")
	backup := filepath.Join(t.TempDir(), "backup")
	_, err = operate.Backup(t.Context(), con, backup, nil)
	fatal(t, err)
	r.stop()
	r = start(t, cfg)
	check(r)
	r.stop()
	to := moved(t, cfg)
	to.MasterKey = filepath.Join(cfg.Data, "dev-master.key")
	_, err = server.Restore(t.Context(), to, backup, restore.Options{}, server.SideOptions{})
	fatal(t, err)
	r = start(t, to)
	ada.token = r.signIn(ada.email)
	check(r)
}
