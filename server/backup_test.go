package server_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/restore"
	"accountledger/replay/unfinished"
	"accountledger/server"
)

// withList is a ledger with its master key and list of destructions in folders of their own.
func withList(t *testing.T, cfg server.Config) server.Config {
	t.Helper()
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	cfg.Backup.List = filepath.Join(t.TempDir(), "destructions.ndjson")
	return cfg
}

// restored is a restore elsewhere, with the same master key and no list of its own.
func restored(t *testing.T, cfg server.Config, dir string, in restore.Options) (server.Config, restore.Restored) {
	t.Helper()
	to := moved(t, cfg)
	to.Backup.List = ""
	done, err := server.Restore(t.Context(), to, dir, in, server.SideOptions{})
	fatal(t, err)
	return to, done
}

// TestABackupIsRestoredElsewhere makes a backup while people go on, erases one of them, and restores with and without the list.
func TestABackupIsRestoredElsewhere(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	eve := r.join(mail, "eve@example.com", "Eve")
	officer := r.officer("officer@example.org", "compliance")
	added, err := operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: "late@example.org", Role: "analyst"}, nil)
	fatal(t, err)
	before := len(mail.Taken())
	open := r.want(202, "POST", "/v1/sign-ups", "",
		fmt.Sprintf(`{"email":"open@example.com","password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, password))
	asked, _ := mail.WaitFor(t, before, "open@example.com")
	code := strings.ReplaceAll(sixDigits.FindString(asked.Parts(t)["text/plain"]), " ", "")

	// Changes go on while the backup is made.
	stop, ended := make(chan struct{}), sync.WaitGroup{}
	ended.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
			}
			if strings.Count(r.want(200, "GET", "/v1/me/devices", ada.token, "").body, `"kind"`) > 80 {
				return
			}
		}
	})
	dir := filepath.Join(t.TempDir(), "backup")
	stages := map[string]bool{}
	made, err := operate.Backup(t.Context(), r.console(), dir, func(p operate.Progress) { stages[p.View] = true })
	fatal(t, err)
	close(stop)
	ended.Wait()
	if made.Events == 0 || made.Rows == 0 || len(made.Masters) != 1 || made.List == nil || len(stages) == 0 {
		t.Errorf("%+v %v", made, stages)
	}
	if _, err := operate.Backup(t.Context(), r.console(), dir, nil); err == nil {
		t.Error("a backup was made over another")
	}
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if st.Backups.Completed.IsZero() || st.Backups.KeptUntil.Before(made.Begun.Add(cfg.Backup.Keep)) || st.Backups.List != cfg.Backup.List ||
		st.Backups.Destructions < made.List.Entries {
		t.Errorf("%+v", st.Backups)
	}

	// Eve leaves, and Ada unlinks a device, after the backup.
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.want(204, "DELETE", "/v1/me/devices/"+ada.deviceID, ada.token, "")
	r.stop()

	to, done := restored(t, cfg, dir, restore.Options{List: cfg.Backup.List})
	if done.List != domain.ListProven || done.Erased != 1 || done.Verifications != 1 || done.Destructions == 0 || done.From == done.To || done.Hash != made.Hash {
		t.Errorf("%+v", done)
	}
	sent := len(mail.Taken())
	r = start(t, to)
	v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !v.OK {
		t.Errorf("%+v", v)
	}
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.want(401, "GET", "/v1/me", eve.token, "")
	r.want(401, "POST", "/v1/views/devices/query", officer, `{}`)
	r.want(403, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code":%q,"password":%q}`, added.Code, "nine-tall-lighthouses"))
	r.want(410, "POST", "/v1/verifications/"+open.str(t, "verification")+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, open.str(t, "handle"), code))
	token := r.signIn(ada.email)
	if me := r.want(200, "GET", "/v1/me", token, ""); !strings.Contains(me.body, ada.email) {
		t.Errorf("%s", me.body)
	}
	if all := r.want(200, "GET", "/v1/sessions", token, ""); strings.Count(all.body, `"session":`) != 1 {
		t.Errorf("open sessions: %s", all.body)
	}
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, eve.email, password))
	again := r.want(201, "POST", "/v1/sessions", "", `{"email":"officer@example.org","password":"seven-tall-lighthouses","staff":true}`).str(t, "token")
	r.want(404, "POST", "/v1/accounts/"+eve.account+"/reveal", again, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	if len(mail.Taken()) != sent {
		t.Error("messages were sent that were asked for before the restore")
	}
	if again := r.join(mail, eve.email, "Eve again"); again.account == eve.account {
		t.Error("her new account is the old one")
	}
	late, err := operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: "late@example.org", Role: "analyst"}, nil)
	fatal(t, err)
	r.want(200, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code":%q,"password":%q}`, late.Code, "nine-tall-lighthouses"))
	r.stop()
	r = start(t, to)
	r.want(200, "GET", "/v1/me", token, "")
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.stop()

	// The control: without the list she is back.
	if _, err := server.Restore(t.Context(), withoutList(moved(t, cfg)), dir, restore.Options{}, server.SideOptions{}); !errors.Is(err, restore.ErrListMissing) {
		t.Errorf("without a word about the list: %v", err)
	}
	control, done := restored(t, cfg, dir, restore.Options{WithoutList: true})
	if done.List != domain.ListMissing || done.Erased != 0 {
		t.Errorf("%+v", done)
	}
	r = start(t, control)
	if me := r.want(200, "GET", "/v1/me", r.signIn(eve.email), ""); !strings.Contains(me.body, eve.email) {
		t.Errorf("%s", me.body)
	}
}

