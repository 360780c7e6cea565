package server_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"
)

// TestTheByteScanOfAllThatIsWritten looks through log, vault, views, backups, the list of destructions, the server's log and
// its metrics for what is somebody's, and after an erasure for the key.
func TestTheByteScanOfAllThatIsWritten(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.attach(mail, ada, "augusta.ada@example.net")
	control := r.join(mail, "control@example.com", "Control device")
	r.want(202, "POST", "/v1/me/contacts", ada.token, `{"email":"countess@example.net"}`)
	_, err := operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: "grace.hopper@example.org", Name: "Grace Hopper", Role: "analyst"}, nil)
	fatal(t, err)
	keys := []string{"account/" + ada.account, "account/" + control.account}
	r.stop()
	wrapped := wrappedKeys(t, cfg, keys)
	r = start(t, cfg)
	before, after := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	_, err = operate.Backup(t.Context(), r.console(), before, nil)
	fatal(t, err)
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	_, err = operate.Backup(t.Context(), r.console(), after, nil)
	fatal(t, err)
	printed := r.logs.String() + r.inside(200, "/metrics").body
	r.stop()

	written := []string{cfg.Data, before, after, filepath.Dir(cfg.Backup.List)}
	private := []string{ada.email, ada.device, "lovelace", "augusta.ada", "countess@example.net",
		control.email, control.device, "Band 9 Pro", "grace.hopper@example.org",
		"Grace Hopper", password, "192.0.2.7"}
	for _, text := range private {
		for _, dir := range written {
			if at := found(t, dir, text); len(at) > 0 {
				t.Errorf("something personal stands in %v", at)
			}
		}
		for how, b := range writings(text) {
			if strings.Contains(printed, string(b)) {
				t.Errorf("log or metrics hold something personal (%s)", how)
			}
		}
	}
	// What is public is found, so the scan sees into every file.
	for dir, text := range map[string]string{cfg.Data: "device.linked.v1", before: "device.linked.v1", after: "device.linked.v1",
		filepath.Dir(cfg.Backup.List): keys[0]} {
		if at := found(t, dir, text); len(at) == 0 {
			t.Errorf("the scan finds nothing in %s", dir)
		}
	}
	holds := func(dir, name string) bool {
		text := []byte(base64.StdEncoding.EncodeToString(wrapped[name]))
		return len(foundBytes(t, dir, wrapped[name]))+len(foundBytes(t, dir, text)) > 0
	}
	for dir, want := range map[string][2]bool{cfg.Data: {false, true}, before: {true, true}, after: {false, true}, filepath.Dir(cfg.Backup.List): {}} {
		for i, name := range keys {
			if got := holds(dir, name); got != want[i] {
				t.Errorf("%s in %s: %v", strings.Split(name, "/")[0], dir, got)
			}
		}
	}
}
