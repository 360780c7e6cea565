package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The format of SQLite's write-ahead log: a header, and then frames, which hold a page each and repeat the header's salt.
const (
	walHeader   = 32
	frameHeader = 24
	walPageSize = 8  // offset in the header
	walSalt     = 16 // the same
	frameSalt   = 8  // offset in a frame
	saltBytes   = 8
)

// errNoFrame: a write-ahead log holds no valid frame.
var errNoFrame = errors.New("the write-ahead log has no frame")

// lastFrame returns the end of the last frame that belongs to the log's present round.
func lastFrame(b []byte) (end int, err error) {
	if len(b) < walHeader {
		return 0, errNoFrame
	}
	frame := frameHeader + int(binary.BigEndian.Uint32(b[walPageSize:]))
	salt := b[walSalt : walSalt+saltBytes]
	end = walHeader
	for end+frame <= len(b) && bytes.Equal(b[end+frameSalt:end+frameSalt+saltBytes], salt) {
		end += frame
	}
	if end == walHeader {
		return 0, errNoFrame
	}
	return end, nil
}