func withoutList(cfg server.Config) server.Config {
	cfg.Backup.List = ""
	return cfg
}

// TestBrokenBackupsAreRefusedByName restores what is damaged, cut or incomplete; nothing is made of any of it.
func TestBrokenBackupsAreRefusedByName(t *testing.T) {
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
	ledger, manifest := filepath.Join(dir, backup.LedgerName), filepath.Join(dir, backup.ManifestName)
	noVault := filepath.Join(t.TempDir(), "no-vault.ndjson.zst")
	con, err := server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	_, err = operate.ExportFile(t.Context(), con, noVault, false, nil)
	fatal(t, errors.Join(err, con.Close()))

	change := func(path string, how func([]byte) []byte) func() error {
		return func() error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, how(b), 0o600)
		}
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	cut := func(b []byte) []byte { return b[:len(b)-20] }
	lastLine := func(b []byte) []byte {
		return b[:strings.LastIndexByte(strings.TrimSuffix(string(b), "\n"), '\n')+1]
	}
	head, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.MasterKey), "*.head"))
	fatal(t, err)
	for name, c := range map[string]struct {
		spoil  func() error
		want   error
		anyway bool // refused although it is said that the list cannot be proved
	}{
		"a byte of the file":      {change(ledger, flip), backup.ErrPart, true},
		"the file's end":          {change(ledger, cut), backup.ErrPart, true},
		"no file":                 {func() error { return os.Remove(ledger) }, backup.ErrIncomplete, true},
		"a file without vault":    {change(ledger, func([]byte) []byte { b, _ := os.ReadFile(noVault); return b }), backup.ErrPart, true},
		"a byte of the manifest":  {change(manifest, flip), backup.ErrManifest, true},
		"no manifest":             {func() error { return os.Remove(manifest) }, backup.ErrIncomplete, true},
		"a byte of the list":      {change(cfg.Backup.List, flip), backup.ErrListAltered, true},
		"a shortened list":        {change(cfg.Backup.List, lastLine), backup.ErrListShortened, false},
		"no head of the list":     {func() error { return os.Remove(head[0]) }, backup.ErrHeadMissing, false},
		"the master key is away":  {func() error { return os.Remove(cfg.MasterKey) }, os.ErrNotExist, true},
		"a master key of another": {func() error { return os.Rename(otherKey(t), cfg.MasterKey) }, restore.ErrNoMasterKey, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{ledger, manifest, cfg.Backup.List, head[0], cfg.MasterKey} {
				b, err := os.ReadFile(path)
				fatal(t, err)
				defer func() { fatal(t, os.WriteFile(path, b, 0o600)) }()
			}
			fatal(t, c.spoil())
			to := withoutList(moved(t, cfg))
			_, err := server.Restore(t.Context(), to, dir, restore.Options{List: cfg.Backup.List}, server.SideOptions{})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if _, err := os.Stat(to.Data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a folder was made for it: %v", err)
			}
			done, err := server.Restore(t.Context(), to, dir, restore.Options{List: cfg.Backup.List, UnprovenList: true}, server.SideOptions{})
			if (err != nil) != c.anyway || err == nil && done.List != domain.ListUnproven {
				t.Errorf("with a list that cannot be proved: %+v, %v", done, err)
			}
		})
	}
	full := moved(t, cfg)
	fatal(t, os.MkdirAll(full.Data, 0o700))
	fatal(t, os.WriteFile(filepath.Join(full.Data, "x"), nil, 0o600))
	if _, err := server.Restore(t.Context(), full, dir, restore.Options{}, server.SideOptions{}); !errors.Is(err, restore.ErrNotEmpty) {
		t.Errorf("into a folder that is not empty: %v", err)
	}
}

