package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// The control protocol is HTTP over the unix socket: one POST per command, JSON in and out, and a stream of JSON values where there
// is progress. Both ends are the same version of the program.

// reply is one value of an answer: a result, progress, or an error.
type reply struct {
	Result   jsontext.Value `json:"result,omitzero"`
	Progress *Progress      `json:"progress,omitzero"`
	Error    *controlError  `json:"error,omitzero"`
}

// controlError carries an error across: what the domain says of it, and how the command ends because of it.
type controlError struct {
	Kind    domain.Kind `json:"kind"`
	Failure Failure     `json:"failure"`
}

// answered is an error of the server's. It unwraps to a *Failure and to the domain's error.
type answered struct {
	failure *Failure
	known   *domain.Error
}

func (e *answered) Error() string   { return e.known.Error() }
func (e *answered) Unwrap() []error { return []error{e.failure, e.known} }

// err is the error as the server met it.
func (e *controlError) err() error {
	f := e.Failure
	return &answered{&f, &domain.Error{Kind: e.Kind, Code: f.Code, Message: f.Message, Field: f.Field}}
}

type peerKey struct{}

// controlServer answers operators' commands.
func (s *Server) controlServer() *http.Server {
	mux := http.NewServeMux()
	handle(s, mux, "status", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) (Status, error) {
		return o.Status(ctx)
	})
	handle(s, mux, "mailbox", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) ([]MailboxEntry, error) {
		return o.Mailbox(ctx)
	})
	handle(s, mux, "staff-add", func(ctx context.Context, o operator, in StaffAdd, _ func(Progress)) (StaffAdded, error) {
		return o.StaffAdd(ctx, in)
	})
	handle(s, mux, "service-add", func(ctx context.Context, o operator, in ServiceAdd, _ func(Progress)) (ServiceAdded, error) {
		return o.ServiceAdd(ctx, in)
	})
	handleCompare(s, mux)
	handleKeys(s, mux)
	handleExport(s, mux)
	handleBackup(s, mux)
	handleVerify(s, mux)
	handleSkip(s, mux)
	handleClock(s, mux)
	handleShow(s, mux)
	stopping, stop := context.WithCancel(context.Background())
	handleSimulation(s, mux, stopping)
	handleRebuild(s, mux, stopping)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: quiet(),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if p, ok := c.(*peerConn); ok {
				ctx = context.WithValue(ctx, peerKey{}, p.uid)
			}
			return ctx
		}}
	srv.RegisterOnShutdown(stop)
	return srv
}

func handle[I, O any](s *Server, mux *http.ServeMux, name string, run func(context.Context, operator, I, func(Progress)) (O, error)) {
	mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		uid, ok := r.Context().Value(peerKey{}).(int)
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		send := func(v reply) {
			if b, err := json.Marshal(v); err == nil {
				_, _ = w.Write(append(b, '\n'))
				_ = http.NewResponseController(w).Flush()
			}
		}
		var in I
		if err := json.UnmarshalRead(io.LimitReader(r.Body, 1<<20), &in, json.RejectUnknownMembers(true)); err != nil {
			send(reply{Error: toControl(errors.New("the command cannot be read"))})
			return
		}
		out, err := run(r.Context(), operator{s, uid}, in, func(p Progress) { send(reply{Progress: &p}) })
		s.commanded(name, out, err)
		if err != nil {
			send(reply{Error: toControl(err)})
			return
		}
		b, err := json.Marshal(out)
		if err != nil {
			send(reply{Error: toControl(err)})
			return
		}
		send(reply{Result: b})
	})
}

func toControl(err error) *controlError {
	kind := domain.Internal
	var known *domain.Error
	if errors.As(err, &known) {
		kind = known.Kind
	}
	return &controlError{kind, FailureOf(err)}
}

// remote is the console of a running server.
type remote struct{ http *http.Client }

// ErrDisconnected: the server ended, or the connection broke, before the command's answer was whole. What the command did before
// that stands.
var ErrDisconnected = errors.New("the connection to the server broke")

// disconnected is ErrDisconnected with its cause, unless ctx has ended.
func disconnected(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the server did not answer: %w", ctx.Err())
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}

// dial finds the running server. Errors are dialSocket's.
func dial(ctx context.Context, c *Config) (*remote, error) {
	cfg := *c
	conn, err := dialSocket(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	_ = conn.Close()
	open := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, &cfg) }
	return &remote{&http.Client{Transport: &http.Transport{DialContext: open}}}, nil
}

func ask[O any](ctx context.Context, r *remote, name string, in any, progress func(Progress)) (out O, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+name, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return out, disconnected(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return out, fmt.Errorf("the server refused: %s", resp.Status)
	}
	dec := jsontext.NewDecoder(resp.Body)
	for {
		var v reply
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return out, disconnected(ctx, err)
		}
		switch {
		case v.Progress != nil:
			if progress != nil {
				progress(*v.Progress)
			}
		case v.Error != nil:
			return out, v.Error.err()
		default:
			return out, json.Unmarshal(v.Result, &out)
		}
	}
}

func (r *remote) Status(ctx context.Context) (Status, error) {
	return ask[Status](ctx, r, "status", struct{}{}, nil)
}

func (r *remote) Mailbox(ctx context.Context) ([]MailboxEntry, error) {
	return ask[[]MailboxEntry](ctx, r, "mailbox", struct{}{}, nil)
}

func (r *remote) StaffAdd(ctx context.Context, in StaffAdd) (StaffAdded, error) {
	return ask[StaffAdded](ctx, r, "staff-add", in, nil)
}

func (r *remote) ServiceAdd(ctx context.Context, in ServiceAdd) (ServiceAdded, error) {
	return ask[ServiceAdded](ctx, r, "service-add", in, nil)
}

func (r *remote) Close() error {
	r.http.CloseIdleConnections()
	return nil
}
