package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/projections"
)

// TestADamagedNameOfTheLiveGenerationHeals is T5: what names the generation that answers is damaged, at rest and while the ledger is
// served. The view is filled again, or was never away.
func TestADamagedNameOfTheLiveGenerationHeals(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada on the run")
	officer := r.officer("officer@example.org", "compliance")
	views := filepath.Join(cfg.Data, "views")
	live := func(view string) string { return filepath.Join(views, view+".live") }
	write := func(path, text string) { fatal(t, os.WriteFile(path, []byte(text), 0o600)) }
	read := func(path string) string {
		b, err := os.ReadFile(path)
		fatal(t, err)
		return string(b)
	}
	kinds := map[string]func(){
		"emptied": func() { write(live("devices"), "") },
		"zeroed":  func() { write(live("devices"), strings.Repeat("\x00", len(read(live("devices"))))) },
		"flipped": func() {
			b := []byte(read(live("devices")))
			b[1] ^= 4
			write(live("devices"), string(b))
		},
		"deleted": func() { fatal(t, os.Remove(live("devices"))) },
		"swapped": func() {
			a, b := read(live("devices")), read(live("accounts"))
			write(live("devices"), b)
			write(live("accounts"), a)
		},
		"another number":  func() { write(live("devices"), "devices.v1.g4711\n") },
		"another version": func() { write(live("devices"), "devices.v77.g1\n") },
	}
	whole := func(what string) {
		t.Helper()
		for _, view := range []string{"devices", "accounts"} {
			eventually(t, what+": "+view, func() bool {
				a := r.send("POST", "/v1/views/"+view+"/query", officer, `{"with_total":true}`)
				return a.status == 200 && strings.Contains(a.body, `"total":1`)
			})
		}
		c, err := operate.Compare.Run(t.Context(), r.console(), []string{"devices", "accounts"}, noProgress)
		fatal(t, err)
		if c.Found > 0 {
			t.Errorf("%s: %+v", what, c.Differences)
		}
	}
	whole("at first")
	for name, damage := range kinds {
		r.stop()
		damage()
		r = start(t, cfg)
		whole(name + " at rest")
	}
	for name, damage := range kinds {
		damage()
		fatal(t, rebuild(t, r.console(), operate.RebuildViews{Views: []string{"devices", "accounts"}}, noProgress))
		whole(name + " while served, and rebuilt")
		r.stop()
		r = start(t, cfg)
		whole(name + " while served, rebuilt and started again")
	}
	if left := glob(t, views, "*"); len(left) > 4*len(projections.All()) {
		t.Errorf("%d files are left: %v", len(left), left)
	}
}
