package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/replay/transfer"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// vaultUnder is a new vault under another vault's master keys.
func vaultUnder(t *testing.T, other *sqlite.Vault) *sqlite.Vault {
	t.Helper()
	v, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vault"), other.Keyring().Newest(), sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// imported checks a file and imports it.
func imported(ctx context.Context, t *testing.T, path string, to transfer.Side, withVault bool, tell transfer.Progress) (transfer.Imported, error) {
	t.Helper()
	info, err := transfer.CheckFile(ctx, path, tell)
	if err != nil {
		return transfer.Imported{}, err
	}
	return transfer.Import(ctx, path, info, to, withVault, tell)
}

func exported(t *testing.T, from transfer.Side, path string, withVault bool) {
	t.Helper()
	f, err := transfer.CreateFile(path, withVault)
	ok(t, err)
	defer func() { ok(t, f.Close()) }()
	v := from.Vault
	if !withVault {
		v = nil
	}
	ok(t, transfer.Export(t.Context(), from.Log, v, f.Place(), f))
	ok(t, f.Finish())
	if f.Digest() != sum(t, from.Log) {
		t.Errorf("%+v", f.Digest())
	}
}

func TestExportAndImportWithTheVault(t *testing.T) {
	from := ledger(t, newLog(t))
	for _, name := range []string{"out.ndjson", "out.ndjson.gz", "out.ndjson.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			exported(t, from, path, true)
			if _, err := transfer.CreateFile(path, true); !errors.Is(err, transfer.ErrExists) {
				t.Errorf("%v", err)
			}
			if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
			to := transfer.Side{Log: newESDB(t, esdbtest.Options{}), Vault: vaultUnder(t, from.Vault.(*sqlite.Vault))}
			done, err := imported(t.Context(), t, path, to, true, nil)
			ok(t, err)
			if done.Digest != sum(t, to.Log) || done.Digest != sum(t, from.Log) || done.Keys != 2 || done.KeysDestroyed != 1 || done.Rows != 5 {
				t.Errorf("%+v", done)
			}
			secret, err := to.Vault.Secret(t.Context(), "password/1")
			ok(t, err)
			if string(secret) != "hash" {
				t.Error("another secret")
			}
			_, err = to.Log.Append(t.Context(), "goes-on", eventstore.NoStream, one())
			ok(t, err)
		})
	}
}

func TestImportWithoutTheVaultIsAnArchive(t *testing.T) {
	from := ledger(t, newLog(t))
	path := filepath.Join(t.TempDir(), "out.ndjson")
	exported(t, from, path, false)
	to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
	_, err := imported(t.Context(), t, path, to, true, nil)
	want(t, err, transfer.ErrNoVault)
	for range 2 {
		_, err = imported(t.Context(), t, path, to, false, nil)
		ok(t, err)
	}
	_, err = to.Log.Append(t.Context(), "nobody", eventstore.NoStream, one())
	want(t, err, eventstore.ErrFenced)
	stands, err := to.Log.(eventstore.Fencer).Fenced(t.Context())
	ok(t, err)
	if stands.Reason != eventstore.FenceArchive {
		t.Errorf("%+v", stands)
	}
	_, err = to.Vault.Key(t.Context(), "account/1")
	want(t, err, vault.ErrNotFound)
}

func TestImportOfTheVaultNeedsItsMasterKey(t *testing.T) {
	from := ledger(t, newLog(t))
	path := filepath.Join(t.TempDir(), "out.ndjson")
	exported(t, from, path, true)
	_, err := imported(t.Context(), t, path, transfer.Side{Log: newLog(t), Vault: newVault(t)}, true, nil)
	want(t, err, vault.ErrMasterKey)
}

