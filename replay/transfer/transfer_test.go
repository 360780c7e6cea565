package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/replay/transfer"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, want %v", err, target)
	}
}

func newLog(t *testing.T) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1})
	ok(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newESDB(t *testing.T, o esdbtest.Options) *esdb.Store {
	t.Helper()
	s, err := esdb.Open(esdb.Options{Connection: esdbtest.Start(t, o).Connection()})
	ok(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newVault(t *testing.T) *sqlite.Vault {
	t.Helper()
	m, err := vault.NewMasterKey()
	ok(t, err)
	v, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vault"), m, sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// sealed is an event's data with a part sealed under these keys, as the journal writes it.
func sealed(keys ...string) []byte {
	names := ""
	for i, k := range keys {
		if i > 0 {
			names += ","
		}
		names += fmt.Sprintf("%q", k)
	}
	return fmt.Appendf(nil, `{"region":"DE","contact":{"name":"contact","version":1,"keys":[%s],"alg":"A256GCM","nonce":"AAAA","bytes":"BBBB"}}`, names)
}

// history appends n events to a few streams, in runs of one stream and singly, and returns them in order.
func history(t *testing.T, log eventstore.Store, n int) {
	t.Helper()
	versions := map[string]int64{}
	for i := 0; i < n; {
		stream := fmt.Sprintf("account-%d", i%7)
		run := min(n-i, 1+i%4)
		var events []eventstore.Event
		for j := range run {
			events = append(events, eventstore.Event{ID: uuid.New(), Type: "thing.happened.v1",
				Data: fmt.Appendf(nil, `{"n":%d}`, i+j), Metadata: []byte(`{"format":1}`)})
		}
		appendTo(t, log, versions, stream, events...)
		i += run
	}
}

func appendTo(t *testing.T, log eventstore.Store, versions map[string]int64, stream string, events ...eventstore.Event) {
	t.Helper()
	expected, is := versions[stream]
	if !is {
		expected = eventstore.NoStream
	}
	done, err := log.Append(t.Context(), stream, expected, events...)
	ok(t, err)
	versions[stream] = done.Version
}

func sum(t *testing.T, log eventstore.Store) transfer.Digest {
	t.Helper()
	d, err := transfer.Sum(t.Context(), log, nil)
	ok(t, err)
	return d
}

func all(t *testing.T, log eventstore.Store) (events []eventstore.Recorded) {
	t.Helper()
	for e, err := range transfer.Events(t.Context(), log) {
		ok(t, err)
		events = append(events, *e)
	}
	return events
}

func TestRoundTripBetweenEnginesKeepsEverythingButPositions(t *testing.T) {
	a, b, c := newLog(t), newESDB(t, esdbtest.Options{}), newLog(t)
	history(t, a, 500)
	first, err := transfer.Copy(t.Context(), a, b, nil)
	ok(t, err)
	second, err := transfer.Copy(t.Context(), b, c, nil)
	ok(t, err)
	if first != second || first.Events != 500 || first != sum(t, a) || first != sum(t, b) || first != sum(t, c) {
		t.Fatalf("%+v, %+v", first, second)
	}
	here, there := all(t, a), all(t, c)
	for i := range here {
		if !slices.Equal(here[i].Data, there[i].Data) || !slices.Equal(here[i].Metadata, there[i].Metadata) || here[i].ID != there[i].ID ||
			here[i].Stream != there[i].Stream || here[i].Version != there[i].Version || here[i].Type != there[i].Type {
			t.Fatalf("event %d: %+v became %+v", i, here[i], there[i])
		}
	}
	for _, pair := range [][2]eventstore.Store{{a, b}, {b, c}, {a, c}} {
		x, err := pair[0].LogID(t.Context())
		ok(t, err)
		y, err := pair[1].LogID(t.Context())
		ok(t, err)
		if x == y {
			t.Error("two logs have one id")
		}
	}
}

// digestOfOne was computed by another program, from the description of Digest.
const digestOfOne = "4a418e3c194ea51e720d04d306b08c2717f7bdaa11f1bdc15bac5135bb0b41a9"

// The digest is frozen: exports and backups name it.
func TestDigestIsWhatItsDescriptionSays(t *testing.T) {
	log := newLog(t)
	if d := sum(t, log); d != (transfer.Digest{}) {
		t.Errorf("of an empty log: %+v", d)
	}
	_, err := log.Append(t.Context(), "s", eventstore.NoStream,
		eventstore.Event{ID: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), Type: "t", Data: []byte("d"), Metadata: []byte("m")})
	ok(t, err)
	if got := sum(t, log).String(); got != digestOfOne {
		t.Errorf("%s", got)
	}
}

func TestCopyGoesOnAfterABreak(t *testing.T) {
	a, b := newLog(t), newLog(t)
	history(t, a, 3000)
	for _, cut := range []int{1, 700, 1500, 2999} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := transfer.Copy(ctx, a, &breaking{Store: b, after: cut, cancel: cancel}, nil)
		want(t, err, context.Canceled)
		if head := sum(t, b); head.Events > 3000 || head.Events < int64(cut) && cut < 2999 {
			t.Fatalf("after %d appended events the target has %d", cut, head.Events)
		}
		cancel()
	}
	d, err := transfer.Copy(t.Context(), a, b, nil)
	ok(t, err)
	if d != sum(t, b) || d != sum(t, a) {
		t.Error("the copy is another history")
	}
	history2 := map[string]int64{}
	appendTo(t, a, history2, "later", eventstore.Event{ID: uuid.New(), Type: "thing.happened.v1", Data: []byte("{}"), Metadata: []byte("{}")})
	d, err = transfer.Copy(t.Context(), a, b, nil)
	ok(t, err)
	if d.Events != 3001 || d != sum(t, b) {
		t.Errorf("%+v", d)
	}
}

// breaking cancels once the log holds a number of events.
type breaking struct {
	eventstore.Store
	after  int
	cancel func()
}

func (b *breaking) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	done, err := b.Store.Append(ctx, stream, expected, events...)
	if err == nil && done.Position.Int64() >= int64(b.after) {
		b.cancel()
	}
	return done, err
}

func TestTargetThatHoldsSomethingElseIsRefused(t *testing.T) {
	a, b, c := newLog(t), newLog(t), newLog(t)
	history(t, a, 20)
	history(t, b, 20)
	before := sum(t, b)
	var different *transfer.DifferentError
	if _, err := transfer.Copy(t.Context(), a, b, nil); !errors.As(err, &different) || different.Event != 1 || different.Stream != "account-0" ||
		different.Version != 0 {
		t.Errorf("%v", err)
	}
	if before != sum(t, b) {
		t.Error("it was written to")
	}
	_, err := transfer.Copy(t.Context(), a, c, nil)
	ok(t, err)
	history(t, b, 0)
	appendTo(t, c, map[string]int64{}, "mine", eventstore.Event{ID: uuid.New(), Type: "thing.happened.v1", Data: []byte("{}"), Metadata: []byte("{}")})
	_, err = transfer.Copy(t.Context(), a, c, nil)
	want(t, err, transfer.ErrAhead)
	_, err = transfer.Copy(t.Context(), a, a, nil)
	want(t, err, transfer.ErrSameLog)
}

func TestEngineFaultsAreOvercome(t *testing.T) {
	a, b := newLog(t), newLog(t)
	history(t, a, 300)
	d, err := transfer.Copy(t.Context(), a, &flaky{Store: b}, nil)
	ok(t, err)
	if d != sum(t, b) || d.Events != 300 {
		t.Errorf("%+v", d)
	}
}

// flaky carries out every fifth append but reports an unknown outcome, and refuses every seventh.
type flaky struct {
	eventstore.Store
	n int
}

func (f *flaky) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	f.n++
	if f.n%29 == 7 {
		return eventstore.Appended{}, eventstore.ErrUnavailable
	}
	done, err := f.Store.Append(ctx, stream, expected, events...)
	if err == nil && f.n%31 == 5 {
		err = eventstore.ErrUnknownOutcome
	}
	return done, err
}

func TestKeysNamed(t *testing.T) {
	if got := transfer.KeysNamed(sealed("account/1", "month/2026-01")); !slices.Equal(got, []string{"account/1", "month/2026-01"}) {
		t.Errorf("%v", got)
	}
	for _, none := range []string{`{}`, `{"nonce":"x"}`, `not json "nonce"`, `{"a":{"nonce":5}}`, ``} {
		if got := transfer.KeysNamed([]byte(none)); len(got) != 0 {
			t.Errorf("%s: %v", none, got)
		}
	}
}
