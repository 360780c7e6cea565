package journal_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/domain"
	"accountledger/journal"
)

const stream = "account-1"

// linked appends a device with a model and a name, both sealed under two keys.
func linked(t *testing.T, j *journal.Journal, stream string) (domain.Fact, domain.DeviceLinked) {
	t.Helper()
	done := appendTo(t, j, stream, domain.DeviceLinked{Device: id[domain.DeviceID](2), Kind: "watch", Nth: 1,
		Model: domain.Personal(model, "account/1", "device/2"),
		Name:  domain.Personal(watch, "account/1", "device/2")})
	recs, err := read(t, j, stream)
	if err != nil {
		t.Fatal(err)
	}
	f := recs[len(recs)-1].Fact
	if f.ID != done.Facts[0].ID || f.Version != done.Facts[0].Version || f.Stream != done.Facts[0].Stream || f.Type != done.Facts[0].Type {
		t.Fatalf("appended %s version %d, read %s version %d", done.Facts[0].ID, done.Facts[0].Version, f.ID, f.Version)
	}
	return f, f.Event.(domain.DeviceLinked)
}

// changed is a part whose stored form was tampered with.
func changed(t *testing.T, p domain.Part[domain.DeviceText], change func(*domain.Sealed)) domain.Part[domain.DeviceText] {
	t.Helper()
	s := *p.Sealed()
	s.Keys, s.Nonce, s.Bytes = slices.Clone(s.Keys), slices.Clone(s.Nonce), slices.Clone(s.Bytes)
	change(&s)
	var out domain.Part[domain.DeviceText]
	out.Seal(&s)
	return out
}

