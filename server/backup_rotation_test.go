package server_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/server"
)

// TestTheListOutlivesARotation restores a backup from before a rotation of the master key, with a list that goes on after it, into
// another engine.
func TestTheListOutlivesARotation(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	eve := r.join(mail, "eve@example.com", "Eve")
	ada := r.join(mail, "ada@example.com", "Ada")
	dir := filepath.Join(t.TempDir(), "backup")
	_, err := operate.Backup(t.Context(), r.console(), dir, nil)
	fatal(t, err)
	_, err = operate.RotateKeys.Run(t.Context(), r.console(), operate.KeysRotate{}, noProgress)
	fatal(t, err)
	r.stop()
	r = start(t, cfg)
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.stop()

	to := moved(t, cfg)
	to.Backup.List = filepath.Join(t.TempDir(), "elsewhere.ndjson")
	to.Store.Engine, to.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	done, err := server.Restore(t.Context(), to, dir, restore.Options{List: cfg.Backup.List}, server.SideOptions{})
	fatal(t, err)
	if done.List != domain.ListProven || done.Erased != 1 {
		t.Errorf("%+v", done)
	}
	r = start(t, to) // and the list goes on where the configuration has it
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, eve.email, password))
	r.want(202, "POST", "/v1/erasures", r.signIn(ada.email), "")
	if v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil); err != nil || !v.OK {
		t.Errorf("%v %+v", err, v)
	}
	r.stop()
	other := moved(t, cfg)
	other.Store.Engine, other.Store.ESDB = to.Store.Engine, to.Store.ESDB
	if _, err := server.Restore(t.Context(), other, dir, restore.Options{WithoutList: true}, server.SideOptions{}); !errors.Is(err, restore.ErrNotEmpty) {
		t.Errorf("into a log that is not empty: %v", err)
	}
}