// Each line is a CloudEvent in its JSON format, with the stored bytes unchanged.
func TestLinesAreCloudEvents(t *testing.T) {
	from := ledger(t, newLog(t))
	path := filepath.Join(t.TempDir(), "out.ndjson")
	exported(t, from, path, true)
	text, err := os.ReadFile(path)
	ok(t, err)
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if len(lines) != 1+103+5+1 {
		t.Fatalf("%d lines", len(lines))
	}
	seen := map[string]bool{}
	for i, l := range lines {
		var e map[string]any
		ok(t, json.Unmarshal(l, &e))
		if e["specversion"] != "1.0" || !strings.HasPrefix(e["source"].(string), "urn:uuid:") || e["type"] == "" || seen[e["id"].(string)] {
			t.Errorf("line %d: %s", i+1, l)
		}
		seen[e["id"].(string)] = true
		for name := range e { // CloudEvents 1.0, section 3.1
			if name != "data_base64" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
				t.Errorf("attribute %q", name)
			}
		}
	}
	material := func() []byte {
		k, err := from.Vault.Key(t.Context(), "account/1")
		ok(t, err)
		m := k.Material()
		return m[:]
	}()
	if bytes.Contains(text, material) || bytes.Contains(text, []byte("hash\"}")) && bytes.Contains(text, []byte("password hash")) {
		t.Error("something of the vault is there unencrypted")
	}
}

// An export interrupted anywhere resumes at its last whole frame and produces the same text.
func TestExportGoesOnAfterABreak(t *testing.T) {
	log := newLog(t)
	big := make([]byte, 100<<10)
	versions := map[string]int64{}
	for range 140 { // some 19 MB of text, so several frames
		e := one()
		e.Data = big
		appendTo(t, log, versions, "big", e)
	}
	for _, name := range []string{"out.ndjson", "out.ndjson.gz", "out.ndjson.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			resumed := int64(0)
			for cut := range 2 {
				f, err := transfer.CreateFile(path, false)
				ok(t, err)
				if f.Events() < resumed {
					t.Errorf("it begins again at %d after %d", f.Events(), resumed)
				}
				resumed = f.Events()
				err = transfer.Export(t.Context(), log, nil, f.Place(), &cutting{w: f, left: 9<<20 + cut*1000})
				if !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				if err := f.Finish(); err == nil {
					t.Error("finished")
				}
				ok(t, f.Close())
			}
			if resumed == 0 {
				t.Error("nothing was taken up")
			}
			// Bytes after the last frame do not matter.
			part, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_APPEND, 0)
			ok(t, err)
			_, err = part.WriteString(`{"specversion":"1.0","id":"to`)
			ok(t, errors.Join(err, part.Close()))
			exported(t, transfer.Side{Log: log}, path, false)
			info, err := transfer.CheckFile(t.Context(), path, nil)
			ok(t, err)
			if info.Digest != sum(t, log) {
				t.Errorf("%+v", info)
			}
		})
	}
}

var errCut = errors.New("cut")

type cutting struct {
	w    *transfer.File
	left int
}

func (c *cutting) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		n := len(b) / 2
		_, _ = c.w.Write(b[:n])
		return n, errCut
	}
	return c.w.Write(b)
}

func TestAnExportOfAnotherLogIsNotGoneOnWith(t *testing.T) {
	a, b := newLog(t), newLog(t)
	history(t, a, 5)
	head, err := a.Head(t.Context())
	ok(t, err)
	err = transfer.Export(t.Context(), b, nil, transfer.Place{At: head, Events: 5, Hash: sum(t, a).String()}, &bytes.Buffer{})
	var foreign *eventstore.ForeignCheckpointError
	if !errors.As(err, &foreign) {
		t.Errorf("%v", err)
	}
}

func TestImportGoesOnAfterABreak(t *testing.T) {
	from := ledger(t, newLog(t))
	path := filepath.Join(t.TempDir(), "out.ndjson")
	exported(t, from, path, true)
	log := newLog(t)
	to := transfer.Side{Log: log, Vault: vaultUnder(t, from.Vault.(*sqlite.Vault))}
	for _, at := range []int{1, 50, 100} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := imported(ctx, t, path, transfer.Side{Log: &breakingFencer{breaking{Store: log, after: at, cancel: cancel}, log}, Vault: to.Vault}, true, nil)
		want(t, err, context.Canceled)
		cancel()
	}
	done, err := imported(t.Context(), t, path, to, true, nil)
	ok(t, err)
	if done.Resumed < 100 || done.Digest != sum(t, from.Log) {
		t.Errorf("%+v", done)
	}
}

