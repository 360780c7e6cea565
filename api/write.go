package api

import (
	"io"

	"github.com/go-json-experiment/json"
)

// writeLine writes v and ends the line, so that answers read well in a terminal.
func writeLine(w io.Writer, v any) error {
	if err := json.MarshalWrite(w, v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
