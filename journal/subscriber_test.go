package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

func TestPagesInOrder(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	const all = 3*journal.PageSize + 7
	events := make([]any, 100)
	for n := 0; n < all; n += len(events) {
		batch := events[:min(len(events), all-n)]
		for i := range batch {
			batch[i] = issued(n + i)
		}
		appendTo(t, j, fmt.Sprintf("verification-%d", n), batch...)
	}
	c := consume(t, j, journal.Checkpoint{})
	want, more := 0, 5
	for want < all+more {
		m, p := c.next()
		for _, r := range p.Records {
			if r.Event.(domain.VerificationIssued).Issue != want {
				t.Fatalf("got %v, want %d", r.Event, want)
			}
			want++
		}
		last := p.Records[len(p.Records)-1]
		if len(p.Records) > journal.PageSize || p.Checkpoint.Position != last.Position || p.Checkpoint.Event != last.ID.UUID || p.Waits != nil {
			t.Fatalf("a page of %d with checkpoint %+v", len(p.Records), p.Checkpoint)
		}
		c.ack(m)
		if want == all { // what comes later is handed out too
			for i := range more {
				appendTo(t, j, "verification-later", issued(all+i))
			}
		}
	}
	if head, err := j.Head(t.Context()); err != nil || head != c.at {
		t.Errorf("stands at %+v, the log at %+v: %v", c.at, head, err)
	}
}

func TestANackReadsAgainFromTheCheckpoint(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	appendTo(t, j, "verification-1", issued(1), issued(2))
	c := consume(t, j, journal.Checkpoint{})
	m, p := c.next()
	first := p.Checkpoint
	c.ack(m)
	appendTo(t, j, "verification-2", issued(3))
	m, p = c.next()
	if got := issues(p); len(got) != 1 || got[0] != 3 {
		t.Fatalf("got %v", got)
	}
	m.Nack()
	m, p = c.next()
	if got := issues(p); len(got) != 1 || got[0] != 3 {
		t.Fatalf("after a nack %v", got)
	}
	c.mu.Lock() // a consumer whose checkpoint is older gets more
	c.at = journal.Checkpoint{}
	c.mu.Unlock()
	m.Nack()
	m, p = c.next()
	if got := issues(p); len(got) != 3 || p.Checkpoint == first {
		t.Fatalf("from the beginning %v", got)
	}
	c.ack(m)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked != 3 {
		t.Errorf("the checkpoint was asked for %d times", c.asked)
	}
}

// A page that is not acknowledged is not followed by another.
func TestOnePageAtATime(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	appendTo(t, j, "verification-1", issued(1))
	c := consume(t, j, journal.Checkpoint{})
	m, _ := c.next()
	appendTo(t, j, "verification-2", issued(2))
	select {
	case <-c.messages:
		t.Fatal("the next page came before the first was acknowledged")
	default:
	}
	c.ack(m)
	if m, p := c.next(); issues(p)[0] != 2 {
		t.Error("not the next one")
	} else {
		c.ack(m)
	}
}

// A program that does not know an event deals with what comes before it, waits and says so; one that does goes on.
func TestItWaitsBeforeWhatItDoesNotKnow(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	appendTo(t, j, "verification-1", issued(1))
	put(t, store, "thing-1", "thing.counted.v3", `{"count":2,"kind":"watch"}`, metadata)
	appendTo(t, j, "verification-2", issued(3))

	c := consume(t, j, journal.Checkpoint{})
	m, p := c.next()
	if got := issues(p); len(got) != 1 || got[0] != 1 || !isUnknown(p.Waits) || p.Checkpoint.Event != p.Records[0].ID.UUID {
		t.Fatalf("got %v, which waits for %v", got, p.Waits)
	}
	c.ack(m)
	for range 2 { // and says so again
		if err := c.waits(); !isUnknown(err) {
			t.Fatalf("it waits for %v", err)
		}
	}
	select {
	case m := <-c.messages:
		t.Fatalf("it went on with %d events", len(journal.PageOf(m).Records))
	default:
	}
	if err := c.sub.Close(); err != nil {
		t.Fatal(err)
	}

	newer, err := journal.NewRegistry(append(journal.Types(), journal.Event[counted]("thing.counted.v3")), countedUpcasters(), nil)
	if err != nil {
		t.Fatal(err)
	}
	next := consume(t, journal.New(store, newer, newKeys("")), c.at)
	m, p = next.next()
	if len(p.Records) != 2 || p.Records[0].Event.(counted).Count != 2 || p.Waits != nil {
		t.Fatalf("the newer program got %d events, and waits for %v", len(p.Records), p.Waits)
	}
	next.ack(m)
}