type breakingFencer struct {
	breaking
	eventstore.Fencer
}

func TestDamagedFilesAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	from := ledger(t, newLog(t))
	path := filepath.Join(t.TempDir(), "out.ndjson")
	exported(t, from, path, true)
	good, err := os.ReadFile(path)
	ok(t, err)
	lines := strings.SplitAfter(string(good), "\n")
	join := func(l ...string) string { return strings.Join(l, "") }
	n := len(lines) - 1 // nothing after the last line feed
	swapped := append([]string{}, lines...)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                  {"", transfer.ErrEndsEarly},
		"without its end":        {join(lines[:n-1]...), transfer.ErrEndsEarly},
		"cut in a line":          {string(good[:len(good)/2]), transfer.ErrLine},
		"without its beginning":  {join(lines[1:]...), transfer.ErrLine},
		"an event missing":       {join(lines[:5]...) + join(lines[6:]...), transfer.ErrHash},
		"two events swapped":     {join(swapped...), transfer.ErrHash},
		"an event twice":         {join(lines[:5]...) + join(lines[4:]...), transfer.ErrHash},
		"a row missing":          {join(lines[:n-2]...) + lines[n-1], transfer.ErrHash},
		"something behind":       {string(good) + lines[1], transfer.ErrLine},
		"two files":              {string(good) + string(good), transfer.ErrLine},
		"an event behind a row":  {join(lines[:n-1]...) + lines[1] + lines[n-1], transfer.ErrLine},
		"data changed":           {strings.Replace(string(good), `"data_base64":"ey`, `"data_base64":"fy`, 1), transfer.ErrHash},
		"metadata changed":       {strings.Replace(string(good), `"metadata":"ey`, `"metadata":"fy`, 1), transfer.ErrHash},
		"stream changed":         {strings.Replace(string(good), `"subject":"account-1"`, `"subject":"account-2"`, 1), transfer.ErrHash},
		"another format":         {strings.Replace(string(good), `"format":1`, `"format":2`, 1), transfer.ErrLine},
		"an attribute not known": {strings.Replace(string(good), `"subject"`, `"subjekt"`, 1), transfer.ErrLine},
		"a huge line":            {lines[0] + strings.Repeat("x", 3<<20), transfer.ErrLine},
		"no JSON":                {"hello\n", transfer.ErrLine},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.ndjson")
			ok(t, os.WriteFile(path, []byte(c.text), 0o600))
			to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
			_, err := imported(t.Context(), t, path, to, false, nil)
			want(t, err, c.want)
			if d := sum(t, to.Log); d.Events != 0 {
				t.Errorf("%d events were written", d.Events)
			}
			if err != nil && strings.Contains(err.Error(), "hello") {
				t.Error("the error repeats what the file says")
			}
		})
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"begun","source":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"accountledger.export.begun.v1","data":{"format":1,"vault":true}}` + "\n" +
		`{"specversion":"1.0","id":"6ba7b811-9dad-11d1-80b4-00c04fd430c8","source":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"t.v1","subject":"s-1","streamversion":0,"metadata":"e30=","sequence":"1","data_base64":"e30="}` + "\n" +
		`{"specversion":"1.0","id":"row-1","source":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"accountledger.export.vault_row.v1","data":{"kind":"key","name":"aA==","destroyed":true}}` + "\n" +
		`{"specversion":"1.0","id":"ended","source":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"accountledger.export.ended.v1","data":{"events":1,"hash":"00"}}`))
	f.Add([]byte(`{"specversion":"1.0"`))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		info, err := transfer.Check(t.Context(), bytes.NewReader(text))
		if err == nil && info.Log == uuid.Nil {
			t.Error("a file of no log")
		}
		if err != nil && len(err.Error()) > 300 {
			t.Error("the error repeats what the file says")
		}
	})
}
