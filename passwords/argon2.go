package passwords

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrHash: a stored hash is not an Argon2id hash in the PHC string format, or needs more resources than allowed.
var ErrHash = errors.New("passwords: unreadable hash")

const (
	saltBytes = 16
	hashBytes = 32
	// Limits on the parameters of a stored hash.
	maxMemoryKiB = 256 * 1024
	maxPasses    = 64
	maxLanes     = 16
)

// Params is what one Argon2id hash costs.
type Params struct {
	// MemoryKiB is memory in KiB, Passes the number of passes over it, Lanes how many threads could share the work.
	MemoryKiB, Passes uint32
	Lanes             uint8
}

// DefaultParams are OWASP's for Argon2id: 19 MiB, 2 passes, 1 lane; about 14 ms on one core.
func DefaultParams() Params { return Params{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1} }

func (p Params) valid() bool {
	return p.Passes >= 1 && p.Passes <= maxPasses && p.Lanes >= 1 && p.Lanes <= maxLanes &&
		p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB
}

// stored is a stored hash.
type stored struct {
	params     Params
	salt, hash []byte
}

func deriveArgon2id(text string, p Params, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(text), salt, p.Passes, p.MemoryKiB, p.Lanes, size)
}

// String is the PHC string format.
func (s stored) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.params.MemoryKiB, s.params.Passes,
		s.params.Lanes, b64.EncodeToString(s.salt), b64.EncodeToString(s.hash))
}

// parse reads what String wrote, with any parameters within the limits.
func parse(phc string) (s stored, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return s, fmt.Errorf("%w: not argon2id in six parts", ErrHash)
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return s, fmt.Errorf("%w: bad version", ErrHash)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &s.params.MemoryKiB, &s.params.Passes, &s.params.Lanes); err != nil {
		return s, fmt.Errorf("%w: bad parameters", ErrHash)
	}
	if !s.params.valid() {
		return s, fmt.Errorf("%w: parameters out of bounds", ErrHash)
	}
	b64 := base64.RawStdEncoding.Strict()
	if s.salt, err = b64.DecodeString(parts[4]); err != nil || len(s.salt) < 8 || len(s.salt) > 64 {
		return s, fmt.Errorf("%w: bad salt", ErrHash)
	}
	if s.hash, err = b64.DecodeString(parts[5]); err != nil || len(s.hash) < 16 || len(s.hash) > 64 {
		return s, fmt.Errorf("%w: bad digest", ErrHash)
	}
	if s.String() != phc {
		return s, fmt.Errorf("%w: not in canonical form", ErrHash)
	}
	return s, nil
}
