package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passkeys"
	"accountledger/passwords"
	"accountledger/vault"
)

// Config holds operators' settings.
type Config struct {
	// Controller is the controller of the data as it is configured. A process that starts puts it in force if it may.
	Controller domain.Controller
	// Service is what the service calls itself, as authenticator apps and passkeys show it.
	Service string
	// Grace is how long an erasure can be cancelled before it starts; 0 starts it at once.
	Grace time.Duration
	// BackupKeep is how long each backup is kept.
	BackupKeep time.Duration
	// RecoveryWait is how long a recovery without a second factor waits, of an account that has one; 0: it is not possible.
	RecoveryWait time.Duration
	Limits       Limits
	// WorkBits is how much work is asked of guests who ask for very much; 0: none, they are refused.
	WorkBits int
	// Unusual is what an unusual sign-in of a person with the right password needs besides.
	Unusual UnusualSignIns
}

// UnusualSignIns is what an unusual sign-in needs besides the password.
type UnusualSignIns string

// What it can need.
const (
	UnusualOff  UnusualSignIns = "off"  // nothing; the history says that it was unusual
	UnusualCode UnusualSignIns = "code" // a code that is sent to the account's primary address
)

// DefaultBackupKeep is how long backups are kept by default.
const DefaultBackupKeep = 35 * 24 * time.Hour

// DefaultConfig is the default configuration.
func DefaultConfig() Config {
	return Config{Controller: ExampleController(), Service: "Account Ledger",
		Grace: domain.DefaultGrace, BackupKeep: DefaultBackupKeep, RecoveryWait: domain.DefaultRecoveryWait,
		Unusual: UnusualOff, Limits: DefaultLimits(), WorkBits: workBits}
}

// ExampleController is a controller for trying things out.
func ExampleController() domain.Controller {
	return domain.Controller{ID: "development", Name: "Example Company", Address: "1 Example Street, 10115 Berlin", Contact: "privacy@example.com",
		Jurisdiction: "DE", Places: []domain.Region{"DE"}}
}

// Deps is what the commands depend on.
type Deps struct {
	Journal *journal.Journal
	Vault   vault.Vault
	Checker *passwords.Checker
	Hasher  *passwords.Hasher
	Now     func() time.Time
	Config  Config
	Log     *slog.Logger
	// Forget deletes anything else kept about a person, such as messages in a local mailbox. It is idempotent; no erasure
	// is complete before it succeeds. May be nil.
	Forget func(domain.AccountID) error
	// Origin is where browsers reach the service, such as https://accounts.example.com; empty while it is not known. May be nil: then nobody
	// can use passkeys. It is called concurrently.
	Origin func() string
	// Country is the country that an address of the internet is in; empty if it is not known. May be nil. It is called concurrently.
	Country func(address string) domain.Region
	// Limited counts requests that are refused because the budget of their message's class is used up. It gets no more than the
	// class; may be nil. It is called concurrently.
	Limited func(domain.MessageClass)
	// Attempted counts attempts against limits: those that count because they were refused, and those that a limit kept from being made.
	// It gets no more than what was attempted; may be nil. It is called concurrently.
	Attempted func(kind domain.AttemptKind, limited bool)
}

// core is shared by all commands.
type core struct {
	Deps
	keys    ledgerKeys
	profile profile
	tallies *tallies
	changes *buckets // of what people change
	starts  *buckets // of sessions
	streams stripes
	access  *accessLog

	caches    []interface{ forget() } // all of the following
	accounts  *folded[*domain.Account]
	sessions  *folded[*domain.Sessions]
	clients   *folded[*domain.Clients]
	signIns   *folded[*domain.SignIn]
	factors   *folded[*domain.FactorUses]
	missed    *folded[*domain.Missed]
	services  *folded[*domain.Services]
	officers  *folded[*domain.Staff]
	published *folded[*domain.Notices]
	described *folded[*domain.Controllers]
	claims    *folded[*domain.Claim]
	attempts  *folded[*domain.Attempts]
	asked     *folded[*domain.SignUp]
	recovers  *folded[*domain.Recovery]
	delivered *folded[*domain.Delivery]
	proofs    *folded[*proof]

	relying *folded[*domain.Relying]

	masters masters
	party   atomic.Pointer[passkeys.RelyingParty] // by the last origin
	// restored is the last restore; nil if there was none.
	restored atomic.Pointer[restoredAt]
	near     bool // the log is in this process
}

