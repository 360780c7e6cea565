package operate

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
)

// linesBytes is how much text goes over the socket at once.
const linesBytes = 64 << 10

// lines gathers the text of an operation and passes on whole lines only.
type lines struct {
	out   io.Writer
	flush func() error
	text  []byte
}

// Write takes whole lines.
func (l *lines) Write(b []byte) (int, error) {
	l.text = append(l.text, b...)
	if len(l.text) < linesBytes {
		return len(b), nil
	}
	return len(b), l.end()
}

// Flush passes on what is there, to be read at once.
func (l *lines) Flush() error { return errors.Join(l.end(), l.flush()) }

func (l *lines) end() error {
	if len(l.text) == 0 {
		return nil
	}
	_, err := l.out.Write(l.text)
	l.text = l.text[:0]
	return err
}

// flush has a writer pass on what it holds, where it holds anything.
func flush(out io.Writer) error {
	if f, ok := out.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}

// copyLines copies lines until one is an error of the control protocol.
func copyLines(ctx context.Context, out io.Writer, in io.Reader) error {
	text := make([]byte, 0, 2*linesBytes)
	for {
		n, err := in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		whole := bytes.LastIndexByte(text, '\n') + 1
		if whole > 0 {
			if err := copyWhole(out, text[:whole]); err != nil {
				return err
			}
			text = append(text[:0], text[whole:]...)
		}
		if len(text) == cap(text) {
			text = append(make([]byte, 0, 2*cap(text)), text...)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil // the lines themselves show whether they are complete
		case err != nil:
			return disconnected(ctx, err)
		}
	}
}

func copyWhole(out io.Writer, text []byte) error {
	const begins = `{"error":`
	last := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	if !bytes.HasPrefix(text[last:], []byte(begins)) {
		_, err := out.Write(text)
		return err
	}
	var v reply
	if err := json.Unmarshal(text[last:], &v); err != nil || v.Error == nil {
		return errors.New("the server's answer cannot be read")
	}
	return v.Error.err()
}
