package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/notify/mailbox"
	"accountledger/simulate"
)

// simulatedDomain is where simulated people's addresses lie: nobody else's messages are passed on.
const simulatedDomain = ".example.invalid"

// mailEvery is how often the local mailbox is looked at while a simulation runs.
const mailEvery = 20 * time.Millisecond

// simulationLine is one value of the stream that a simulation over HTTP listens to.
type simulationLine struct {
	Ready bool          `json:"ready,omitzero"` // the raised limits are in force
	To    string        `json:"to,omitzero"`    // of a message
	Code  string        `json:"code,omitzero"`
	Error *controlError `json:"error,omitzero"`
}

// handleSimulation answers the commands of simulations. stopping ends when the server is about to stop.
func handleSimulation(s *Server, mux *http.ServeMux, stopping context.Context) {
	handle(s, mux, "simulate", func(ctx context.Context, o operator, in Simulation, progress func(Progress)) (simulate.Summary, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		return o.Simulate(ctx, in, progress)
	})
	mux.HandleFunc("POST /simulation", func(w http.ResponseWriter, r *http.Request) {
		uid, ok := r.Context().Value(peerKey{}).(int)
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		send := func(v simulationLine) error {
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			_, err = w.Write(append(b, '\n'))
			return errors.Join(err, http.NewResponseController(w).Flush())
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		if err := (operator{s, uid}).simulation(ctx, send); err != nil && ctx.Err() == nil {
			_ = send(simulationLine{Error: toControl(err)})
		}
	})
}

// simulation holds the raised limits and passes on the messages to simulated people until ctx ends: when the simulation has
// ended, its connection broken, or the server stops. Limits and the reading of the mailbox are recorded first.
func (o operator) simulation(ctx context.Context, send func(simulationLine) error) error {
	if o.mailbox == nil {
		return ErrSimulateMail
	}
	if _, err := o.record(ctx, domain.OpMailbox); err != nil {
		return err
	}
	restore, err := o.raiseLimits(ctx, o.menu)
	if err != nil {
		return err
	}
	defer restore()
	tail := mailTail{dir: o.mailbox.Dir()}
	if _, err := tail.names(); err != nil {
		return err
	}
	if err := send(simulationLine{Ready: true}); err != nil {
		return err
	}
	tick := time.NewTicker(mailEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := tail.read(func(to, code string) error { return send(simulationLine{To: to, Code: code}) }); err != nil {
			return err
		}
	}
}

// mailTail reads what is new in a local mailbox: its files are numbered in the order they came.
type mailTail struct {
	dir  string
	last string
}

// names gives the files that are new, the oldest first.
func (m *mailTail) names() ([]string, error) {
	entries, err := os.ReadDir(m.dir) // in order
	if err != nil {
		return nil, errors.New("simulate: the local mailbox cannot be read")
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && e.Name() > m.last {
			out = append(out, e.Name())
		}
	}
	if len(out) > 0 {
		m.last = slices.Max(out)
	}
	return out, nil
}

// read hands over the messages to simulated people that are new.
func (m *mailTail) read(give func(to, code string) error) error {
	names, err := m.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(m.dir, name)) //nolint:gosec // a name of the folder's own listing
		if errors.Is(err, os.ErrNotExist) {
			continue // its person is gone already
		}
		var one mailbox.Message
		if err != nil || json.Unmarshal(b, &one) != nil {
			return errors.New("simulate: a message of the local mailbox cannot be read")
		}
		if !strings.HasSuffix(one.To, simulatedDomain) {
			continue
		}
		if err := give(one.To, one.Code); err != nil {
			return err
		}
	}
	return nil
}

// simulation raises the limits of the running server and takes the codes of messages, until end is called.
func (r *remote) simulation(ctx context.Context, message func(to, code string)) (end func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/simulation", bytes.NewReader([]byte("{}")))
	if err != nil {
		return nil, err
	}
	resp, err := r.http.Do(req) //nolint:bodyclose // end closes it
	if err != nil {
		return nil, fmt.Errorf("the server did not answer: %w", err)
	}
	lines := jsontext.NewDecoder(resp.Body)
	next := func() (v simulationLine, err error) {
		if err := json.UnmarshalDecode(lines, &v); err != nil {
			return v, fmt.Errorf("the server's answer ended early: %w", err)
		}
		if v.Error != nil {
			return v, v.Error.err()
		}
		return v, nil
	}
	if v, err := next(); err != nil || !v.Ready {
		return nil, errors.Join(err, resp.Body.Close())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			v, err := next()
			if err != nil {
				return
			}
			message(v.To, v.Code)
		}
	}()
	return func() {
		cancel()
		<-ended
		_ = resp.Body.Close()
	}, nil
}
