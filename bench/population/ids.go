package population

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"

	"accountledger/domain"
)

// What an id identifies: part of its seed.
const (
	ofSignUp = iota + 1
	ofClaim
	ofAccount
	ofDelivery
	ofDevice // and the numbers after it
)

const (
	ofEvents = iota + 100
	ofAccess
	ofNotices
	ofService
	ofVisits = 200 // and the numbers after it
)

// dice is the random source of one person's choices.
func dice(seed uint64, person, of int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(person)<<8|uint64(of)))
}

// roll returns the next id from the dice, in the form of a random one.
func roll(d *rand.Rand) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], d.Uint64())
	binary.BigEndian.PutUint64(id[8:], d.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func idOf(seed uint64, person, of int) uuid.UUID { return roll(dice(seed, person, of)) }

// Account is the id that somebody's account has, if the sign-up was ever verified.
func Account(seed uint64, person int) domain.AccountID {
	return domain.AccountID{UUID: idOf(seed, person, ofAccount)}
}
