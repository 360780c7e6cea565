package server_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/pagesum"
	"accountledger/server"
)

// code is what a refusal is called.
func code(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return fmt.Sprint(err)
}

func noProgress(operate.Progress) {}

// The master key is replaced while the server runs; the old one is let go when its file is gone and no backup needs it.
func TestTheMasterKeyIsRotatedWhilePeopleWork(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	keys := t.TempDir()
	cfg.Dev, cfg.MasterKey = false, masterKey(t, keys)
	cfg.Backup.Keep = time.Hour
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	con := r.console()

	var last operate.Progress
	done, err := operate.RotateKeys.Run(t.Context(), con, operate.KeysRotate{}, func(p operate.Progress) { last = p })
	fatal(t, err)
	if done.Rows < 5 || done.Rows != last.Done || last.Done != last.Total || last.Unit != "rows" || done.Damaged != 0 {
		t.Errorf("%+v, progress %+v", done, last)
	}
	if filepath.Dir(done.File) != keys || done.File == cfg.MasterKey || mode(t, done.File) != 0o600 {
		t.Errorf("the new key is in %s", done.File)
	}
	if len(done.Keys) != 2 {
		t.Fatalf("%+v", done.Keys)
	}
	old := done.Keys[0]
	if old.State != operate.KeyKept || old.Files[0] != cfg.MasterKey || !old.Destroyable.Equal(old.Ended.Add(time.Hour)) {
		t.Errorf("the old key: %+v", old)
	}
	r.want(200, "GET", "/v1/me", ada.token, "")

	all, err := operate.ListKeys.Run(t.Context(), con, operate.None{}, nil)
	fatal(t, err)
	if *all[0].Rows != 0 || *all[1].Rows != done.Rows || all[1].State != operate.KeyCurrent || all[1].ID != done.Key {
		t.Errorf("%+v", all)
	}
	st, err := operate.ReadStatus.Run(t.Context(), con, operate.None{}, nil)
	fatal(t, err)
	if len(st.MasterKeys) != 2 {
		t.Errorf("%+v", st.MasterKeys)
	}

	destroyed := func(id string, force bool) string {
		_, err := operate.RecordDestroyedKey.Run(t.Context(), con, operate.KeysDestroyed{Key: id, Force: force}, nil)
		return code(err)
	}
	for id, want := range map[string]string{"nothing": "key_unknown", ada.account: "key_unknown", done.Key: "key_in_use", old.ID: "key_file_there"} {
		if got := destroyed(id, true); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	fatal(t, os.Remove(cfg.MasterKey))
	if got := destroyed(old.ID, false); got != "key_kept" {
		t.Errorf("while backups are kept: %s", got)
	}
	gone, err := operate.RecordDestroyedKey.Run(t.Context(), con, operate.KeysDestroyed{Key: old.ID, Force: true}, nil)
	fatal(t, err)
	if gone.State != operate.KeyDestroyed || gone.Held {
		t.Errorf("%+v", gone)
	}

	// The same configuration starts again, on the new key alone.
	r.stop()
	r = start(t, cfg)
	if me := r.want(200, "GET", "/v1/me", ada.token, ""); !strings.Contains(me.body, ada.email) {
		t.Errorf("after a restart: %s", me.body)
	}
	st, err = operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if len(st.MasterKeys) != 1 || st.MasterKeys[0].ID != done.Key {
		t.Errorf("%+v", st.MasterKeys)
	}
}

// An operator who leaves in the middle loses nothing: the same command goes on, to the same key, no matter who runs it.
func TestARotationCutOffIsResumed(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	before, err := operate.ListKeys.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	r.stop()
	stopped, err := server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := operate.RotateKeys.Run(ctx, stopped, operate.KeysRotate{}, func(operate.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	cut, err := operate.ListKeys.Run(t.Context(), stopped, operate.None{}, nil)
	fatal(t, err)
	fatal(t, stopped.Close())
	if len(cut) != 2 || cut[0].ID != before[0].ID || cut[0].State != operate.KeyInUse || cut[1].State != operate.KeyCurrent {
		t.Fatalf("%+v", cut)
	}

	r = start(t, cfg)
	if _, err := operate.RecordDestroyedKey.Run(t.Context(), r.console(), operate.KeysDestroyed{Key: cut[0].ID, Force: true}, nil); code(err) != "key_in_use" {
		t.Errorf("error %v", err)
	}
	done, err := operate.RotateKeys.Run(t.Context(), r.console(), operate.KeysRotate{}, noProgress)
	fatal(t, err)
	if done.Key != cut[1].ID || len(done.Keys) != 2 || done.Keys[0].State != operate.KeyKept {
		t.Errorf("%+v", done)
	}
	all, err := operate.ListKeys.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if *all[0].Rows != 0 || *all[1].Rows < *before[0].Rows {
		t.Errorf("%+v", all)
	}
}

// A rotation that a crash ended is found unfinished by the next start, and its key among the files.
func TestARotationIsResumedAfterARestart(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Dev, cfg.MasterKey = false, t.TempDir() // a folder of keys
	r := start(t, withMailbox(cfg))
	first, err := operate.ListKeys.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if filepath.Dir(first[0].Files[0]) != cfg.MasterKey {
		t.Errorf("the first key is in %v", first[0].Files)
	}
	r.stop()
	// What a crash leaves behind: a key that was made, and half a file of another.
	half := filepath.Join(cfg.MasterKey, "half.key")
	fatal(t, os.WriteFile(half, []byte("accountledger"), 0o600))
	r = start(t, withMailbox(cfg))
	if !strings.Contains(r.logs.String(), "half.key") {
		t.Error("a file that cannot be used is not told of")
	}
	named := filepath.Join(cfg.MasterKey, "named.key")
	done, err := operate.RotateKeys.Run(t.Context(), r.console(), operate.KeysRotate{To: named}, noProgress)
	fatal(t, err)
	if done.File != named {
		t.Errorf("rotated to %s", done.File)
	}
	r.stop()
	r = start(t, withMailbox(cfg))
	again, err := operate.RotateKeys.Run(t.Context(), r.console(), operate.KeysRotate{To: named}, noProgress)
	fatal(t, err)
	if again.Key != done.Key || again.Rows != 0 {
		t.Errorf("%+v after %+v", again, done)
	}
}

// withMailbox is a configuration that needs no mail server.
func withMailbox(cfg server.Config) server.Config {
	cfg.Dev = true
	return cfg
}

func TestWhereANewMasterKeyMayLie(t *testing.T) {
	t.Parallel()
	cfg, _ := withMail(t)
	keys := t.TempDir()
	cfg.Dev, cfg.MasterKey = false, masterKey(t, keys)
	cfg.MasterKeyOlder = " " + filepath.Join(keys, "next") + " ,"
	con := start(t, cfg).console()
	for _, to := range []string{"master-2026-05-17.key", filepath.Join(cfg.Data, "master-2026-05-17.key"), filepath.Join(keys, "elsewhere.key")} {
		if _, err := operate.RotateKeys.Run(t.Context(), con, operate.KeysRotate{To: to}, noProgress); code(err) != "key_file" {
			t.Errorf("%s: %v", to, err)
		}
	}
	done, err := operate.RotateKeys.Run(t.Context(), con, operate.KeysRotate{To: filepath.Join(keys, "next")}, noProgress)
	fatal(t, err)
	if done.File != filepath.Join(keys, "next") {
		t.Errorf("rotated to %s", done.File)
	}
}

// An erasure says until when backups may hold its keys, and since when it is final.
func TestAnErasureBecomesFinal(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	see := func() answer { return r.send("GET", "/v1/erasures/"+id, "", "") }
	eventually(t, "the erasure", func() bool { return see().fields["state"] == "completed" })
	if e := see(); strings.Contains(e.body, "final") || strings.Contains(e.body, "until") {
		t.Errorf("while its master key is in use: %s", e.body)
	}
	done, err := operate.RotateKeys.Run(t.Context(), r.console(), operate.KeysRotate{}, noProgress)
	fatal(t, err)
	old := done.Keys[0]
	r.stop()

	// The next master key began so soon that the clocks could be wrong about which was first: make it later.
	vfs, err := pagesum.VFS()
	fatal(t, err)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(cfg.Data, "vault", "vault.db")+"?vfs="+vfs)
	fatal(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE masters SET began_at = began_at + 600000 WHERE ended_at = 0")
	fatal(t, errors.Join(err, db.Close()))
	r = start(t, cfg)
	if e := see(); e.fields["backups_until"] != old.Destroyable.Format(time.RFC3339Nano) || strings.Contains(e.body, "final") {
		t.Errorf("while backups are kept: %s, want %v", e.body, old.Destroyable)
	}
	r.stop()

	fatal(t, os.Remove(old.Files[0]))
	stopped, err := server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	gone, err := operate.RecordDestroyedKey.Run(t.Context(), stopped, operate.KeysDestroyed{Key: old.ID, Force: true}, nil)
	fatal(t, errors.Join(err, stopped.Close()))
	r = start(t, cfg)
	if e := see(); e.fields["state"] != "completed" || e.fields["final"] != true || e.fields["final_at"] != gone.Destroyed.Format(time.RFC3339Nano) ||
		e.fields["backups_until"] != nil {
		t.Errorf("with its master key destroyed: %s, want %v", e.body, gone.Destroyed)
	}
}
