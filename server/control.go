package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// The control protocol is HTTP over the unix socket: one POST a command, JSON in and out, a stream of JSON values for a
// rebuild. It is between one version of the program and itself.

// reply is one value of an answer: a result, progress, or an error.
type reply struct {
	Result   jsontext.Value `json:"result,omitzero"`
	Progress *Progress      `json:"progress,omitzero"`
	Error    *controlError  `json:"error,omitzero"`
}

// controlError carries one of the domain's errors across.
type controlError struct {
	Kind    domain.Kind `json:"kind"`
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Field   string      `json:"field,omitzero"`
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
	var known *domain.Error
	if errors.As(err, &known) {
		return &controlError{known.Kind, known.Code, known.Message, known.Field}
	}
	return &controlError{Kind: domain.Internal, Code: "failed", Message: err.Error()}
}

// remote is the console of a running server.
type remote struct{ http *http.Client }

// ErrNotRunning: no server answers on the data folder.
var ErrNotRunning = errors.New("no server is running on this data folder")

// dial finds the running server.
func dial(ctx context.Context, c *Config) (*remote, error) {
	b, err := os.ReadFile(c.path(socketPointer))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	} else if err != nil {
		return nil, err
	}
	path := strings.TrimSpace(string(b))
	open := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	conn, err := open(ctx, "", "")
	if err != nil {
		return nil, ErrNotRunning
	}
	_ = conn.Close()
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
		return out, fmt.Errorf("the server did not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return out, fmt.Errorf("the server refused: %s", resp.Status)
	}
	dec := jsontext.NewDecoder(resp.Body)
	for {
		var v reply
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return out, fmt.Errorf("the server's answer ended early: %w", err)
		}
		switch {
		case v.Progress != nil:
			if progress != nil {
				progress(*v.Progress)
			}
		case v.Error != nil:
			return out, &domain.Error{Kind: v.Error.Kind, Code: v.Error.Code, Message: v.Error.Message, Field: v.Error.Field}
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
