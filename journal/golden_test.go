package journal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

var update = flag.Bool("update", false, "write the golden files that are missing; those that are there never change")

const (
	goldenDir  = "testdata/golden"
	goldenSums = goldenDir + "/SHA256SUMS"
)

// golden is one stored event. Its bytes were written once and must always be readable.
type golden struct {
	Type     string         `json:"type"`
	Stream   string         `json:"stream"`
	ID       uuid.UUID      `json:"id"`
	Metadata jsontext.Value `json:"metadata"`
	Data     jsontext.Value `json:"data"`
	// Parts are the clear values of the sealed parts, by the names of their fields.
	Parts jsontext.Value `json:"parts"`
}

// text keeps metadata and data as they are stored, byte for byte, each on a line.
func (g golden) text() []byte {
	return fmt.Appendf(nil, "{\n  \"type\": %q,\n  \"stream\": %q,\n  \"id\": %q,\n  \"metadata\": %s,\n  \"data\": %s,\n  \"parts\": %s\n}\n",
		g.Type, g.Stream, g.ID, g.Metadata, g.Data, g.Parts)
}

// write appends a sample through the real journal and store, under fixed keys and nonces, and reads what is stored.
func write(t *testing.T, name string) golden {
	t.Helper()
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys("golden"))
	j.SetRand(mathrand.NewChaCha8(sha256.Sum256([]byte(name))))
	stream, event := "sample-"+name, samples()[name]
	_, err := j.Append(t.Context(), journal.NoStream(stream), journal.Entry{ID: id[domain.EventID](13), Metadata: sampleMetadata(), Event: event})
	if err != nil {
		t.Fatal(err)
	}
	stored := raw(t, store, stream)[0]
	return golden{Type: stored.Type, Stream: stream, ID: stored.ID, Metadata: stored.Metadata, Data: stored.Data, Parts: clearParts(t, event)}
}

func clearParts(t *testing.T, event any) jsontext.Value {
	t.Helper()
	parts := map[string]any{}
	v := reflect.ValueOf(event)
	for i := range v.NumField() {
		if p, ok := v.Field(i).Interface().(interface{ Clear() (any, []string) }); ok {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			parts[name], _ = p.Clear()
		}
	}
	b, err := json.Marshal(parts, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t *testing.T, name string) (golden, []byte, error) {
	t.Helper()
	var g golden
	b, err := os.ReadFile(filepath.Join(goldenDir, name+".json"))
	if err != nil {
		return g, nil, err
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g, b, nil
}

func TestEveryTypeHasAGolden(t *testing.T) {
	for _, typ := range registry(t).Types() {
		name := typ.Name()
		event, ok := samples()[name]
		if !ok {
			t.Errorf("%s has no sample", name)
			continue
		}
		if reflect.TypeOf(event) != reflect.TypeOf(typ.New()) {
			t.Errorf("the sample of %s is a %T", name, event)
		}
		unset(t, name, reflect.ValueOf(event))
		if _, _, err := load(t, name); errors.Is(err, fs.ErrNotExist) && *update {
			keep(t, name, write(t, name).text())
		} else if err != nil {
			t.Errorf("%s has no golden file; go test ./journal -update writes it: %v", name, err)
		}
	}
}

// unset finds fields of a sample that say nothing, since a golden proves nothing of them.
func unset(t *testing.T, place string, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case v.Field(i).IsZero():
			t.Errorf("%s: %s is not set", place, f.Name)
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			unset(t, place, v.Field(i))
		}
	}
}

