package embedded

import "encoding/binary"

// span is the place of one append's events.
type span struct {
	version  int64  // of the first event
	position uint64 // of the first event
	count    int64
}

func (s span) last() int64 { return s.version + s.count - 1 }

// end is the position after the last event.
func (s span) end() uint64 { return s.position + uint64(s.count) } //nolint:gosec // counts are positive

// at is the position of the event with a version.
func (s span) at(version int64) uint64 { return s.position + uint64(version-s.version) } //nolint:gosec // within the span

// entrySpans bounds an entry of the stream index: reading one span means reading its entry.
const entrySpans = 256

// appendSpans writes the value of an index entry: consecutive appends to one stream, each as
// the number of positions since the end of the one before (since 0 for the first)
// and its number of events, as uvarints. The version of the first is in the key.
func appendSpans(dst []byte, spans []span) []byte {
	var end uint64
	for _, s := range spans {
		dst = binary.AppendUvarint(dst, s.position-end)
		dst = binary.AppendUvarint(dst, uint64(s.count)) //nolint:gosec // counts are positive
		end = s.end()
	}
	return dst
}

// parseSpans appends to dst what appendSpans wrote; false when it is damaged.
func parseSpans(dst []span, key, value []byte) ([]span, bool) {
	version, end := streamVersion(key), uint64(0)
	for len(value) > 0 {
		gap, n := binary.Uvarint(value)
		if n <= 0 {
			return dst, false
		}
		count, m := binary.Uvarint(value[n:])
		if m <= 0 || count == 0 || count > maxCount || end+gap == 0 {
			return dst, false
		}
		s := span{version, end + gap, int64(count)}
		dst, value = append(dst, s), value[n+m:]
		version, end = version+s.count, s.end()
	}
	return dst, len(dst) > 0
}
