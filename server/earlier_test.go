package server_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/server"
)

// remake makes the folder again that TestAFolderMadeEarlierOpens opens. A commit that does so says why: from the first release on nothing
// may have to.
var remake = flag.Bool("remake", false, "make testdata/earlier.tar.gz again")

// earlier is an archive of a small ledger: data (log, vault, views), keys, list (of destructions) and backup.
const earlier = "testdata/earlier.tar.gz"

// under places a configuration in a folder.
func under(cfg server.Config, root string) server.Config {
	cfg.Data, cfg.MasterKey = filepath.Join(root, "data"), filepath.Join(root, "keys", "master.key")
	cfg.Backup.List = filepath.Join(root, "list", "destructions.ndjson")
	return cfg
}

// TestAFolderMadeEarlierOpens: what an earlier build wrote is served, verified, changed and restored by this one.
func TestAFolderMadeEarlierOpens(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plain, mail := withMail(t)
	cfg := under(plain, root)
	if *remake {
		makeEarlier(t, root)
	}
	unpack(t, earlier, root)

	r := start(t, cfg)
	r.whole()
	ada := r.signIn("ada.lovelace@example.com")
	if all := r.want(200, "GET", "/v1/me/contacts", ada, ""); !strings.Contains(all.body, "ada.lovelace@example.com") ||
		!strings.Contains(all.body, "ada@example.net") {
		t.Errorf("%s", all.body)
	}
	if history := r.want(200, "GET", "/v1/me/history", ada, ""); strings.Count(history.body, `"type"`) < 5 {
		t.Errorf("%s", history.body)
	}
	if devices := r.want(200, "GET", "/v1/me/devices", ada, ""); !strings.Contains(devices.body, "Ada on the run") {
		t.Errorf("%s", devices.body)
	}
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":"eve@example.com","password":%q}`, password))
	r.want(201, "POST", "/v1/me/devices", ada, `{"kind":"phone","model":"X","name":"Y"}`)
	r.join(mail, "eve@example.com", "Eve again")
	r.stop()

	to := under(plain, t.TempDir())
	to.MasterKey, to.Backup.List = cfg.MasterKey, ""
	if _, err := server.Restore(t.Context(), to, filepath.Join(root, "backup"), restore.Options{List: cfg.Backup.List}, server.SideOptions{}); err != nil {
		t.Fatal(err)
	}
	r = start(t, to)
	r.whole()
	r.signIn("ada.lovelace@example.com")
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":"eve@example.com","password":%q}`, password))
}

// whole verifies all there is.
func (r *running) whole() {
	r.t.Helper()
	v, err := operate.Verify.Run(r.t.Context(), r.console(), operate.None{}, nil)
	fatal(r.t, err)
	if !v.OK {
		r.t.Errorf("%+v", v)
	}
}

// makeEarlier makes the archive: somebody who stays, with two addresses, somebody who left after the backup, an officer's look.
func makeEarlier(t *testing.T, root string) {
	t.Helper()
	plain, mail := withMail(t)
	cfg := under(plain, root)
	for _, dir := range []string{cfg.MasterKey, cfg.Backup.List} {
		fatal(t, os.MkdirAll(filepath.Dir(dir), 0o700))
	}
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.attach(mail, ada, "ada@example.net")
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, fmt.Sprintf(`{"purpose":"weather","state":"granted","notice":%q}`, r.notice()))
	eve := r.join(mail, "eve@example.com", "Eve")
	officer := r.officer("officer@example.org", "compliance")
	r.want(200, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	_, err := operate.Backup(t.Context(), r.console(), filepath.Join(root, "backup"), func(operate.Progress) {})
	fatal(t, err)
	id := r.want(202, "POST", "/v1/erasures", eve.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.stop()

	fatal(t, os.MkdirAll(filepath.Dir(earlier), 0o750))
	f, err := os.Create(earlier)
	fatal(t, err)
	zip := gzip.NewWriter(f)
	out := tar.NewWriter(zip)
	fatal(t, errors.Join(out.AddFS(os.DirFS(root)), out.Close(), zip.Close(), f.Close()))
	for _, part := range []string{"data", "keys", "list", "backup"} {
		fatal(t, os.RemoveAll(filepath.Join(root, part)))
	}
}

// unpack unpacks an archive of this package.
func unpack(t *testing.T, archive, into string) {
	t.Helper()
	f, err := os.Open(archive)
	fatal(t, err)
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(f)
	fatal(t, err)
	in := tar.NewReader(zip)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		fatal(t, err)
		if !filepath.IsLocal(h.Name) {
			t.Fatalf("%s", h.Name)
		}
		path := filepath.Join(into, h.Name)
		if h.FileInfo().IsDir() {
			fatal(t, os.MkdirAll(path, 0o700))
			continue
		}
		content, err := io.ReadAll(in)
		fatal(t, err)
		fatal(t, os.WriteFile(path, content, 0o600))
	}
}
