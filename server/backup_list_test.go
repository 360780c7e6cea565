package server_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/restore"
	"accountledger/server"
)

// headOf is the path of the head of a ledger's list.
func headOf(t *testing.T, cfg server.Config) string {
	t.Helper()
	head, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.MasterKey), "destructions-*.head"))
	fatal(t, err)
	if len(head) != 1 {
		t.Fatalf("heads: %v", head)
	}
	return head[0]
}

// expire waits for the first destruction of expired keys, after which a list that is new holds them: what a test does to the list and
// its head then comes between no writes of the server's own.
func (r *running) expire() {
	r.t.Helper()
	eventually(r.t, "expired keys are on the list", func() bool {
		n := r.metric("accountledger_destructions_list_entries")
		return n != "" && n != "0"
	})
}

// TestAListTakenAwayWhileServingIsNoticed is the second half of row T8: status says it without a destruction, an erasure waits, and
// the log says why, once; when the list is back the erasure is carried out.
func TestAListTakenAwayWhileServingIsNoticed(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	r.expire()
	eve, ada := r.join(mail, "eve@example.com", "Eve"), r.join(mail, "ada@example.com", "Ada")
	r.want(204, "DELETE", "/v1/me/devices/"+ada.deviceID, ada.token, "") // the list has an entry
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if st.Backups.Fault != "" || st.Backups.Destructions == 0 {
		t.Errorf("%+v", st.Backups)
	}
	head := headOf(t, cfg)
	kept, err := os.ReadFile(head)
	fatal(t, err)
	for name, c := range map[string]struct {
		spoil, mend func() error
		want        error
	}{
		"the list is deleted": {func() error { return os.Rename(cfg.Backup.List, cfg.Backup.List+".away") },
			func() error { return os.Rename(cfg.Backup.List+".away", cfg.Backup.List) }, backup.ErrListShortened},
		"the head is emptied": {func() error { return os.Truncate(head, 0) },
			func() error { return os.WriteFile(head, kept, 0o600) }, backup.ErrHeadEmpty},
	} {
		fatal(t, c.spoil())
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		if !strings.Contains(st.Backups.Fault, c.want.Error()) || !st.Ready || st.Backups.List != cfg.Backup.List {
			t.Errorf("%s: %+v", name, st.Backups)
		}
		fatal(t, c.mend())
	}

	fatal(t, os.Rename(cfg.Backup.List, cfg.Backup.List+".away"))
	began := time.Now()
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "the cause in the log", func() bool {
		return strings.Contains(r.logs.String(), backup.ErrListShortened.Error()+": "+cfg.Backup.List+" is missing")
	})
	if e := r.want(200, "GET", "/v1/erasures/"+id, "", ""); strings.Contains(e.body, "completed") {
		t.Errorf("%s", e.body)
	}
	device := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).str(t, "id")
	r.want(503, "DELETE", "/v1/me/devices/"+device, ada.token, "")                                                      // its key is not destroyed either
	if n := strings.Count(r.logs.String(), "nothing is destroyed"); n < 1 || n > 1+int(time.Since(began)/time.Minute) { // it is told once a minute
		t.Errorf("the same cause was logged %d times", n)
	}
	for _, private := range []string{eve.email, eve.device} {
		if strings.Contains(r.logs.String(), private) {
			t.Error("the log holds something personal")
		}
	}
	fatal(t, os.Rename(cfg.Backup.List+".away", cfg.Backup.List))
	device = r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Z"}`).str(t, "id")
	r.want(204, "DELETE", "/v1/me/devices/"+device, ada.token, "") // and what waits is looked at again
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
}

// TestAnEmptiedHeadRestoresNobody is the first half of row T8: somebody is erased after the backup, the head of the list is emptied or
// zeroed, and the list cut back, to nothing or by an entry. It is refused by name, at a restore and at a start.
func TestAnEmptiedHeadRestoresNobody(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	eve := r.join(mail, "eve@example.com", "Eve")
	dir := filepath.Join(t.TempDir(), "backup")
	_, err := operate.Backup(t.Context(), r.console(), dir, nil)
	fatal(t, err)
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.stop()
	head := headOf(t, cfg)
	whole, err := os.ReadFile(cfg.Backup.List)
	fatal(t, err)
	for _, empty := range [][]byte{nil, make([]byte, 512)} {
		for _, list := range [][]byte{nil, whole[:strings.LastIndexByte(strings.TrimSuffix(string(whole), "\n"), '\n')+1], whole} {
			fatal(t, errors.Join(os.WriteFile(head, empty, 0o600), os.WriteFile(cfg.Backup.List, list, 0o600)))
			to := withoutList(moved(t, cfg))
			_, err := server.Restore(t.Context(), to, dir, restore.Options{List: cfg.Backup.List}, server.SideOptions{})
			if !errors.Is(err, backup.ErrHeadEmpty) || !strings.Contains(err.Error(), head) {
				t.Errorf("a head of %d bytes, a list of %d: %v", len(empty), len(list), err)
			}
			if _, err := os.Stat(to.Data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a folder was made for it: %v", err)
			}
			if _, err := server.Open(t.Context(), cfg, server.Options{}); !errors.Is(err, backup.ErrHeadEmpty) || !strings.Contains(err.Error(), head) {
				t.Errorf("served with a head of %d bytes, a list of %d: %v", len(empty), len(list), err)
			}
		}
	}
	// With the whole list an operator may go on without its head, on the record.
	to, done := restored(t, cfg, dir, restore.Options{List: cfg.Backup.List, UnprovenList: true})
	if done.List != domain.ListUnproven || done.Erased != 1 {
		t.Errorf("%+v", done)
	}
	start(t, to).want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, eve.email, password))
}

// TestAListElsewhereIsBroughtOnce restores with a list that is to lie elsewhere afterwards: another list there is refused before
// anything is made, and a whole copy of it, which a restore that broke off leaves, is taken.
func TestAListElsewhereIsBroughtOnce(t *testing.T) {
	t.Parallel()
	a := attack(t)
	dir := filepath.Join(t.TempDir(), "backup")
	fatal(t, os.MkdirAll(dir, 0o700))
	fatal(t, errors.Join(os.WriteFile(filepath.Join(dir, backup.LedgerName), a.first.ledger, 0o600),
		os.WriteFile(filepath.Join(dir, backup.ManifestName), a.first.manifest, 0o600)))
	to := moved(t, a.cfg)
	to.Backup.List = filepath.Join(t.TempDir(), "elsewhere.ndjson")
	fatal(t, os.WriteFile(to.Backup.List, a.first.list, 0o600))
	if _, err := server.Restore(t.Context(), to, dir, restore.Options{List: a.cfg.Backup.List}, server.SideOptions{}); !errors.Is(err, backup.ErrListShortened) ||
		!strings.Contains(err.Error(), to.Backup.List) {
		t.Errorf("another list lies there: %v", err)
	}
	if _, err := os.Stat(to.Data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made for it: %v", err)
	}
	fatal(t, os.WriteFile(to.Backup.List, a.second.list, 0o600))
	done, err := server.Restore(t.Context(), to, dir, restore.Options{List: a.cfg.Backup.List}, server.SideOptions{})
	fatal(t, err)
	if done.List != domain.ListProven || done.Erased != 1 {
		t.Errorf("%+v", done)
	}
	start(t, to)
}
