package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"

	"github.com/go-json-experiment/json"
)

func TestKeysNewCommand(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "master.key")
	out, err := run(t, "keys", "new", file, "--data", data)
	if err != nil || !strings.Contains(out, "in "+file) || !strings.Contains(out, "Copy the file now") || !strings.Contains(out, "serve --master-key "+file) {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err = run(t, "keys", "new", filepath.Join(dir, "master-2026-05-17.key"), "--data", data, "--master-key", file, "--json")
	var made operate.NewKey
	if err != nil || json.Unmarshal([]byte(out), &made) != nil || !made.Configured || made.Key == "" || made.Made.IsZero() {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(made.File)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if secret, is := strings.CutPrefix(line, "key "); is && strings.Contains(out, strings.TrimSpace(secret)) {
			t.Error("the key itself was printed")
		}
	}
	for want, args := range map[string][]string{
		"never overwritten": {file},
		"does not exist":    {filepath.Join(dir, "absent", "master.key")},
		"outside the data":  {filepath.Join(data, "master.key")},
		"needs FILE":        {},
	} {
		if want == "outside the data" {
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := run(t, append([]string{"keys", "new", "--data", data}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, wanted %s", args, err, want)
		}
	}
}
