package commands

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// Token is a bearer token: a session's, a service's key, or an officer's one-time code. It prints as [token].
type Token string

// Format prints [token] for every verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[token]")) }

// LogValue logs [token].
func (Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// Prefixes of tokens, so that scanners can find leaked ones.
const (
	personPrefix    = "alp_"
	staffPrefix     = "als_"
	servicePrefix   = "alk_"
	enrolmentPrefix = "ale_"
	clientPrefix    = "alr_"
)

const secretBytes = 32

// sessionToken holds the owner, the month the session started in, the session, and its secret.
type sessionToken struct {
	kind    domain.ActorKind
	owner   uuid.UUID
	month   domain.Month
	session domain.SessionID
	secret  []byte
}

func (t sessionToken) String() Token {
	b := make([]byte, 0, 16+2+16+secretBytes)
	b = append(b, t.owner[:]...)
	b = binary.BigEndian.AppendUint16(b, monthNumber(t.month))
	b = append(b, t.session.UUID[:]...)
	b = append(b, t.secret...)
	prefix := personPrefix
	if t.kind == domain.ActorStaff {
		prefix = staffPrefix
	}
	return Token(prefix + base64.RawURLEncoding.EncodeToString(b))
}

func parseSessionToken(s Token) (t sessionToken, ok bool) {
	body, person := strings.CutPrefix(string(s), personPrefix)
	t.kind = domain.ActorPerson
	if !person {
		if body, ok = strings.CutPrefix(string(s), staffPrefix); !ok {
			return t, false
		}
		t.kind = domain.ActorStaff
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(b) != 16+2+16+secretBytes {
		return t, false
	}
	t.owner = uuid.UUID(b[:16])
	t.month = monthOf(binary.BigEndian.Uint16(b[16:18]))
	t.session = domain.SessionID{UUID: uuid.UUID(b[18:34])}
	t.secret = b[34:]
	return t, true
}

func monthNumber(m domain.Month) uint16 {
	t, err := time.Parse("2006-01", string(m))
	if err != nil {
		return 0
	}
	return uint16(t.Year()*12 + int(t.Month()) - 1) //nolint:gosec // years of this age fit
}

func monthOf(n uint16) domain.Month {
	return domain.MonthOf(time.Date(int(n)/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC))
}

// idToken is a service's key or an officer's one-time code: the id and the secret.
func idToken(prefix string, id uuid.UUID, secret []byte) Token {
	return Token(prefix + base64.RawURLEncoding.EncodeToString(append(id[:], secret...)))
}

func parseIDToken(prefix string, s Token) (id uuid.UUID, secret []byte, ok bool) {
	body, ok := strings.CutPrefix(string(s), prefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if !ok || err != nil || len(b) != 16+secretBytes {
		return id, nil, false
	}
	return uuid.UUID(b[:16]), b[16:], true
}

// clientToken is what a client is known by; empty without a secret.
func clientToken(secret []byte) Token {
	if secret == nil {
		return ""
	}
	return Token(clientPrefix + base64.RawURLEncoding.EncodeToString(secret))
}

// clientSecret is a client's secret; none if it has no token. ErrClient if it is none.
func clientSecret(s Token) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	body, ok := strings.CutPrefix(string(s), clientPrefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if !ok || err != nil || len(b) != secretBytes {
		return nil, domain.ErrClient
	}
	return b, nil
}

// hashClient is the hash of a client that the log keeps; empty without a secret. It is of the owner too: one client of two people has
// two hashes that nobody can match.
func hashClient(owner uuid.UUID, secret []byte) domain.Hash {
	if secret == nil {
		return ""
	}
	h := sha256.Sum256(slices.Concat([]byte("accountledger/client/1\x00"), owner[:], secret))
	return domain.Hash(hex.EncodeToString(h[:]))
}

// hashSecret is the hash of a secret that the log keeps. Secrets have 256 random bits, so a plain hash is enough.
func hashSecret(secret []byte) domain.Hash {
	h := sha256.Sum256(append([]byte("accountledger/secret/1\x00"), secret...))
	return domain.Hash(hex.EncodeToString(h[:]))
}
