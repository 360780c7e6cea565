package operate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Remote is the console of a running server.
type Remote struct{ http *http.Client }

// NewRemote is the console of the server that dial connects to.
func NewRemote(dial func(ctx context.Context) (net.Conn, error)) *Remote {
	open := func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }
	return &Remote{&http.Client{Transport: &http.Transport{DialContext: open}}}
}

// ErrDisconnected: the server ended, or the connection broke, before the command's answer was complete. What the command did before
// that stands.
var ErrDisconnected = errors.New("the connection to the server broke")

// disconnected is ErrDisconnected with its cause, unless ctx has ended.
func disconnected(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the server did not answer: %w", ctx.Err())
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}

// Call implements Console. Errors of the server have a Failure; others are ErrDisconnected or that of ctx.
func (r *Remote) Call(ctx context.Context, op Entry, in jsontext.Value, progress func(Progress), out io.Writer) (jsontext.Value, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+op.About().Name, bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, disconnected(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server refused: %s", resp.Status)
	}
	if op.About().Text {
		return nil, copyLines(ctx, out, resp.Body)
	}
	dec := jsontext.NewDecoder(resp.Body)
	for {
		var v reply
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return nil, disconnected(ctx, err)
		}
		switch {
		case v.Progress != nil:
			if progress != nil {
				progress(*v.Progress)
			}
		case v.Error != nil:
			return nil, v.Error.err()
		default:
			return v.Result, nil
		}
	}
}

// Close implements Console.
func (r *Remote) Close() error {
	r.http.CloseIdleConnections()
	return nil
}
