package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// Export is what to export.
type Export struct {
	// Vault asks for the vault's rows too, as wrapped as they are; the master key is never exported.
	Vault bool `json:"vault"`
	// Backup says that the export is that of a backup, and is recorded as one.
	Backup bool `json:"backup,omitzero"`
	// From is where an export that broke off goes on; the zero Place is the beginning.
	From carry.Place `json:"from,omitzero"`
}

// Exported is what an export into a file did.
type Exported struct {
	File   string `json:"file"`
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
}

// ExportFile writes an export into a file of this process's, or goes on with one that broke off. The file has its
// name only once it is whole; a name that ends in .gz or .zst has it compressed.
func ExportFile(ctx context.Context, c Exporter, path string, withVault bool, progress func(Progress)) (_ Exported, err error) {
	f, err := carry.CreateFile(path, withVault)
	if err != nil {
		return Exported{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := io.Writer(f)
	if progress != nil {
		out = &watched{f, progress}
	}
	if err := c.Export(ctx, Export{Vault: withVault, From: f.Place()}, out); err != nil {
		return Exported{}, err
	}
	if err := f.Finish(); err != nil {
		return Exported{}, err
	}
	return Exported{File: path, Events: f.Events(), Hash: f.Digest().String()}, nil
}

// watched tells how many events a file holds.
type watched struct {
	file     *carry.File
	progress func(Progress)
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.progress(Progress{View: "exporting", Done: w.file.Events(), Unit: "events"})
	return n, err
}

// Export records the command first; what it appends is exported too.
func (o operator) Export(ctx context.Context, in Export, out io.Writer) error {
	op := domain.OpReplayExport
	if in.Backup {
		op = domain.OpBackup
	}
	if err := o.recordUnlessFenced(ctx, op); err != nil {
		return err
	}
	return o.export(ctx, in, out)
}

func (s *Server) export(ctx context.Context, in Export, out io.Writer) error {
	var v vault.Carrier
	if in.Vault {
		side, err := s.side()
		if err != nil {
			return err
		}
		v = side.Vault
	}
	return carry.Export(ctx, s.store, v, in.From, out)
}

// exportBytes is how much text goes over the socket at once.
const exportBytes = 64 << 10

// handleExport answers with the lines themselves, and an error, if there is one, as a last line of the usual form.
func handleExport(s *Server, mux *http.ServeMux) {
	mux.HandleFunc("POST /export", func(w http.ResponseWriter, r *http.Request) {
		uid, ok := r.Context().Value(peerKey{}).(int)
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var in Export
		err := json.UnmarshalRead(io.LimitReader(r.Body, 1<<20), &in, json.RejectUnknownMembers(true))
		if err != nil {
			err = errors.New("the command cannot be read")
		} else {
			out := &chunks{out: w}
			err = errors.Join(operator{s, uid}.Export(r.Context(), in, out), out.flush())
		}
		if err == nil {
			return
		}
		if b, err := json.Marshal(reply{Error: toControl(err)}); err == nil {
			_, _ = w.Write(append(b, '\n'))
		}
	})
}

// chunks gathers lines, and hands on whole ones only.
type chunks struct {
	out  io.Writer
	text []byte
}

func (c *chunks) Write(b []byte) (int, error) {
	c.text = append(c.text, b...)
	if len(c.text) < exportBytes {
		return len(b), nil
	}
	return len(b), c.flush()
}

func (c *chunks) flush() error {
	_, err := c.out.Write(c.text)
	c.text = c.text[:0]
	return err
}

func (r *remote) Export(ctx context.Context, in Export, out io.Writer) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/export", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return disconnected(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server refused: %s", resp.Status)
	}
	return copyLines(ctx, out, resp.Body)
}

// copyLines hands lines on until one is an error of the control protocol's.
func copyLines(ctx context.Context, out io.Writer, in io.Reader) error {
	text := make([]byte, 0, 2*exportBytes)
	for {
		n, err := in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		whole := bytes.LastIndexByte(text, '\n') + 1
		if whole > 0 {
			if err := handOn(out, text[:whole]); err != nil {
				return err
			}
			text = append(text[:0], text[whole:]...)
		}
		if len(text) == cap(text) {
			text = append(make([]byte, 0, 2*cap(text)), text...)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil // whether it is whole shows in what was handed on
		case err != nil:
			return disconnected(ctx, err)
		}
	}
}

func handOn(out io.Writer, text []byte) error {
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
