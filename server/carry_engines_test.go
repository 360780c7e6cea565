//go:build engines

package server_test

import (
	"path/filepath"
	"testing"
	"time"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// TestMoveToSharedEngines carries a ledger from the embedded engines to EventStoreDB and PostgreSQL, and back; to a log beside
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
	done, err := server.Move(t.Context(), here, there, server.MoveOptions{FenceWait: soon})
	fatal(t, err)
	if done.Rows == 0 || done.Keys == 0 {
		t.Errorf("%+v", done)
	}
	r = start(t, there)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)

	// The log alone, while a server goes on until the fence.
	beside := moved(t, there)
	beside.Store.ESDB = esdbtest.Start(t, esdbtest.Options{}).Connection()
	beside.MasterKey, beside.Dev = filepath.Join(there.Data, "dev-master.key"), true
	done, err = server.Move(t.Context(), there, beside, server.MoveOptions{FenceWait: 1500 * time.Millisecond})
	fatal(t, err)
	if done.Rows != 0 || done.Keys == 0 {
		t.Errorf("%+v", done)
	}
	r.want(503, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
	r.stop()
	r = start(t, beside)
	r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
	r.stop()

	back := moved(t, here)
	_, err = server.Move(t.Context(), beside, back, server.MoveOptions{FenceWait: soon})
	fatal(t, err)
	r = start(t, back)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
}
