package commands_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// clock moves a millisecond each time it is looked at, and as far as a test says.
type clock struct{ at atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.at.Add(int64(time.Millisecond))).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// world is a ledger on the real store and the real vault, with a clock of the test's.
type world struct {
	*commands.Menu
	t       testing.TB
	clock   *clock
	store   eventstore.Store
	vault   vault.Vault
	journal *journal.Journal
	deps    commands.Deps
}

var theChecker = sync.OnceValues(func() (*passwords.Checker, error) { return passwords.NewChecker(passwords.Policy{}) })

func newWorld(t testing.TB) *world {
	t.Helper()
	store, err := embedded.Open(embedded.Options{Dir: t.TempDir(), ReserveBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	master, err := vault.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	v, err := sqlite.Open(t.Context(), t.TempDir(), master, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), v.Close()); err != nil {
			t.Error(err)
		}
	})
	hasher, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 8, Passes: 1, Lanes: 1}, Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := theChecker()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: &clock{}, store: store, vault: v}
	w.clock.at.Store(time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC).UnixNano())
	w.deps = commands.Deps{Checker: checker, Hasher: hasher, Now: w.clock.Now, Config: commands.DefaultConfig(), Log: slog.New(slog.DiscardHandler),
		Origin: func() string { return thePage.Origin }}
	w.deps.Config.Limits.Changes, w.deps.Config.Limits.Starts = commands.Bucket{}, commands.Bucket{}
	w.deps.Config.Limits.SignUps, w.deps.Config.Limits.Recoveries, w.deps.Config.WorkBits = nil, nil, 0 // people of most tests come from one network
	w.start(store, v)
	w.system(w.PublishNotices)
	return w
}

// start makes a new process over a store and a vault; what an earlier one kept in memory is gone.
func (w *world) start(store eventstore.Store, v vault.Vault) {
	w.t.Helper()
	r, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		w.t.Fatal(err)
	}
	w.deps.Journal, w.deps.Vault = journal.New(store, r, v), v
	w.journal = w.deps.Journal
	if w.Menu, err = commands.New(context.Background(), w.deps); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) restart() { w.start(w.store, w.vault) }

// request is one by a caller over the API, without an Idempotency-Key.
func request(c domain.Caller) commands.Request {
	return commands.Request{Caller: c, Channel: domain.ChannelAPI, Operation: "test", Client: domain.ClientInfo{Address: "192.0.2.7", UserAgent: "test/1"}}
}

// keyed is a request with an Idempotency-Key.
func keyed(c domain.Caller, operation string) commands.Request {
	r := request(c)
	r.Operation, r.Key = operation, uuid.NewString()
	return r
}

// do asks and must get an answer.
func do[I, O any](w *world, ask commands.Command[I, O], c domain.Caller, in I) O {
	w.t.Helper()
	a, err := ask(w.t.Context(), request(c), in)
	if err != nil {
		w.t.Fatalf("%T: %v", ask, err)
	}
	return a.Value
}

// refused asks and must be refused.
func refused[I, O any](w *world, ask commands.Command[I, O], c domain.Caller, in I, want error) {
	w.t.Helper()
	if _, err := ask(w.t.Context(), request(c), in); !errors.Is(err, want) {
		w.t.Errorf("%T: %v, want %v", ask, err, want)
	}
}

func (w *world) system(ask commands.Command[struct{}, struct{}]) {
	w.t.Helper()
	do(w, ask, domain.System(), struct{}{})
}

const password = "correct horse battery staple 9"

func signUpOf(email string) commands.SignUp {
	return commands.SignUp{Email: email, Password: passwords.New(password), Region: "DE", Language: "de", BirthMonth: "1990-05"}
}

func signInOf(email string) commands.SignIn {
	return commands.SignIn{Email: email, Password: passwords.New(password)}
}

func (w *world) signUp(email string) commands.SignedUp {
	w.t.Helper()
	return do(w, w.SignUp, domain.Guest(), signUpOf(email))
}

// signUpAt signs up from the n-th of some networks.
func (w *world) signUpAt(n int, email string) commands.SignedUp {
	w.t.Helper()
	r := request(domain.Guest())
	r.Client.Address = fmt.Sprintf("198.51.%d.7", n)
	a, err := w.SignUp(w.t.Context(), r, signUpOf(email))
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Value
}

// message is what the notifier would send for an issue.
func (w *world) message(s commands.SignedUp, issue int) commands.MessageToSend {
	w.t.Helper()
	return do(w, w.Message, domain.System(), domain.MessageRequest{Verification: s.Verification, Issue: issue})
}

