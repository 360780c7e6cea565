package processes_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/processes"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// clock is a wall clock that tests move, and the monotonic one beside it.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	mono time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Monotonic() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

// Add lets time pass.
func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.mono = c.now.Add(d), c.mono+d
}

// Jump sets the wall clock without time passing.
func (c *clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// ledger is log, vault and commands on a folder.
type ledger struct {
	t       *testing.T
	clock   *clock
	journal *journal.Journal
	menu    *commands.Menu
	keys    vault.Vault
	path    string
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	dir := t.TempDir()
	store, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log"), ReserveBytes: -1})
	fatal(t, err)
	t.Cleanup(func() { _ = store.Close() })
	master, err := vault.NewMasterKey()
	fatal(t, err)
	keys, err := vaultsqlite.Open(t.Context(), filepath.Join(dir, "vault"), master, vaultsqlite.Options{})
	fatal(t, err)
	t.Cleanup(func() { _ = keys.Close() })
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	fatal(t, err)
	checker, err := passwords.NewChecker(passwords.Policy{})
	fatal(t, err)
	hasher, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	fatal(t, err)
	l := &ledger{t: t, clock: &clock{now: time.Now().UTC()}, journal: journal.New(store, registry, keys), keys: keys, path: filepath.Join(dir, "deadlines.db")}
	l.menu, err = commands.New(t.Context(), commands.Deps{Journal: l.journal, Vault: keys, Checker: checker, Hasher: hasher, Now: l.clock.Now,
		Config: commands.DefaultConfig(), Log: slog.New(slog.DiscardHandler)})
	fatal(t, err)
	_, err = l.menu.PublishNotices(t.Context(), l.as(domain.System()), struct{}{})
	fatal(t, err)
	return l
}

func (l *ledger) as(c domain.Caller) commands.Request {
	return commands.Request{Caller: c, Channel: domain.ChannelAPI, Operation: "test"}
}

// signUp asks for an account and gives the code of its first message.
func (l *ledger) signUp(email string) (commands.SignedUp, string) {
	l.t.Helper()
	a, err := l.menu.SignUp(l.t.Context(), l.as(domain.Guest()), commands.SignUp{Email: email, Password: passwords.New("correct-horse-battery"),
		Region: "DE", Language: "en", BirthMonth: "1990-05"})
	fatal(l.t, err)
	m, err := l.menu.Message(l.t.Context(), l.as(domain.System()), domain.MessageRequest{Verification: a.Value.Verification, Issue: 1})
	fatal(l.t, err)
	return a.Value, m.Value.Code
}

func (l *ledger) account(email string) domain.Caller {
	l.t.Helper()
	up, code := l.signUp(email)
	done, err := l.menu.CheckCode(l.t.Context(), l.as(domain.Guest()), commands.CheckCode{Verification: up.Verification, Handle: up.Handle, Code: code})
	fatal(l.t, err)
	id := done.Value.Account
	return domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](id)}, Account: id}
}

// running is processes at work: the list follows the log, and the clock settles.
type running struct {
	l    *ledger
	p    *processes.Processes
	stop func()
}

func (l *ledger) start() *running {
	l.t.Helper()
	p, err := processes.Open(l.t.Context(),
		processes.Deps{Journal: l.journal, Menu: l.menu, Now: l.clock.Now, Monotonic: l.clock.Monotonic, Log: slog.New(slog.DiscardHandler), Path: l.path})
	fatal(l.t, err)
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r := &running{l: l, p: p}
	r.stop = sync.OnceFunc(func() {
		cancel()
		fatal(l.t, <-ended)
		fatal(l.t, p.Close())
	})
	l.t.Cleanup(r.stop)
	return r
}

// follow brings the list to the head of the log.
func (r *running) follow() {
	r.l.t.Helper()
	for {
		at, err := r.p.Checkpoint(r.l.t.Context())
		fatal(r.l.t, err)
		page, err := r.l.journal.ReadAll(r.l.t.Context(), at, 100)
		fatal(r.l.t, err)
		if page.Checkpoint == at {
			return
		}
		fatal(r.l.t, r.p.Handle(r.l.t.Context(), page))
	}
}

// until follows the log until done says so, and fails when that takes too long.
func (r *running) until(what string, done func() bool) {
	r.l.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			r.l.t.Fatalf("%s has not happened", what)
		}
		r.follow()
	}
}