func keep(t *testing.T, name string, text []byte) {
	t.Helper()
	sums, err := os.ReadFile(goldenSums)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	lines := slices.DeleteFunc(strings.Split(string(sums), "\n"), func(l string) bool { return l == "" })
	lines = append(lines, hex.EncodeToString(sum[:])+"  "+name+".json")
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	err = errors.Join(os.MkdirAll(goldenDir, 0o750), os.WriteFile(filepath.Join(goldenDir, name+".json"), text, 0o600),
		os.WriteFile(goldenSums, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// What was stored once never changes: each file is as its line in SHA256SUMS says, and there is none without a line.
func TestGoldensNeverChange(t *testing.T) {
	sums, err := os.ReadFile(goldenSums)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(sums)) {
		want, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		b, err := os.ReadFile(filepath.Join(goldenDir, file))
		if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what it was: %v", file, err)
		}
		known[file] = true
	}
	files, err := filepath.Glob(goldenDir + "/*.json")
	if err != nil || len(files) != len(known) {
		t.Errorf("%d files and %d lines: %v", len(files), len(known), err)
	}
}

// Every golden, of current types and of older versions, is read into its event, and its parts open to what they said.
func TestGoldensAreRead(t *testing.T) {
	files, err := filepath.Glob(goldenDir + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	store, r, keys := openStore(t), registry(t), newKeys("golden")
	j := journal.New(store, r, keys)
	current := map[string]bool{}
	for _, typ := range r.Types() {
		current[typ.Name()] = true
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		g, _, err := load(t, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Append(t.Context(), g.Stream, eventstore.NoStream,
			eventstore.Event{ID: g.ID, Type: g.Type, Data: g.Data, Metadata: g.Metadata}); err != nil {
			t.Fatal(err)
		}
		recs, err := read(t, j, g.Stream)
		if err != nil || len(recs) != 1 {
			t.Errorf("%s cannot be read: %v", name, err)
			continue
		}
		rec := recs[0]
		if !reflect.DeepEqual(rec.Metadata, sampleMetadata()) {
			t.Errorf("%s: metadata are %+v", name, rec.Metadata)
		}
		m, err := json.Marshal(rec.Metadata)
		if err != nil || !bytes.Equal(m, g.Metadata) {
			t.Errorf("%s: metadata are written as %s: %v", name, m, err)
		}
		if current[name] {
			b, err := json.Marshal(rec.Event)
			if err != nil || !bytes.Equal(b, g.Data) {
				t.Errorf("%s is written as\n%s, and was\n%s: %v", name, b, g.Data, err)
			}
			if again := write(t, name); !bytes.Equal(again.text(), g.text()) {
				t.Errorf("%s is appended as\n%s\nand was\n%s", name, again.text(), g.text())
			}
		}
		partsOpen(t, j, keys, name, rec.Fact, g)
	}
}

func partsOpen(t *testing.T, j *journal.Journal, keys *fixedKeys, name string, f domain.Fact, g golden) {
	t.Helper()
	var fields, parts map[string]jsontext.Value
	if err := errors.Join(json.Unmarshal(g.Data, &fields), json.Unmarshal(g.Parts, &parts)); err != nil {
		t.Fatal(err)
	}
	for field := range parts {
		var s domain.Sealed
		if err := json.Unmarshal(fields[field], &s); err != nil || s.Name != field {
			t.Fatalf("%s: part %s is %s: %v", name, field, fields[field], err)
		}
		if _, err := keys.CreateKeys(t.Context(), s.Keys...); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := j.Reveal(t.Context(), f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var opened map[string]jsontext.Value
	if err := json.Unmarshal(shown, &opened); err != nil {
		t.Fatal(err)
	}
	for field, want := range parts {
		if field == "password_hash" || field == "factor_secret" { // nobody is shown it
			if _, shown := opened[field]; shown {
				t.Errorf("%s: %s is shown", name, field)
			}
			if opened[field], err = openSecret(t, j, f); err != nil {
				t.Errorf("%s: part %s: %v", name, field, err)
			}
		}
		if !bytes.Equal(opened[field], want) {
			t.Errorf("%s: part %s opens to %s, want %s", name, field, opened[field], want)
		}
	}
}

func openSecret(t *testing.T, j *journal.Journal, f domain.Fact) (jsontext.Value, error) {
	t.Helper()
	if e, ok := f.Event.(domain.FactorEnrolled); ok {
		secret, err := journal.Open(t.Context(), j, f, e.Secret)
		if err != nil {
			return nil, err
		}
		return json.Marshal(secret)
	}
	part, _ := reflect.ValueOf(f.Event).FieldByName("Hash").Interface().(domain.Part[domain.PasswordHash])
	hash, err := journal.Open(t.Context(), j, f, part)
	if err != nil {
		return nil, err
	}
	return json.Marshal(hash)
}