func TestPartsOpenInTheirPlaceOnly(t *testing.T) {
	keys := newKeys("")
	store := openStore(t)
	j := journal.New(store, registry(t), keys)
	f, e := linked(t, j, stream)
	if v, err := journal.Open(t.Context(), j, f, e.Name); err != nil || v != watch {
		t.Fatalf("does not open in its place: %v", err)
	}
	for name, move := range map[string]func(*domain.Fact){
		"stream": func(f *domain.Fact) { f.Stream = "account-2" },
		"event":  func(f *domain.Fact) { f.ID = domain.EventID{UUID: uuid.New()} },
		"type":   func(f *domain.Fact) { f.Type = "device.renamed.v1" },
	} {
		moved := f
		move(&moved)
		if _, err := journal.Open(t.Context(), j, moved, e.Name); !errors.Is(err, journal.ErrForged) {
			t.Errorf("moved to another %s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*domain.Sealed){
		"name":         func(s *domain.Sealed) { s.Name = "device_model" },
		"version":      func(s *domain.Sealed) { s.Version = 0 },
		"key order":    func(s *domain.Sealed) { slices.Reverse(s.Keys) },
		"fewer keys":   func(s *domain.Sealed) { s.Keys = s.Keys[:1] },
		"more keys":    func(s *domain.Sealed) { s.Keys = append(s.Keys, s.Keys[0]) },
		"no keys":      func(s *domain.Sealed) { s.Keys = nil },
		"algorithm":    func(s *domain.Sealed) { s.Alg = "XA256GCM" },
		"short nonce":  func(s *domain.Sealed) { s.Nonce = s.Nonce[1:] },
		"no nonce":     func(s *domain.Sealed) { s.Nonce = nil },
		"another one":  func(s *domain.Sealed) { s.Nonce[0] ^= 1 },
		"short bytes":  func(s *domain.Sealed) { s.Bytes = s.Bytes[1:] },
		"no bytes":     func(s *domain.Sealed) { s.Bytes = nil },
		"more bytes":   func(s *domain.Sealed) { s.Bytes = append(s.Bytes, 0) },
		"the other's":  func(s *domain.Sealed) { s.Bytes = e.Model.Sealed().Bytes; s.Nonce = e.Model.Sealed().Nonce },
		"one key only": func(s *domain.Sealed) { s.Keys[1] = s.Keys[0] },
	} {
		if _, err := journal.Open(t.Context(), j, f, changed(t, e.Name, change)); !errors.Is(err, journal.ErrForged) {
			t.Errorf("changed %s: %v", name, err)
		}
	}
	if _, err := journal.Open(t.Context(), j, f, changed(t, e.Name, func(s *domain.Sealed) { s.Alg = "ROT13" })); !isUnknown(err) {
		t.Errorf("an unknown algorithm: %v", err)
	}
	for i := range e.Name.Sealed().Bytes {
		if _, err := journal.Open(t.Context(), j, f, changed(t, e.Name, func(s *domain.Sealed) { s.Bytes[i] ^= 0x10 })); !errors.Is(err, journal.ErrForged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
}

// Two parts of one event that change their places in the stored bytes open in neither.
func TestPartsSwappedInTheLog(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	linked(t, j, stream)
	stored := raw(t, store, stream)[0]
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(stored.Data, &fields); err != nil {
		t.Fatal(err)
	}
	fields["device_name"], fields["device_model"] = fields["device_model"], fields["device_name"]
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	forged := openStore(t)
	stored.Data = data
	if _, err := forged.Append(t.Context(), stream, -1, stored.Event); err != nil {
		t.Fatal(err)
	}
	k := newKeys("")
	_, _ = k.CreateKeys(t.Context(), "account/1", "device/2")
	j = journal.New(forged, registry(t), k)
	recs, err := read(t, j, stream)
	if err != nil {
		t.Fatal(err)
	}
	e := recs[0].Event.(domain.DeviceLinked)
	for _, p := range []domain.Part[domain.DeviceText]{e.Name, e.Model} {
		if v, err := journal.Open(t.Context(), j, recs[0].Fact, p); !errors.Is(err, journal.ErrForged) {
			t.Errorf("%s opened: %v", v.Text, err)
		}
	}
	if _, err := j.Reveal(t.Context(), recs[0].Fact); !errors.Is(err, journal.ErrForged) {
		t.Errorf("revealed: %v", err)
	}
}

func TestEveryKeyIsNeeded(t *testing.T) {
	for _, gone := range []string{"account/1", "device/2"} {
		keys := newKeys("")
		j := journal.New(openStore(t), registry(t), keys)
		f, e := linked(t, j, stream)
		if _, err := journal.Open(t.Context(), j, f, e.Name); err != nil { // the ciphers are warm now
			t.Fatal(err)
		}
		carried := journal.Carry(f, e.Name)
		if v, err := journal.OpenCarried[domain.DeviceText](t.Context(), j, carried); err != nil || v != watch {
			t.Fatalf("carried, it does not open: %v", err)
		}
		if err := j.Destroy(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if v, err := journal.Open(t.Context(), j, f, e.Name); !errors.Is(err, journal.ErrUnreadable) || v.Text != "" {
				t.Errorf("without %s: %v", gone, err)
			}
			if _, err := journal.OpenCarried[domain.DeviceText](t.Context(), j, carried); !errors.Is(err, journal.ErrUnreadable) {
				t.Errorf("carried, without %s: %v", gone, err)
			}
		}
		shown, err := j.Reveal(t.Context(), f)
		if err != nil || !strings.Contains(string(shown), `"device_name":null`) || strings.Contains(string(shown), watch.Text) {
			t.Errorf("revealed without %s: %s, %v", gone, shown, err)
		}
		_, err = j.Append(t.Context(), journal.NoStream("account-3"),
			entry(noon, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, "account/1", "device/2")}))
		if err == nil || strings.Contains(err.Error(), watch.Text) {
			t.Errorf("sealed under a destroyed key, or with its text in the error: %v", err)
		}
	}
}

// A key of the same name in another vault opens nothing, and one that a vault never had is not taken for one that was destroyed.
func TestAnotherVaultsKeys(t *testing.T) {
	store := openStore(t)
	f, e := linked(t, journal.New(store, registry(t), newKeys("")), stream)
	other := newKeys("other")
	_, _ = other.CreateKeys(t.Context(), "account/1", "device/2")
	if _, err := journal.Open(t.Context(), journal.New(store, registry(t), other), f, e.Name); !errors.Is(err, journal.ErrForged) {
		t.Errorf("opened: %v", err)
	}
	if _, err := journal.Open(t.Context(), journal.New(store, registry(t), newKeys("")), f, e.Name); !errors.Is(err, journal.ErrKeyUnknown) ||
		errors.Is(err, journal.ErrUnreadable) {
		t.Errorf("opened without keys: %v", err)
	}
	for _, b := range []string{"", "{}", "null", `{"stream":"x"}`, "\x00"} {
		if _, err := journal.OpenCarried[domain.DeviceText](t.Context(), journal.New(store, registry(t), other), []byte(b)); !errors.Is(err, journal.ErrForged) {
			t.Errorf("carried %q: %v", b, err)
		}
	}
}

func TestSharedKeysTakeTheLongNonce(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	for alg, names := range map[string][]string{"A256GCM": {"account/1", "month/2026-05"}, "XA256GCM": {"month/2026-05", "ledger/1"}} {
		s := "account-" + alg
		appendTo(t, j, s, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, names...)})
		recs, err := read(t, j, s)
		if err != nil {
			t.Fatal(err)
		}
		p := recs[0].Event.(domain.DeviceRenamed).Name
		if p.Sealed().Alg != alg {
			t.Errorf("%v: %s", names, p.Sealed().Alg)
		}
		if v, err := journal.Open(t.Context(), j, recs[0].Fact, p); err != nil || v != watch {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestAPartNeedsAKey(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	_, err := j.Append(t.Context(), journal.NoStream("x-1"), entry(noon, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch)}))
	if err == nil || strings.Contains(err.Error(), watch.Text) {
		t.Errorf("%v", err)
	}
}

// Nothing of a value can be found in what is stored, and its length shows in steps only.
func TestStoredBytesTellNothing(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	sizes := map[int]bool{}
	for n := 1; n <= 40; n++ {
		text := strings.Repeat("x", n)
		s := "account-" + strings.Repeat("y", n)
		appendTo(t, j, s, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(domain.DeviceText{Text: text}, "account/1")})
		stored := raw(t, store, s)[0]
		sizes[len(stored.Data)] = true
		if n > 5 && bytes.Contains(stored.Data, []byte(text)) {
			t.Fatal("the text is stored in clear")
		}
	}
	if len(sizes) != 1 {
		t.Errorf("%d lengths tell the length of short texts", len(sizes))
	}
}