func TestAForeignCheckpoint(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	appendTo(t, j, "verification-1", issued(1))
	c := consume(t, j, journal.Checkpoint{Log: uuid.New(), Position: eventstore.NewPosition(1, 1), Event: uuid.New()})
	var foreign *eventstore.ForeignCheckpointError
	if err := c.waits(); !errors.As(err, &foreign) {
		t.Fatalf("told %v", err)
	}
	c.mu.Lock() // somebody mends it
	c.at = journal.Checkpoint{}
	c.mu.Unlock()
	m, p := c.next()
	if len(issues(p)) != 1 {
		t.Error("it did not go on")
	}
	c.ack(m)
}

func TestACheckpointThatCannotBeRead(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	broken, told := errors.New("broken"), make(chan error, 100)
	sub := j.Subscriber(func(context.Context) (journal.Checkpoint, error) { return journal.Checkpoint{}, broken }, func(err error) { told <- err },
		slog.New(slog.DiscardHandler))
	if _, err := sub.Subscribe(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-told:
		if !errors.Is(err, broken) {
			t.Errorf("told %v", err)
		}
	case <-time.After(patience):
		t.Error("nobody was told")
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

// Close ends the subscription whatever it is at: waiting for events, for somebody to take a page, or for an answer.
func TestClose(t *testing.T) {
	for name, until := range map[string]func(*testing.T, *journal.Journal, *consumer){
		"waiting for events": func(*testing.T, *journal.Journal, *consumer) {},
		"page not taken":     func(t *testing.T, j *journal.Journal, _ *consumer) { appendTo(t, j, "verification-1", issued(1)) },
		"page not answered": func(t *testing.T, j *journal.Journal, c *consumer) {
			appendTo(t, j, "verification-1", issued(1))
			m, _ := c.next()
			t.Cleanup(func() {
				if m.Context().Err() == nil {
					t.Error("the page's context goes on")
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := journal.New(openStore(t), registry(t), newKeys(""))
			c := consume(t, j, journal.Checkpoint{})
			until(t, j, c)
			closed := make(chan error, 1)
			go func() { closed <- errors.Join(c.sub.Close(), c.sub.Close()) }()
			select {
			case err := <-closed:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(patience):
				t.Fatal("it does not close")
			}
			if _, more := <-c.messages; more {
				t.Error("a page came after the end")
			}
		})
	}
}

func TestItEndsWithItsStore(t *testing.T) {
	s := openStore(t)
	c := consume(t, journal.New(s, registry(t), newKeys("")), journal.Checkpoint{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.messages:
	case <-time.After(patience):
		t.Error("it goes on")
	}
}

// Consumers share what is decoded, wherever their pages begin: the very same parts.
func TestConsumersShareDecodedEvents(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	renamed := domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, "device/2")}
	appendTo(t, j, "account-1", renamed)
	middle, err := j.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, j, "account-2", renamed)
	last := func(p journal.Page) *domain.Sealed {
		return p.Records[len(p.Records)-1].Event.(domain.DeviceRenamed).Name.Sealed()
	}
	var first *domain.Sealed
	for _, from := range []journal.Checkpoint{{}, middle, {}} {
		c := consume(t, j, from)
		m, p := c.next()
		if first == nil {
			first = last(p)
		}
		if last(p) != first {
			t.Error("decoded again")
		}
		c.ack(m)
	}
	p, err := j.ReadAll(t.Context(), journal.Checkpoint{}, journal.PageSize)
	if err != nil || len(p.Records) != 2 || last(p) == first {
		t.Errorf("a plain read takes part in what consumers share: %v", err)
	}
	end, err := j.ReadAll(t.Context(), p.Checkpoint, journal.PageSize)
	if err != nil || len(end.Records) != 0 || end.Checkpoint != p.Checkpoint {
		t.Errorf("the end is no end: %+v, %v", end, err)
	}
}
