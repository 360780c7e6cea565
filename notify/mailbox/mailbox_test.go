package mailbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/mailbox"
	"accountledger/notify/templates"
)

func open(t *testing.T, dir string) *mailbox.Mailbox {
	t.Helper()
	b, err := mailbox.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func account(n byte) domain.AccountID { return domain.AccountID{UUID: uuid.UUID{15: n}} }

func envelope(id domain.AccountID, code string) notify.Envelope {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return notify.Envelope{ID: domain.DeliveryID{UUID: uuid.New()}, At: at, Message: domain.MessageCode, Account: id, To: "ann@example.com",
		Code: code, Expires: at.Add(time.Minute), Content: templates.Email{Language: "en", Subject: "Hello", Plain: "Text", HTML: "<p>"}}
}

func send(t *testing.T, b *mailbox.Mailbox, es ...notify.Envelope) {
	t.Helper()
	for _, e := range es {
		if err := b.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func codes(t *testing.T, b *mailbox.Mailbox) (out []string) {
	t.Helper()
	all, err := b.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		out = append(out, m.Code)
	}
	return out
}

func TestKeepsInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mailbox")
	b := open(t, dir)
	first := envelope(account(1), "1")
	send(t, b, first, envelope(account(2), "2"))
	b = open(t, dir) // as after a restart
	send(t, b, envelope(account(1), "3"))
	if got := fmt.Sprint(codes(t, b)); got != "[1 2 3]" {
		t.Fatalf("order %s", got)
	}
	all, _ := b.List()
	if m := all[0]; m.ID != first.ID || m.To != "ann@example.com" || m.Subject != "Hello" || m.Text != "Text" || !m.At.Equal(first.At) ||
		!m.Expires.Equal(first.Expires) || m.Account != account(1) || m.Message != domain.MessageCode || m.Language != "en" {
		t.Errorf("kept %+v", m)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mailbox")
	b := open(t, dir)
	send(t, b, envelope(account(1), "1"))
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("folder has mode %v", info.Mode())
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Fatalf("%d files", len(entries))
	}
	info, _ := entries[0].Info()
	if info.Mode().Perm() != 0o600 || strings.Contains(info.Name(), "ann") || strings.Contains(info.Name(), "example") {
		t.Errorf("file %s has mode %v", info.Name(), info.Mode())
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	send(t, b, envelope(account(1), "1"), envelope(account(2), "2"), envelope(account(1), "3"))
	for range 2 {
		if err := b.Forget(account(1)); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(codes(t, b)); got != "[2]" {
		t.Errorf("left: %s", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files", len(entries))
	}
}

func TestForgetTakesWhatNobodyCanRead(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	send(t, b, envelope(account(2), "2"))
	entries, _ := os.ReadDir(dir)
	if err := os.WriteFile(filepath.Join(dir, entries[0].Name()), []byte(`{"to": "ann@exam`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.List(); err == nil || strings.Contains(err.Error(), "ann@") || !strings.Contains(err.Error(), entries[0].Name()) {
		t.Errorf("the error should name the file alone: %v", err)
	}
	if err := b.Forget(account(1)); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Error("the unreadable file is still there")
	}
}

func TestBound(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	mailbox.SetMax(b, 3)
	for n := range 5 {
		send(t, b, envelope(account(1), fmt.Sprint(n)))
	}
	if got := fmt.Sprint(codes(t, b)); got != "[2 3 4]" {
		t.Errorf("left: %s", got)
	}
}

func TestHalfWrittenIsCleared(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	left := filepath.Join(dir, ".partial-123")
	if err := os.WriteFile(left, []byte("ann@example.com"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

func TestFaultNamesNoPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mailbox")
	b := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := b.Send(t.Context(), envelope(account(1), "1"))
	var failed *notify.SendError
	if !errors.As(err, &failed) || failed.Refused || failed.Step != notify.StepStore || strings.Contains(err.Error(), "ann") {
		t.Errorf("got %v", err)
	}
}
