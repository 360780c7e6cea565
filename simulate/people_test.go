package simulate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/simulate"
)

// paper is a ledger on paper: it keeps what people did, and says what views would say.
type paper struct {
	mu      sync.Mutex
	people  map[string]*simulate.Person
	signUps map[domain.VerificationID]string
	tries   map[domain.VerificationID]int
	granted map[domain.AccountID]map[domain.Allowance]bool
	closing map[domain.AccountID]bool
	devices map[domain.AccountID][]domain.DeviceID
	emails  []string
	lie     bool // decisions are always denied
}

func newPaper() *paper {
	return &paper{people: map[string]*simulate.Person{}, signUps: map[domain.VerificationID]string{}, tries: map[domain.VerificationID]int{},
		granted: map[domain.AccountID]map[domain.Allowance]bool{}, closing: map[domain.AccountID]bool{}, devices: map[domain.AccountID][]domain.DeviceID{}}
}

func (p *paper) SignUp(_ context.Context, who *simulate.Person) (simulate.SignUp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who.Funnel == simulate.TooYoung {
		return simulate.SignUp{}, domain.ErrCapacity
	}
	id := domain.VerificationID{UUID: uuid.New()}
	p.people[who.Email], p.signUps[id], p.emails = who, who.Email, append(p.emails, who.Email)
	return simulate.SignUp{ID: id, Issue: 1}, nil
}

func (p *paper) Resend(_ context.Context, s simulate.SignUp) (simulate.SignUp, error) { return s, nil }

func (p *paper) Code(context.Context, string, simulate.SignUp) (string, error) {
	return "123456", nil
}

func (p *paper) Check(_ context.Context, s simulate.SignUp, code string) (domain.AccountID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code != "123456" {
		if p.tries[s.ID]++; p.tries[s.ID] == domain.MaxTries {
			return domain.AccountID{}, domain.ErrEnded
		}
		return domain.AccountID{}, domain.ErrCode
	}
	return account(p.signUps[s.ID]), nil
}

func (p *paper) AddContact(_ context.Context, _ simulate.Session, email string) (simulate.SignUp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emails = append(p.emails, email)
	return simulate.SignUp{ID: domain.VerificationID{UUID: uuid.New()}, Issue: 1}, nil
}

func (p *paper) MakePrimary(context.Context, simulate.Session, string) error { return nil }

func (p *paper) Recover(_ context.Context, who *simulate.Person, _ string) (simulate.SignUp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := domain.VerificationID{UUID: uuid.New()}
	p.signUps[id] = who.Email
	return simulate.SignUp{ID: id, Issue: 1}, nil
}

func (p *paper) Complete(ctx context.Context, s simulate.SignUp, code, _ string, _ func([]domain.RecoveryWay) simulate.Proof) ([]domain.RecoveryWay,
	[]string, error) {
	_, err := p.Check(ctx, s, code)
	return []domain.RecoveryWay{{domain.RecoveryByTOTP}}, nil, err
}

func account(email string) domain.AccountID {
	return domain.AccountID{UUID: domain.Derive(uuid.Nil, email)}
}

func (p *paper) SignIn(_ context.Context, who *simulate.Person, password, _ string) (simulate.Session, error) {
	if password != who.Password {
		return simulate.Session{}, domain.ErrCredentials
	}
	return simulate.Session{Account: account(who.Email)}, nil
}

func (p *paper) Secure(context.Context, simulate.Session, time.Time) (simulate.Second, error) {
	return simulate.Second{Seed: []byte("seed"), Codes: make([]string, 10)}, nil
}

func (p *paper) MakeCodes(context.Context, simulate.Session) ([]string, error) {
	return make([]string, 10), nil
}

func (p *paper) RemoveFactor(context.Context, simulate.Session, domain.FactorID) error { return nil }

func (p *paper) ContinueSignIn(context.Context, simulate.SignUp, simulate.Proof) (simulate.Session, error) {
	return simulate.Session{}, domain.ErrSignIn
}

func (p *paper) SignOut(context.Context, simulate.Session) error           { return nil }
func (p *paper) SignOutEverywhere(context.Context, simulate.Session) error { return nil }

func (p *paper) Decide(_ context.Context, s simulate.Session, a domain.Allowance, grant bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.granted[s.Account] == nil {
		p.granted[s.Account] = map[domain.Allowance]bool{}
	}
	p.granted[s.Account][a] = grant
	return nil
}

func (p *paper) Link(_ context.Context, s simulate.Session, _ simulate.DeviceChoice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices[s.Account] = append(p.devices[s.Account], domain.DeviceID{UUID: uuid.New()})
	return nil
}

func (p *paper) Devices(_ context.Context, s simulate.Session) ([]domain.DeviceID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.devices[s.Account], nil
}

func (p *paper) Rename(context.Context, simulate.Session, domain.DeviceID, string) error { return nil }

func (p *paper) Unlink(_ context.Context, s simulate.Session, _ domain.DeviceID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices[s.Account] = p.devices[s.Account][1:]
	return nil
}

func (p *paper) RequestErasure(_ context.Context, s simulate.Session) (simulate.Erasure, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing[s.Account] = true
	return simulate.Erasure{Due: time.Now().Add(time.Hour)}, nil
}

func (p *paper) CancelErasure(_ context.Context, s simulate.Session, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.closing, s.Account)
	return nil
}

func (p *paper) SeeErasure(context.Context, string) (domain.ErasureState, error) {
	return domain.ErasureWaiting, nil
}