func TestPadding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0x80, 'a'}), 0, 300).Draw(t, "value")
		padded := journal.Pad(b)
		if len(padded)%journal.PadBlock != 0 || len(padded) <= len(b) || len(padded) > len(b)+journal.PadBlock {
			t.Fatalf("%d bytes became %d", len(b), len(padded))
		}
		back, ok := journal.Unpad(padded)
		if !ok || !bytes.Equal(back, b) {
			t.Fatal("not the same after it was padded")
		}
	})
	for _, b := range [][]byte{nil, make([]byte, 64), {'a'}, {0x80, 'a'}} {
		if _, ok := journal.Unpad(b); ok {
			t.Errorf("%v was taken for padded", b)
		}
	}
}

// Parts have upcasters of their own, which see the value after it was opened.
func TestPartUpcasting(t *testing.T) {
	types := []journal.Type{journal.Event[domain.DeviceRenamed]("device.renamed.v1")}
	up := []journal.PartUpcaster{
		{Part: "device_name", From: 2, Up: func(f map[string]jsontext.Value) error { f["text"] = f["label"]; delete(f, "label"); return nil }},
		{Part: "device_name", From: 1, Up: func(f map[string]jsontext.Value) error { f["label"] = f["text"]; delete(f, "text"); return nil }},
	}
	then, err := journal.NewRegistry(types, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	now, err := journal.NewRegistry(types, nil, up)
	if err != nil {
		t.Fatal(err)
	}
	failing, err := journal.NewRegistry(types, nil, []journal.PartUpcaster{{Part: "device_name", From: 1, Up: func(f map[string]jsontext.Value) error {
		return errors.New(string(f["text"]))
	}}})
	if err != nil {
		t.Fatal(err)
	}
	store, keys := openStore(t), newKeys("")
	old, current := journal.New(store, then, keys), journal.New(store, now, keys)
	event := domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, "account/1")}
	appendTo(t, old, stream, event)
	appendTo(t, current, stream, event)
	recs, err := read(t, current, stream)
	if err != nil {
		t.Fatal(err)
	}
	for i, rec := range recs {
		p := rec.Event.(domain.DeviceRenamed).Name
		if v, err := journal.Open(t.Context(), current, rec.Fact, p); err != nil || v != watch || p.Sealed().Version != 1+2*i {
			t.Errorf("version %d: %q, %v", p.Sealed().Version, v.Text, err)
		}
		if v, err := journal.OpenCarried[domain.DeviceText](t.Context(), current, journal.Carry(rec.Fact, p)); err != nil || v != watch {
			t.Errorf("carried, version %d: %v", p.Sealed().Version, err)
		}
	}
	newer := recs[1].Event.(domain.DeviceRenamed).Name
	if _, err := journal.Open(t.Context(), old, recs[1].Fact, newer); !isUnknown(err) {
		t.Errorf("an older program opened version 3: %v", err)
	}
	if _, err := journal.Open(t.Context(), journal.New(store, failing, keys), recs[0].Fact, recs[0].Event.(domain.DeviceRenamed).Name); err == nil ||
		strings.Contains(err.Error(), watch.Text) {
		t.Errorf("a failing upcaster: %v", err)
	}
}
