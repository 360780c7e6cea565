package commands

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"time"

	"accountledger/domain"
)

// Work is a solved challenge: domain.Work says what makes it one. It lets a guest ask for more than their network, or all together, may for
// nothing. Nothing is stored of a challenge: it holds its end and a keyed hash of what it is good for, so it cannot be used for another
// address, another network or another request.
type Work struct {
	Challenge string
	Nonce     string
}

const (
	// workLifetime is for how long a challenge can be answered.
	workLifetime = 2 * time.Minute
	// workBits are how many bits of the hash have to be zero: a million hashes, under a second for one processor.
	workBits = 20
	// workFactor is by how much work raises the limits of a network.
	workFactor = 10
	// maxNonce is how long a nonce can be.
	maxNonce = 64
)

// solved reports whether somebody has done the work for a request about something, lately.
func (k *call) solved(ctx context.Context, w Work, about [32]byte) (bool, error) {
	raw, err := base64.RawURLEncoding.DecodeString(w.Challenge)
	if err != nil || len(raw) != 24 || len(w.Nonce) > maxNonce {
		return false, nil //nolint:nilerr // it was not made here
	}
	ends := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0) //nolint:gosec // it is compared below
	if !k.now.Before(ends) || ends.After(k.now.Add(workLifetime+domain.MaxAhead)) {
		return false, nil
	}
	want, err := k.challenge(ctx, about, ends)
	if err != nil || subtle.ConstantTimeCompare([]byte(want), []byte(w.Challenge)) != 1 {
		return false, err
	}
	sum := sha256.Sum256([]byte(w.Challenge + ":" + w.Nonce))
	return bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:])) >= k.Config.WorkBits, nil
}

// challenge is the one about something that ends at a time.
func (k *call) challenge(ctx context.Context, about [32]byte, ends time.Time) (string, error) {
	key, err := k.dayKey(ctx, domain.DayOf(ends))
	if err != nil {
		return "", err
	}
	raw := binary.BigEndian.AppendUint64(nil, uint64(ends.Unix())) //nolint:gosec // not before 1970
	mac := key.MAC([]byte("work"), []byte(k.Operation), about[:], []byte(networkOf(k.Client.Address)), raw)
	return base64.RawURLEncoding.EncodeToString(append(raw, mac[:16]...)), nil
}

// needsWork is the refusal that asks for work about something; it says when none is needed any more.
func (k *call) needsWork(ctx context.Context, about [32]byte, wait time.Duration) error {
	ends := k.now.Add(workLifetime).Truncate(time.Second)
	challenge, err := k.challenge(ctx, about, ends)
	if err != nil {
		return err
	}
	e := domain.ErrWork.After(wholeSeconds(wait))
	e.Work = &domain.Work{Challenge: challenge, Bits: k.Config.WorkBits, Expires: ends}
	return e
}