func (p *paper) Ask(_ context.Context, _ string, id domain.AccountID, a domain.Allowance) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.granted[id][a] && !p.closing[id] && !p.lie, nil
}

func (p *paper) Enrol(context.Context, string, string) error { return nil }

func (p *paper) Officer(context.Context, string, string) (simulate.Session, error) {
	return simulate.Session{Expires: time.Now().Add(12 * time.Hour)}, nil
}

func (p *paper) LookUp(context.Context, simulate.Session, string, domain.CaseID) (bool, error) {
	return true, nil
}

func (p *paper) Reveal(context.Context, simulate.Session, domain.AccountID, domain.CaseID) error {
	return nil
}

func (p *paper) AddService(context.Context, string, []domain.Allowance) (string, error) {
	return "key", nil
}

func (p *paper) AddOfficer(_ context.Context, email string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emails = append(p.emails, email)
	return "code", nil
}

// silent are views that know nothing.
type silent struct{}

func (silent) Counts(context.Context, string, []string, string) (map[string]int64, error) {
	return map[string]int64{}, nil
}

func play(t *testing.T, p *paper, seed uint64) (simulate.Summary, error) {
	t.Helper()
	return simulate.Run(t.Context(), simulate.Options{Accounts: 2000, Seed: seed, Workers: 4, Tag: "test"},
		simulate.Deps{Ledger: p, Operator: p, Views: silent{}})
}

func TestOneSeedIsOnePopulation(t *testing.T) {
	one, two, other := newPaper(), newPaper(), newPaper()
	first, err := play(t, one, 1)
	if !errors.Is(err, simulate.ErrDiffers) || first.Errors > 0 || len(first.Differences) == 0 {
		t.Fatalf("views that know nothing were believed, or something was refused: %v, %v", err, first.ErrorKinds)
	}
	second, _ := play(t, two, 1)
	third, _ := play(t, other, 2)
	for key, n := range first.Counts {
		if second.Counts[key] != n {
			t.Errorf("%s: %d, then %d", key, n, second.Counts[key])
		}
	}
	same := 0
	for email, who := range one.people {
		if again := two.people[email]; again == nil || again.Password != who.Password || again.BirthMonth != who.BirthMonth || again.Region != who.Region {
			t.Fatal("a person is another one")
		}
		if other.people[email] != nil {
			same++
		}
	}
	if same > len(one.people)/4 || third.Counts["permissions/granted"] == first.Counts["permissions/granted"] {
		t.Error("another seed is the same population")
	}
}

func TestEverybodyLivesUnderExampleInvalid(t *testing.T) {
	p := newPaper()
	_, _ = play(t, p, 3)
	if len(p.emails) < 1900 {
		t.Fatalf("%d addresses", len(p.emails))
	}
	for _, e := range p.emails {
		if c, err := domain.ParseEmail(e); err != nil || !strings.HasSuffix(c.Normalised, ".example.invalid") {
			t.Fatalf("an address elsewhere: %v", err)
		}
	}
}

// What is played is like what people do: most prove their address, permissions differ in how many agree, regions too.
func TestPeopleAreUneven(t *testing.T) {
	s, _ := play(t, newPaper(), 4)
	c := s.Counts
	within := func(what string, n, of int64, low, high float64) {
		t.Helper()
		if x := float64(n) / float64(of); x < low || x > high {
			t.Errorf("%s: %.3f, wanted %.2f to %.2f", what, x, low, high)
		}
	}
	within("proved", c["activity/sign_up.completed"], 2000, 0.75, 0.9)
	within("never proved", c[simulate.Lapsing], 2000, 0.1, 0.25)
	within("refused for their age", c[simulate.TooYoungs], 2000, 0.0005, 0.02)
	within("Germans", c["regions/DE"], c["accounts/open"], 0.15, 0.3)
	within("asked and allowed", c["accesses/decided/allowed"], c["accesses/decided/allowed"]+c["accesses/decided/denied"], 0.1, 0.6)
	within("devices", c["devices/linked"], c["accounts/open"], 1, 3)
	within("further addresses", c["activity/contact.attached"], c["accounts/open"], 0.01, 0.15)
	within("leaving", c["accounts/closing"], c["accounts/open"], 0.001, 0.05)
}

// A ledger that answers otherwise than people decided is found out.
func TestAWrongDecisionIsFound(t *testing.T) {
	p := newPaper()
	p.lie = true
	s, err := play(t, p, 5)
	if err == nil || s.Errors == 0 || !strings.Contains(strings.Join(s.ErrorKinds, ";"), "decision") {
		t.Errorf("%v: %v", err, s.ErrorKinds)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, o := range map[error]simulate.Options{
		simulate.ErrAccounts: {Tag: "a"},
		simulate.ErrDays:     {Accounts: 1, Days: 400, Tag: "a"},
		simulate.ErrTag:      {Accounts: 1, Tag: "A b"},
	} {
		if err := o.Check(); !errors.Is(err, want) {
			t.Errorf("%v, wanted %v", err, want)
		}
	}
}

func TestClock(t *testing.T) {
	var c simulate.Clock
	if c.Simulated() || time.Since(c.Now()) > time.Minute {
		t.Error("a new clock is not the system's")
	}
	begin := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	c.Begin(begin)
	if first, second := c.Now(), c.Now(); !first.Equal(begin) || !second.After(first) {
		t.Errorf("%s, then %s", first, second)
	}
	if c.End(); c.Simulated() {
		t.Error("it did not end")
	}
}
