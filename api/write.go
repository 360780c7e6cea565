package api

import (
	"io"

	"github.com/go-json-experiment/json"
)

// writeLine writes v and a newline, for reading in a terminal.
func writeLine(w io.Writer, v any) error {
	if err := json.MarshalWrite(w, v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