// ledgerKeys are random keys for the ledger's keyed hashes. They outlive master keys.
type ledgerKeys struct {
	identifiers, codes, commands, cursors, erasures, links, challenges, handles *vault.Key
}

func loadKeys(ctx context.Context, v vault.Vault) (ledgerKeys, error) {
	k, err := v.CreateKeys(ctx, "hmac/identifiers", "hmac/codes", "hmac/commands", "hmac/cursors", "hmac/erasures", "hmac/links",
		"hmac/challenges", "aes/handles")
	if err != nil {
		return ledgerKeys{}, fmt.Errorf("commands: the ledger's keys: %w", err)
	}
	return ledgerKeys{k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]}, nil
}

// DayKeyLifetime is how long a day's key is kept; afterwards hashes under it are meaningless.
const DayKeyLifetime = 30 * 24 * time.Hour

// DayKey names the key of a day.
func DayKey(day domain.Day) string { return "hmac/day/" + string(day) }

// dayKey is the key for attempts, fingerprints, secrets and pseudonyms of one day.
func (c *core) dayKey(ctx context.Context, day domain.Day) (*vault.Key, error) {
	return c.keyOf(ctx, DayKey(day))
}

// keyOf is a key by its name, made if there was none yet.
func (c *core) keyOf(ctx context.Context, name string) (*vault.Key, error) {
	k, err := c.Vault.Key(ctx, name)
	if errors.Is(err, vault.ErrNotFound) {
		var made []*vault.Key
		if made, err = c.Vault.CreateKeys(ctx, name); err == nil {
			k = made[0]
		}
	}
	return k, err
}

// digest is the keyed hash by which the vault finds an identifier's owner. Officers' addresses are separate from people's.
func (c *core) digest(space string, contact domain.Contact) vault.Digest {
	return c.keys.identifiers.MAC([]byte(space), []byte(contact.Kind), []byte(contact.Normalised))
}

// MonthHashKey names the key under which what is counted in a month is named. It is destroyed with the month's last day's.
func MonthHashKey(m domain.Month) string { return "hmac/month/" + string(m) }

// periodKey is the key of a day or a month under which what is limited in it is named.
func (c *core) periodKey(ctx context.Context, period string) (*vault.Key, error) {
	if m := domain.Month(period); m.Validate() == nil {
		return c.keyOf(ctx, MonthHashKey(m))
	}
	return c.dayKey(ctx, domain.Day(period))
}

const (
	spacePeople = "person"
	spaceStaff  = "staff"
)

// New makes the menu. It creates the ledger's keys on first use.
func New(ctx context.Context, d Deps) (*Menu, error) {
	c, err := newCore(ctx, d)
	if err != nil {
		return nil, err
	}
	return menu(c), nil
}

func newCore(ctx context.Context, d Deps) (*core, error) {
	keys, err := loadKeys(ctx, d.Vault)
	if err != nil {
		return nil, err
	}
	c := &core{Deps: d, keys: keys, tallies: newTallies(talliesAtOnce), changes: newBuckets(), starts: newBuckets(),
		near: d.Journal.Near()}
	c.accounts, c.sessions = newFolded[*domain.Account](c), newFolded[*domain.Sessions](c)
	c.clients, c.signIns, c.missed = newFolded[*domain.Clients](c), newFolded[*domain.SignIn](c), newFolded[*domain.Missed](c)
	c.services, c.officers = newFolded[*domain.Services](c), newFolded[*domain.Staff](c)
	c.published, c.claims = newFolded[*domain.Notices](c), newFolded[*domain.Claim](c)
	c.attempts, c.asked, c.proofs = newFolded[*domain.Attempts](c), newFolded[*domain.SignUp](c), newFolded[*proof](c)
	c.factors = newFolded[*domain.FactorUses](c)
	c.relying = newFolded[*domain.Relying](c)
	c.recovers = newFolded[*domain.Recovery](c)
	c.delivered, c.described = newFolded[*domain.Delivery](c), newFolded[*domain.Controllers](c)
	c.access = newAccessLog(c, uuid.New())
	if err := c.readRestored(ctx); err != nil {
		return nil, err
	}
	return c, nil
}
