package passwords

import "time"

// SetDerive puts another function in place of Argon2id.
func (h *Hasher) SetDerive(derive func(text string, p Params, salt []byte, size uint32) []byte) {
	h.derive = derive
}

// SetTook sets how long a hash is thought to take.
func (h *Hasher) SetTook(d time.Duration) { h.took.Store(int64(d)) }
