package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
)

// pageSize is that of the SQLite files, and of most disks.
const pageSize = 4096

// How one file is damaged. Each kind works on a file that holds at least one byte, unless it says otherwise.
const (
	flipFirst  = "flip-first"  // a bit of the first byte
	flipHead   = "flip-head"   // a bit of the first hundred bytes
	flipMiddle = "flip-middle" // a bit of the byte in the middle
	flipRandom = "flip-random" // a bit anywhere
	flipEnd    = "flip-end"    // a bit of the last byte
	cutByte    = "cut-byte"    // the last byte is cut off
	cutHalf    = "cut-half"    // the second half is cut off
	empty      = "empty"       // everything is cut off
	zeroPage   = "zero-page"   // a page becomes zeros
	remove     = "delete"      // the file is missing; also for an empty file
	older      = "older"       // the file is an earlier copy
	swap       = "swap"        // two files change places
	flipFrame  = "flip-frame"  // a bit of the last valid frame of an SQLite write-ahead log; old ones can follow it
	cutFrame   = "cut-frame"   // the last byte of that frame, and everything after it, is cut off
)

// fileKinds are the kinds that need only one file.
func fileKinds() []string {
	return []string{flipFirst, flipHead, flipMiddle, flipRandom, flipEnd, cutByte, cutHalf, empty, zeroPage, remove}
}

// random is a source for one case, the same in each run with a seed.
func random(seed uint64, id string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// damageFile damages one file in place and returns where.
func damageFile(path, kind string, rng *rand.Rand) (string, error) {
	if kind == remove {
		return "deleted", os.Remove(path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	size := len(b)
	var at int
	switch kind {
	case flipFirst:
		at = 0
	case flipHead:
		at = rng.IntN(min(100, size))
	case flipMiddle:
		at = size / 2
	case flipRandom:
		at = rng.IntN(size)
	case flipEnd:
		at = size - 1
	case flipFrame:
		if at, err = lastFrame(b); err != nil {
			return "", err
		}
		at--
	case cutFrame:
		end, err := lastFrame(b)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("cut from %d bytes to %d", size, end-1), os.Truncate(path, int64(end-1))
	case cutByte:
		return fmt.Sprintf("cut from %d bytes to %d", size, size-1), os.Truncate(path, int64(size-1))
	case cutHalf:
		return fmt.Sprintf("cut from %d bytes to %d", size, size/2), os.Truncate(path, int64(size/2))
	case empty:
		return fmt.Sprintf("cut from %d bytes to 0", size), os.Truncate(path, 0)
	case zeroPage:
		from := rng.IntN((size+pageSize-1)/pageSize) * pageSize
		to := min(from+pageSize, size)
		clear(b[from:to])
		return fmt.Sprintf("zeros from offset %d to %d", from, to), os.WriteFile(path, b, 0o600)
	default:
		return "", fmt.Errorf("unknown damage %q", kind)
	}
	bit := rng.IntN(8)
	b[at] ^= 1 << bit
	return fmt.Sprintf("bit %d of offset %d flipped, of %d bytes", bit, at, size), os.WriteFile(path, b, 0o600)
}
