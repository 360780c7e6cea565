//go:build engines

package server_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/leases"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// TestMoveToSharedEngines moves a ledger from the embedded engines to EventStoreDB and PostgreSQL, and back; to a log beside
// the same vault as well.
func TestMoveToSharedEngines(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, stop()) })
	here, mail := withMail(t)
	r := start(t, here)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.stop()
	there := moved(t, here)
	there.Store.Engine, there.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	onPostgres(t, &there, address)
	there.Views.Engine, there.Views.Elastic = "elasticsearch", "http://127.0.0.1:1" // nobody asks the views anything here
	done, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	if done.Rows == 0 || done.Keys == 0 {
		t.Errorf("%+v", done)
	}
	r = start(t, there)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)

	// The log alone, beside the same vault, while a server goes on until the fence; where messages stand follows when it has stopped.
	beside := moved(t, there)
	beside.Store.ESDB = esdbtest.Start(t, esdbtest.Options{}).Connection()
	beside.MasterKey, beside.Dev = filepath.Join(there.Data, "dev-master.key"), true
	wait := server.SideOptions{FenceWait: 1500 * time.Millisecond}
	if _, err := server.Move(t.Context(), there, beside, wait); !errors.Is(err, leases.ErrHeld) {
		t.Errorf("while its server holds the lease: %v", err)
	}
	r.want(503, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
	r.stop()
	done, err = server.Move(t.Context(), there, beside, wait)
	fatal(t, err)
	if done.Rows != 0 || done.Keys == 0 || done.Resumed != done.Events {
		t.Errorf("%+v", done)
	}

	// What is asked for while no message can be sent is sent from wherever the ledger is next.
	before := len(mail.Taken())
	mute := beside
	mute.SMTP.Port = 1
	r = start(t, mute)
	r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
	r.want(202, "POST", "/v1/sign-ups", "",
		fmt.Sprintf(`{"email":"waiting@example.com","password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, password))
	r.stop()
	back := moved(t, here)
	_, err = server.Move(t.Context(), beside, back, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	r = start(t, back)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	mail.WaitFor(t, before, "waiting@example.com")
}