// asked is what the log asks the notifier to send for an issue, and the event that does.
func (w *world) asked(s commands.SignedUp, issue int) (domain.MessageRequest, domain.EventID) {
	w.t.Helper()
	for _, f := range w.log() {
		if m, ok := f.Asks(); ok && m.Verification == s.Verification && m.Issue == issue {
			return m, f.ID
		}
	}
	w.t.Fatal("nothing is asked for")
	return domain.MessageRequest{}, domain.EventID{}
}

// send records what the notifier does about an issue: the attempt, and that the message was handed over.
func (w *world) send(s commands.SignedUp, issue int) {
	w.t.Helper()
	m, asked := w.asked(s, issue)
	step := commands.RecordDelivery{Message: m, Asked: asked, Medium: domain.MediumEmail, Attempt: 1}
	do(w, w.RecordDelivery, domain.System(), step)
	step.Ended = true
	do(w, w.RecordDelivery, domain.System(), step)
}

func (w *world) check(s commands.SignedUp, code string) (commands.Checked, error) {
	a, err := w.CheckCode(w.t.Context(), request(domain.Guest()), commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: code})
	return a.Value, err
}

// account signs somebody up and proves the address.
func (w *world) account(email string) domain.AccountID {
	w.t.Helper()
	s := w.signUp(email)
	checked, err := w.check(s, w.message(s, 1).Code)
	if err != nil {
		w.t.Fatal(err)
	}
	return checked.Account
}

// session signs somebody in.
func (w *world) session(email string) (domain.Caller, commands.SignedIn) {
	w.t.Helper()
	in := do(w, w.SignIn, domain.Guest(), signInOf(email))
	caller, err := w.Authenticate(w.t.Context(), in.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	return caller, in
}

// person has an account and is signed in.
func (w *world) person(email string) domain.Caller {
	w.t.Helper()
	w.account(email)
	c, _ := w.session(email)
	return c
}

// officer is enrolled and signed in.
func (w *world) officer(email string, role domain.Role) domain.Caller {
	w.t.Helper()
	added := do(w, w.AddStaff, domain.Operator(1000), commands.AddStaff{Email: email, Name: "Grace", Role: role})
	do(w, w.Enrol, domain.Guest(), commands.Enrol{Code: added.Code, Password: passwords.New(password)})
	in := signInOf(email)
	in.Staff = true
	signedIn := do(w, w.SignIn, domain.Guest(), in)
	c, err := w.Authenticate(w.t.Context(), signedIn.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

var weather = domain.Allowance{Permission: "location", Purpose: "weather"}

// service may ask for location, to show the weather.
func (w *world) service(name domain.Slug) domain.Caller {
	w.t.Helper()
	added := do(w, w.AddService, domain.Operator(1000), commands.AddService{Name: name, Allowed: []domain.Allowance{weather}})
	c, err := w.Authenticate(w.t.Context(), added.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// grant is the wish to allow location for weather on the notice in force.
func (w *world) grant() domain.SetPermission {
	w.t.Helper()
	for _, e := range do(w, w.Catalogue, domain.Guest(), commands.Catalogue{Language: "de"}) {
		if e.Key == weather.Permission {
			return domain.SetPermission{Permission: weather.Permission, Purpose: weather.Purpose, Grant: true, Notice: e.Current.Event}
		}
	}
	w.t.Fatal("no such permission")
	return domain.SetPermission{}
}

func withdrawal() domain.SetPermission {
	return domain.SetPermission{Permission: weather.Permission, Purpose: weather.Purpose}
}

// log is all that was ever appended.
func (w *world) log() []domain.Fact {
	w.t.Helper()
	var out []domain.Fact
	var at journal.Checkpoint
	for {
		p, err := w.journal.ReadAll(w.t.Context(), at, journal.PageSize)
		if err != nil {
			w.t.Fatal(err)
		}
		if p.Checkpoint == at {
			return out
		}
		for _, r := range p.Records {
			out = append(out, r.Fact)
		}
		at = p.Checkpoint
	}
}

// since are the types of the events appended while something ran.
func (w *world) since(run func()) []string {
	w.t.Helper()
	before := len(w.log())
	run()
	var out []string
	for _, f := range w.log()[before:] {
		out = append(out, f.Type)
	}
	return out
}

func (w *world) appended(want []string, run func()) {
	w.t.Helper()
	if got := w.since(run); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("appended %v, want %v", got, want)
	}
}

// unique finds an id that two events have.
func (w *world) unique() {
	w.t.Helper()
	seen := map[domain.EventID]string{}
	for _, f := range w.log() {
		place := fmt.Sprintf("%s %d", f.Stream, f.Version)
		if other, twice := seen[f.ID]; twice {
			w.t.Errorf("%s and %s have one id", other, place)
		}
		seen[f.ID] = place
	}
}
