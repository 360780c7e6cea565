package server_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/operate"
	"accountledger/server"
)

// indigestible stores what no program of ours writes: a device whose sealed name is longer than a view can hold.
func indigestible(t *testing.T, cfg server.Config) string {
	t.Helper()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(cfg.Data, "log"), ReserveBytes: -1})
	fatal(t, err)
	id, account := uuid.New(), uuid.New()
	_, err = log.Append(t.Context(), "account-"+account.String(), eventstore.NoStream, eventstore.Event{ID: id, Type: "device.linked.v1",
		Data: fmt.Appendf(nil, `{"device":%q,"kind":"watch","device_name":{"name":"device_name","version":1,"keys":["hmac/codes"],"alg":"A256GCM","nonce":"AAAA","bytes":%q}}`,
			uuid.New(), strings.Repeat("A", 100_000)),
		Metadata: fmt.Appendf(nil, `{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"},"subject":%q,"region":"DE","channel":"process"}`, account)})
	fatal(t, errors.Join(err, log.Close()))
	return id.String()
}

// consumer is how one consumer is.
func consumer(t *testing.T, c operate.Console, name string) operate.ConsumerStatus {
	t.Helper()
	st, err := operate.ReadStatus.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	at := slices.IndexFunc(st.Consumers, func(s operate.ConsumerStatus) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("no consumer %s", name)
	}
	return st.Consumers[at]
}

// A view stops at an event that it cannot digest, says which, and goes on once an operator skipped it; nothing else is skipped.
func TestSkip(t *testing.T) {
	t.Parallel()
	const reason = "Ticket 4711: the name is too long."
	cfg := config(t)
	r := start(t, cfg)
	r.officer("officer@example.org", "compliance")
	r.stop()
	event := indigestible(t, cfg)
	r = start(t, cfg)
	con := r.console()
	eventually(t, "the view has stopped", func() bool {
		s := consumer(t, con, "devices")
		return s.State == "stopped" && strings.Contains(s.Reason, event)
	})
	skip := func(view, event, reason string) (operate.SkippedEvent, error) {
		return operate.SkipEvent.Run(t.Context(), con, operate.EventSkip{View: view, Event: event, Reason: reason}, func(operate.Progress) {})
	}
	for code, in := range map[string][3]string{
		"view_unknown":     {"nothing", event, reason},
		"invalid_event":    {"devices", "9", reason},
		"invalid_reason":   {"devices", event, " "},
		"event_unknown":    {"devices", uuid.NewString(), reason},
		"event_digestible": {"accesses", event, reason},
	} {
		var refused *domain.Error
		if _, err := skip(in[0], in[1], in[2]); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := rebuild(t, con, operate.RebuildViews{Views: []string{"devices"}}, func(operate.Progress) {}); err == nil || !strings.Contains(err.Error(), event) {
		t.Errorf("a rebuild says not which event it cannot digest: %v", err)
	}
	if st, err := operate.ReadStatus.Run(t.Context(), con, operate.None{}, nil); err != nil || len(st.Skips) != 0 {
		t.Fatalf("%+v %v", st.Skips, err)
	}

	s, err := skip("devices", event, reason)
	if err != nil || s.Already || s.Event != event {
		t.Fatal(s, err)
	}
	again, err := skip("devices", event, "another")
	if err != nil || !again.Already || !again.At.Equal(s.At) {
		t.Error(again, err)
	}
	runs := func(name string) func() bool {
		return func() bool { s := consumer(t, con, name); return s.State == "running" && s.Reason == "" }
	}
	eventually(t, "the view goes on", runs("devices"))
	fatal(t, rebuild(t, con, operate.RebuildViews{Views: []string{"devices"}}, func(operate.Progress) {}))
	if c, err := operate.Compare.Run(t.Context(), con, []string{"devices", "accesses"}, func(operate.Progress) {}); err != nil || c.Found != 0 {
		t.Errorf("%+v %v", c, err)
	}

	// Where nobody serves, all is told as well, and a skip needs no server.
	r.stop()
	second := indigestible(t, cfg)
	con, err = server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	if _, err = skip("devices", second, reason); err != nil {
		t.Fatal(err)
	}
	st, err := operate.ReadStatus.Run(t.Context(), con, operate.None{}, nil)
	if err != nil || len(st.Skips) != 2 || st.Skips[0].View != "devices" || st.Skips[0].Event != event || st.Skips[0].Reason != "" {
		t.Errorf("%+v %v", st.Skips, err)
	}
	all, err := operate.ListSkips.Run(t.Context(), con, operate.None{}, nil)
	if err != nil || len(all) != 2 || all[0].Reason != reason || all[1].Event != second {
		t.Errorf("%+v %v", all, err)
	}
	fatal(t, con.Close())
	if at := found(t, cfg.Data, reason); len(at) > 0 {
		t.Errorf("the reason stands in %v", at)
	}
	r = start(t, cfg)
	con = r.console()
	eventually(t, "the view goes on at once", runs("devices"))
	if strings.Contains(r.logs.String(), "consumer stopped: it cannot digest an event\",\"consumer\":\"devices\"") {
		t.Error("it stopped at an event that had been skipped before it came there")
	}
}
