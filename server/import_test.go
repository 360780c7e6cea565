package server_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/pagesum"
	"accountledger/replay/restore"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
	"accountledger/server"
)

// TestExportOfARunningLedgerAndImport writes a file over the socket while the server runs, and makes ledgers of it.
func TestExportOfARunningLedgerAndImport(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.officer("officer@example.org", "compliance")
	dir := t.TempDir()
	file := filepath.Join(dir, "ledger.ndjson")
	told := int64(0)
	done, err := operate.ExportFile(t.Context(), r.console(), file, true, func(p operate.Progress) { told = p.Done })
	fatal(t, err)
	if done.Events == 0 || told != done.Events {
		t.Errorf("%+v, told of %d", done, told)
	}
	if _, err := operate.ExportFile(t.Context(), r.console(), file, true, nil); !errors.Is(err, transfer.ErrExists) {
		t.Errorf("over a file that is there: %v", err)
	}
	text, err := os.ReadFile(file)
	fatal(t, err)
	for _, private := range []string{ada.email, ada.device, "lovelace", password} {
		for how, b := range writings(private) {
			if bytes.Contains(text, b) {
				t.Errorf("the file holds something personal (%s)", how)
			}
		}
	}
	small := filepath.Join(dir, "ledger.ndjson.zst")
	_, err = operate.ExportFile(t.Context(), r.console(), small, false, nil)
	fatal(t, err)
	r.stop()

	// With the vault it goes on, under the same master key.
	again := moved(t, cfg)
	again.MasterKey = filepath.Join(cfg.Data, "dev-master.key")
	if _, err := server.Import(t.Context(), again, small, true, server.SideOptions{}); !errors.Is(err, transfer.ErrNoVault) {
		t.Errorf("without a vault: %v", err)
	}
	in, err := server.Import(t.Context(), again, file, true, server.SideOptions{})
	fatal(t, err)
	if in.Events != done.Events || in.Hash != done.Hash || in.Archive || in.Rows == 0 || in.Keys == 0 || in.From == in.To {
		t.Errorf("%+v", in)
	}
	if _, err := server.Import(t.Context(), again, file, true, server.SideOptions{}); !errors.Is(err, restore.ErrFolderNotEmpty) {
		t.Errorf("into a folder that is not empty: %v", err)
	}
	r = start(t, again)
	r.want(401, "GET", "/v1/me", ada.token, "") // a new history: the exported ledger goes on with the old one
	r.signIn(ada.email)
	officer := r.want(201, "POST", "/v1/sessions", "", `{"email":"officer@example.org","password":"seven-tall-lighthouses","staff":true}`).str(t, "token")
	shown := r.want(200, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	if !strings.Contains(shown.body, ada.email) {
		t.Errorf("reveal: %s", shown.body)
	}
	v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !v.OK || v.Events <= in.Events || v.Keys == 0 || len(v.Consumers)+len(v.Remade) < 5 {
		t.Errorf("%+v", v)
	}
	r.stop()

	// Without, it is an archive.
	archive := moved(t, cfg)
	archive.Controller.ID = "reader" // the reader of an archive need not be the controller
	in, err = server.Import(t.Context(), archive, small, false, server.SideOptions{})
	fatal(t, err)
	if !in.Archive || in.Rows != 0 {
		t.Errorf("%+v", in)
	}
	r = start(t, archive)
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, ada.email, password))
	if me := r.send("GET", "/v1/me", ada.token, ""); strings.Contains(me.body, ada.email) {
		t.Errorf("the archive shows %s", me.body)
	}
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !st.Ready || !st.Archive || !strings.Contains(st.Log.Fence, "archive") {
		t.Errorf("%+v", st)
	}
	v, err = operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !v.OK || !v.Archive || v.Hash != in.Hash {
		t.Errorf("%+v", v)
	}
	out := filepath.Join(dir, "again.ndjson.gz")
	done, err = operate.ExportFile(t.Context(), r.console(), out, false, nil)
	fatal(t, err)
	if done.Hash != in.Hash {
		t.Errorf("%+v", done)
	}
	r.stop()
	from, unrecorded, err := server.OpenExport(t.Context(), archive)
	fatal(t, err)
	done, err = operate.ExportFile(t.Context(), from, filepath.Join(dir, "stopped.ndjson"), false, nil)
	fatal(t, errors.Join(err, from.Close()))
	if done.Hash != in.Hash || !strings.Contains(unrecorded, "archive") {
		t.Errorf("%+v, not recorded because %s", done, unrecorded)
	}
}

func TestAnImportThatBreaksOffIsNotServed(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	file := filepath.Join(t.TempDir(), "ledger.ndjson")
	_, err := operate.ExportFile(t.Context(), r.console(), file, true, nil)
	fatal(t, err)
	r.stop()
	text, err := os.ReadFile(file)
	fatal(t, err)
	bad := filepath.Join(t.TempDir(), "bad.ndjson")
	fatal(t, os.WriteFile(bad, text[:len(text)-20], 0o600))
	to := moved(t, cfg)
	if _, err := server.Import(t.Context(), to, bad, true, server.SideOptions{}); err == nil {
		t.Error("a file that ends early was imported")
	}
	if _, err := os.Stat(to.Data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made for it: %v", err)
	}
	// Its master key is another's: the log is imported, and the vault cannot be.
	if _, err := server.Import(t.Context(), to, file, true, server.SideOptions{}); err == nil {
		t.Error("imported under another master key")
	}
	if _, err := server.Open(t.Context(), to, server.Options{}); !errors.Is(err, unfinished.ErrTransfer) {
		t.Errorf("served half: %v", err)
	}
}

func TestVerifyOfAStoppedLedgerNamesAFault(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	if v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, func(operate.Progress) {}); err != nil || !v.OK || v.Rows == 0 {
		t.Errorf("%v %+v", err, v)
	}
	r.stop()
	turnKey(t, cfg, "account/"+ada.account)
	c, err := server.OpenReading(t.Context(), cfg)
	fatal(t, err)
	defer func() { fatal(t, c.Close()) }()
	v, err := operate.Verify.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	if v.OK || len(v.Faults) == 0 || !strings.Contains(fmt.Sprint(v.Faults), ada.account) {
		t.Errorf("%+v", v)
	}
	if text := operate.FaultLine(v.Faults[len(v.Faults)-1]); !strings.Contains(text, "vault") || strings.Contains(text, ada.email) {
		t.Errorf("%s", text)
	}
}

// turnKey turns a bit of a key in the vault's file.
func turnKey(t *testing.T, cfg server.Config, name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cfg.Data, "vault", "*.db"))
	fatal(t, err)
	vfs, err := pagesum.VFS()
	fatal(t, err)
	db, err := sql.Open("sqlite", "file:"+files[0]+"?vfs="+vfs)
	fatal(t, err)
	var wrapped []byte
	fatal(t, db.QueryRowContext(t.Context(), `SELECT wrapped FROM keys WHERE name = ?`, []byte(name)).Scan(&wrapped))
	wrapped[30] ^= 1
	_, err = db.ExecContext(t.Context(), `UPDATE keys SET wrapped = ? WHERE name = ?`, wrapped, []byte(name))
	fatal(t, err)
	fatal(t, db.Close())
}