// last is the last event of a stream.
func (l *ledger) last(stream string) any {
	l.t.Helper()
	for rec, err := range l.journal.ReadBack(l.t.Context(), stream) {
		fatal(l.t, err)
		return rec.Event
	}
	return nil
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnprovenSignUpLapsesAfterADay(t *testing.T) {
	l := newLedger(t)
	up, _ := l.signUp("ada@example.com")
	r := l.start()
	r.follow()
	l.clock.Add(23 * time.Hour)
	r.follow()
	if _, lapsed := l.last(domain.SignUpStream(domain.SignUpID(up.Verification))).(domain.SignUpLapsed); lapsed {
		t.Fatal("it lapsed before its time")
	}
	l.clock.Add(time.Hour + time.Second)
	r.stop()
	r = l.start() // the list outlives a restart
	r.until("the lapse", func() bool {
		e, lapsed := l.last(domain.SignUpStream(domain.SignUpID(up.Verification))).(domain.SignUpLapsed)
		return lapsed && e.Reason == domain.LapseExpired
	})
	r.until("the end of the deadline", func() bool { return r.waiting() == 0 })
}

func (r *running) waiting() int {
	n, err := r.p.Waiting(r.l.t.Context())
	fatal(r.l.t, err)
	r.l.clock.Add(time.Second)
	return n
}

func TestProvenSignUpIsCompletedAfterACrash(t *testing.T) {
	l := newLedger(t)
	up, _ := l.signUp("ada@example.com")
	// The crash: the code passed, and nothing that follows was appended.
	_, err := l.journal.Append(t.Context(), journal.NoStream(domain.VerificationStream(up.Verification)), journal.Entry{
		ID:       domain.EventID{UUID: uuid.New()},
		Metadata: domain.Metadata{At: l.clock.Now(), Actor: domain.Guest().Actor, Channel: domain.ChannelAPI},
		Event: domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp, RequestedOn: domain.DayOf(l.clock.Now()), Took: domain.TookUnder1Minute,
			Nth: 1}})
	fatal(t, err)
	r := l.start()
	r.follow()
	l.clock.Add(3 * time.Second)
	r.stop()
	r = l.start()
	var account domain.AccountID
	r.until("the completion", func() bool {
		e, done := l.last(domain.SignUpStream(domain.SignUpID(up.Verification))).(domain.SignUpCompleted)
		account = e.Account
		return done
	})
	if _, opened := l.last(domain.AccountStream(account)).(domain.AccountOpened); !opened {
		t.Fatal("there is no account")
	}
}

// A recovery that a crash left after the right code is proved at once, can be completed until it expires, and lapses then.
func TestARecoveryIsProvedAfterACrashAndLapsesAfterADay(t *testing.T) {
	l := newLedger(t)
	l.account("ada@example.com")
	asked, err := l.menu.Recover(t.Context(), l.as(domain.Guest()), commands.Recover{Email: "ada@example.com"})
	fatal(t, err)
	id := asked.Value.ID
	_, err = l.journal.Append(t.Context(), journal.NoStream(domain.VerificationStream(domain.VerificationID(id))), journal.Entry{
		ID:       domain.EventID{UUID: uuid.New()},
		Metadata: domain.Metadata{At: l.clock.Now(), Actor: domain.Guest().Actor, Channel: domain.ChannelAPI},
		Event: domain.VerificationPassed{Issue: 1, Purpose: domain.VerifyRecover, RequestedOn: domain.DayOf(l.clock.Now()), Took: domain.TookUnder1Minute,
			Nth: 1}})
	fatal(t, err)
	r := l.start()
	r.follow()
	l.clock.Add(3 * time.Second)
	r.until("the proof", func() bool {
		_, proved := l.last(domain.RecoveryStream(id)).(domain.RecoveryProved)
		return proved
	})
	l.clock.Add(23 * time.Hour)
	r.follow()
	if _, lapsed := l.last(domain.RecoveryStream(id)).(domain.RecoveryLapsed); lapsed {
		t.Fatal("it lapsed before its time")
	}
	r.stop()
	l.clock.Add(time.Hour)
	r = l.start() // which looks at the clock
	r.until("the lapse", func() bool {
		e, lapsed := l.last(domain.RecoveryStream(id)).(domain.RecoveryLapsed)
		return lapsed && e.Reason == domain.RecoveryExpired
	})
	r.until("the end of the deadline", func() bool { return r.waiting() == 0 })
}

func TestErasureStartsWhenItIsDueAndCanBeCancelledBefore(t *testing.T) {
	l := newLedger(t)
	goes, stays := l.account("goes@example.com"), l.account("stays@example.com")
	r := l.start()
	for _, c := range []domain.Caller{goes, stays} {
		_, err := l.menu.RequestErasure(t.Context(), l.as(c), commands.RequestErasure{})
		fatal(t, err)
	}
	r.follow()
	l.clock.Add(13 * 24 * time.Hour)
	stays.Closing = true
	me, err := l.menu.Me(t.Context(), l.as(stays), struct{}{})
	fatal(t, err)
	_, err = l.menu.CancelErasure(t.Context(), l.as(stays), commands.Erasure{ID: me.Value.Erasure.ID})
	fatal(t, err)
	r.follow()
	if _, waits := l.last(domain.AccountStream(goes.Account)).(domain.ErasureRequested); !waits {
		t.Fatal("it began before it was due")
	}
	l.clock.Add(24*time.Hour + time.Second)
	r.stop()
	fatal(t, l.confirm(l.clock.Now())) // two weeks without a process that settles
	r = l.start()
	r.until("the erasure", func() bool {
		_, done := l.last(domain.AccountStream(goes.Account)).(domain.ErasureCompleted)
		return done
	})
	if _, cancelled := l.last(domain.AccountStream(stays.Account)).(domain.ErasureCancelled); !cancelled {
		t.Fatal("the cancelled one went on")
	}
}

func TestListOfAnotherLogBeginsAnew(t *testing.T) {
	l := newLedger(t)
	_, _ = l.signUp("ada@example.com")
	r := l.start()
	r.follow()
	if r.waiting() != 1 {
		t.Fatal("the sign-up does not wait")
	}
	fatal(t, r.p.Recover(t.Context(), nil))
	at, err := r.p.Checkpoint(t.Context())
	fatal(t, err)
	if !at.IsZero() || r.waiting() != 0 {
		t.Fatal("the list kept what another log said")
	}
	r.follow()
	if r.waiting() != 1 {
		t.Fatal("the list was not rebuilt from the log")
	}
}
