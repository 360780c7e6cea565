package journal

import "io"

// SetRand lets golden files be made with nonces that do not change.
func (j *Journal) SetRand(r io.Reader) { j.sealing.rand = r }

// Pad and Unpad are what hides the length of a part.
func Pad(b []byte) []byte { return pad(b) }

// Unpad is the inverse of Pad.
func Unpad(b []byte) ([]byte, bool) { return unpad(b) }

// PadBlock is what lengths are hidden up to.
const PadBlock = padBlock