// otherKey is the file of a master key of somebody else's.
func otherKey(t *testing.T) string {
	t.Helper()
	cfg := config(t)
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	start(t, cfg).stop()
	return cfg.MasterKey
}

// TestARestoreThatBreaksOffIsNotServed breaks a restore off at each of its stages, and goes on.
func TestARestoreThatBreaksOffIsNotServed(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada")
	r.stop()
	con, err := server.OpenConsole(t.Context(), cfg) // of a stopped ledger
	fatal(t, err)
	dir, other := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "other")
	_, err = operate.Backup(t.Context(), con, dir, nil)
	fatal(t, err)
	_, err = operate.Backup(t.Context(), con, other, nil)
	fatal(t, errors.Join(err, con.Close()))

	to := moved(t, cfg)
	for _, stage := range []string{"copying the log", "walking the log"} {
		err := breakOff(t, to, dir, stage)
		if err == nil {
			t.Fatalf("%s: not broken off", stage)
		}
		if _, err := server.Open(t.Context(), to, server.Options{}); !errors.Is(err, unfinished.ErrRestore) {
			t.Errorf("%s: served half: %v", stage, err)
		}
		if _, err := server.Restore(t.Context(), to, other, restore.Options{}, server.SideOptions{}); !errors.Is(err, restore.ErrOtherRestore) {
			t.Errorf("%s: another backup: %v", stage, err)
		}
		if _, err := server.Import(t.Context(), to, filepath.Join(dir, backup.LedgerName), true, server.SideOptions{}); !errors.Is(err, restore.ErrFolderNotEmpty) {
			t.Errorf("%s: an import went on with it: %v", stage, err)
		}
	}
	_, err = server.Restore(t.Context(), to, dir, restore.Options{}, server.SideOptions{})
	fatal(t, err)
	r = start(t, to)
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.want(200, "GET", "/v1/me", r.signIn(ada.email), "")
}

// TestAnErasureWaitsForTheList has the disk of the list fail: nothing is destroyed that is not on it.
func TestAnErasureWaitsForTheList(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	eve := r.join(mail, "eve@example.com", "Eve")
	head, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.MasterKey), "*.head"))
	fatal(t, err)
	fatal(t, os.Rename(head[0], head[0]+".away"))
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "a try", func() bool { return strings.Contains(r.logs.String(), "could not be settled") })
	if e := r.want(200, "GET", "/v1/erasures/"+id, "", ""); strings.Contains(e.body, "completed") {
		t.Errorf("%s", e.body)
	}
	fatal(t, os.Rename(head[0]+".away", head[0]))
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.stop()
	fatal(t, os.Rename(cfg.Backup.List, cfg.Backup.List+".away"))
	if _, err := server.Open(t.Context(), cfg, server.Options{}); !errors.Is(err, backup.ErrListShortened) {
		t.Errorf("served without its list: %v", err)
	}
	inside := cfg
	inside.Backup.List = filepath.Join(cfg.Data, "list")
	if _, err := server.LoadConfig("", map[string]any{"data": cfg.Data, "backup.list": inside.Backup.List}); err == nil {
		t.Error("a list in the data folder")
	}
}
