package passkeys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"time"
)

const (
	// Lifetime is for how long a challenge can be answered.
	Lifetime = 5 * time.Minute
	// Skew is by how much the clocks of two processes may differ.
	Skew = 2 * time.Minute

	nonceBytes     = 16 // WebAuthn Level 3, 13.4.3: at least 16 random bytes
	challengeBytes = nonceBytes + 8 + 1 + sha256.Size
)

// Purpose is what a challenge is for. Its numbers are part of challenges.
type Purpose byte

// Purposes.
const (
	ToEnrol   Purpose = 1 // another passkey of an account; bound to it and to the session
	ToSignIn  Purpose = 2 // a sign-in without a name; bound to nothing, as it is for guests
	ToSecond  Purpose = 3 // a sign-in that needs more than the password; bound to it
	ToRaise   Purpose = 4 // a fresh proof; bound to the session
	ToRecover Purpose = 5 // a recovery that needs more than a code; bound to it

	// LifetimeBeside is that of a challenge beside another proof, for a sign-in or a recovery: as long as the sign-in itself.
	LifetimeBeside = 10 * time.Minute
)

// Lifetime is for how long a challenge for the purpose can be answered.
func (p Purpose) Lifetime() time.Duration {
	if p == ToSecond || p == ToRecover {
		return LifetimeBeside
	}
	return Lifetime
}

// Challenges makes and recognises challenges. None of them is kept.
type Challenges struct {
	// MAC is a keyed hash of all its parts, each with its length.
	MAC func(parts ...[]byte) [sha256.Size]byte
	// Epoch is another one after every restore of the ledger: what was made before is not recognised, as the log does not know any more
	// whether it was answered.
	Epoch []byte
}

// New makes a challenge: random bytes, when it was made in seconds, what for, and a keyed hash of these and of what it is bound to.
func (c Challenges) New(p Purpose, binding []byte, now time.Time) []byte {
	out := make([]byte, nonceBytes, challengeBytes)
	_, _ = rand.Read(out)                                        // never fails: it ends the program instead
	out = binary.BigEndian.AppendUint64(out, uint64(now.Unix())) //nolint:gosec // after 1970
	out = append(out, byte(p))
	mac := c.mac(out, binding)
	return append(out, mac[:]...)
}

func (c Challenges) mac(head, binding []byte) [sha256.Size]byte {
	return c.MAC([]byte("passkeys/challenge/1"), c.Epoch, head, binding)
}

// Check refuses a challenge that was not made for a purpose and a binding since the last restore, or that is too old or from the future.
func (c Challenges) Check(challenge []byte, p Purpose, binding []byte, now time.Time) error {
	if len(challenge) != challengeBytes {
		return &Error{Reason: Foreign, Field: inClientData}
	}
	head := challenge[:challengeBytes-sha256.Size]
	mac := c.mac(head, binding)
	if subtle.ConstantTimeCompare(mac[:], challenge[len(head):]) != 1 || Purpose(head[nonceBytes+8]) != p {
		return &Error{Reason: Foreign, Field: inClientData}
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(head[nonceBytes:])), 0) //nolint:gosec // we wrote it
	switch {
	case made.After(now.Add(Skew)):
		return &Error{Reason: Early, Field: inClientData}
	case !now.Before(made.Add(p.Lifetime())):
		return &Error{Reason: Expired, Field: inClientData}
	}
	return nil
}
