package eventstore

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// CheckName reports whether a stream or a type may have this name: 1 to
// MaxNameBytes bytes of UTF-8 without a NUL, and not starting with `$`, which
// some engines reserve. The error is ErrInvalid and does not repeat the name.
func CheckName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: the %s's name is empty", ErrInvalid, what)
	case len(name) > MaxNameBytes:
		return fmt.Errorf("%w: the %s's name is longer than %d bytes", ErrInvalid, what, MaxNameBytes)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%w: the %s's name contains a NUL", ErrInvalid, what)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: the %s's name is not UTF-8", ErrInvalid, what)
	case name[0] == '$':
		return fmt.Errorf("%w: the %s's name starts with $", ErrInvalid, what)
	}
	return nil
}

// CheckAppend is the check of Append's arguments that every engine does before it
// looks at the stream: ErrInvalid or ErrTooLarge.
func CheckAppend(stream string, expected int64, events []Event) error {
	if err := CheckName("stream", stream); err != nil {
		return err
	}
	if expected < NoStream {
		return fmt.Errorf("%w: the expected version is below %d", ErrInvalid, NoStream)
	}
	if len(events) == 0 {
		return fmt.Errorf("%w: no events", ErrInvalid)
	}
	size := 0
	for i := range events {
		if err := checkEvent(events, i); err != nil {
			return err
		}
		size += len(stream) + len(events[i].Type) + len(events[i].Data) + len(events[i].Metadata)
		if size > MaxAppendBytes {
			return fmt.Errorf("%w: names, data and metadata are more than %d bytes", ErrTooLarge, MaxAppendBytes)
		}
	}
	return checkRepeats(events)
}

func checkEvent(events []Event, i int) error {
	if events[i].ID == uuid.Nil {
		return fmt.Errorf("%w: event %d has no id", ErrInvalid, i)
	}
	return CheckName("type", events[i].Type)
}

// checkRepeats refuses an id that occurs twice: a repeat of such an append could
// not be told from a different one.
func checkRepeats(events []Event) error {
	if len(events) == 1 {
		return nil
	}
	seen := make(map[uuid.UUID]struct{}, len(events))
	for i := range events {
		if _, twice := seen[events[i].ID]; twice {
			return fmt.Errorf("%w: event %d has the id of an earlier one", ErrInvalid, i)
		}
		seen[events[i].ID] = struct{}{}
	}
	return nil
}
