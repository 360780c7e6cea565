package commands_test

import (
	"errors"
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/vault"
)

func TestDevices(t *testing.T) {
	w := newWorld(t)
	c, eve := w.person(ada), w.person("eve@example.com")
	watch := do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: " Model 3 ", Name: "Ada's watch"})
	w.clock.forward(1)
	vacuum := do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "vacuum", Model: "Dust 1", Name: "Robby"})
	list := do(w, w.ListDevices, c, struct{}{})
	if len(list) != 2 || list[0] != watch || list[1] != vacuum || watch.Model != "Model 3" || watch.Name != "Ada's watch" || watch.Kind != "watch" {
		t.Error("not the devices that were linked, in their order")
	}
	renamed := do(w, w.RenameDevice, c, commands.RenameDevice{ID: watch.ID, Name: "Old watch"})
	if renamed.Name != "Old watch" || renamed.Model != watch.Model || !renamed.Linked.Equal(watch.Linked) || do(w, w.ListDevices, c, struct{}{})[0] != renamed {
		t.Error("not renamed")
	}
	w.appended(nil, func() { // another's device is one that does not exist
		for _, id := range []domain.DeviceID{watch.ID, {}} {
			refused(w, w.RenameDevice, eve, commands.RenameDevice{ID: id, Name: "x"}, domain.ErrNotFound)
			refused(w, w.UnlinkDevice, eve, commands.UnlinkDevice{ID: id}, domain.ErrNotFound)
		}
		refused(w, w.LinkDevice, c, domain.LinkDevice{Kind: "toaster", Model: "x", Name: "x"}, domain.ErrDeviceKind)
		refused(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "x\x00", Name: "x"}, domain.ErrDeviceModel)
		refused(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "x", Name: strings.Repeat("a", 10_000)}, domain.ErrDeviceName)
		refused(w, w.RenameDevice, c, commands.RenameDevice{ID: watch.ID, Name: "\u202e"}, domain.ErrDeviceName)
	})
	if n := len(do(w, w.ListDevices, eve, struct{}{})); n != 0 {
		t.Errorf("another sees %d devices", n)
	}
	do(w, w.UnlinkDevice, c, commands.UnlinkDevice{ID: watch.ID})
	if _, err := w.vault.Key(t.Context(), domain.DeviceKey(watch.ID)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("its key: %v", err)
	}
	if left := do(w, w.ListDevices, c, struct{}{}); len(left) != 1 || left[0] != vacuum {
		t.Error("the wrong one is left")
	}
	for _, h := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries { // what is gone reads as nothing, for its owner too
		if strings.Contains(string(h.Details), "Ada's watch") || strings.Contains(string(h.Details), "Model 3") {
			t.Errorf("history still shows %s", h.Type)
		}
	}
}

// A crash between the unlinking and the destruction of the key is made up for.
func TestSettleUnlinked(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	d := do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	f := &faults{at: 8} // five keys of the ledger's own first, in one write; the append is the second
	w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
	f.n, f.at = 0, 2
	if _, err := w.UnlinkDevice(t.Context(), request(c), commands.UnlinkDevice{ID: d.ID}); err == nil {
		t.Fatal("it did not crash")
	}
	w.restart()
	for range 2 {
		do(w, w.SettleUnlinked, domain.System(), commands.SettleUnlinked{Device: d.ID})
	}
	if _, err := w.vault.Key(t.Context(), domain.DeviceKey(d.ID)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("its key: %v", err)
	}
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	do(w, w.SetPermission, c, w.grant())
	do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	w.person("eve@example.com")
	var types []string
	var text strings.Builder
	for _, h := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries {
		types = append(types, h.Type)
		text.Write(h.Details)
	}
	// The newest first; what one command did at one time stands together.
	if got := strings.Join(types, " "); got != "device.linked.v1 permission.granted.v1 session.started.v1 verification.passed.v1 "+
		"sign_up.completed.v1 account.opened.v1 sign_up.requested.v1" {
		t.Errorf("%s", got)
	}
	for _, want := range []string{ada, "Ada's watch", "192.0.2.7", "1990-05"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, never := range []string{"_hash\":\"", "eve@", "secret"} {
		if strings.Contains(strings.ReplaceAll(text.String(), "notice_hash", ""), never) {
			t.Errorf("%s is shown", never)
		}
	}
}
