package operate

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// The control protocol is HTTP over a unix socket: one POST per operation, JSON in and out, and a stream of JSON values where there
// is progress. Both ends are the same version of the program.

// reply is one value of an answer: a result, progress, or an error.
type reply struct {
	Result   jsontext.Value `json:"result,omitzero"`
	Progress *Progress      `json:"progress,omitzero"`
	Error    *reported      `json:"error,omitzero"`
}

// reported is an error on its way: what the domain says about it, and how the command ends because of it.
type reported struct {
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
func (e *reported) err() error {
	f := e.Failure
	return &answered{&f, &domain.Error{Kind: e.Kind, Code: f.Code, Message: f.Message, Field: f.Field}}
}

// maxInput bounds an operation's input, in bytes.
const maxInput = 1 << 20

// Service serves the control protocol.
type Service struct {
	// Caller is the operator who sent a request; false if that is not known.
	Caller func(*http.Request) (*Operator, bool)
	// Failure classifies errors.
	Failure func(error) Failure
	// Stopping ends when the server is about to stop.
	Stopping context.Context // the life of the server
}

// Handler serves every operation of the table.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, op := range Operations() {
		mux.HandleFunc("POST /"+op.About().Name, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op) })
	}
	return mux
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request, op Entry) {
	o, ok := s.Caller(r)
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
	ctx, info := r.Context(), op.About()
	if info.Stops != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.Stopping, cancel)()
	}
	in, err := io.ReadAll(io.LimitReader(r.Body, maxInput))
	if err != nil {
		send(reply{Error: s.report(errUnreadable)})
		return
	}
	text := &lines{out: w, flush: http.NewResponseController(w).Flush}
	result, err := op.perform(ctx, o, in, func(p Progress) { send(reply{Progress: &p}) }, text)
	err = errors.Join(err, text.end())
	switch {
	case err != nil && r.Context().Err() != nil: // nobody is there to read it
	case err != nil && info.Stops != nil && s.Stopping.Err() != nil:
		send(reply{Error: s.report(info.Stops)})
	case err != nil:
		send(reply{Error: s.report(err)})
	case !info.Text:
		send(reply{Result: result})
	}
}

func (s *Service) report(err error) *reported {
	kind := domain.Internal
	var known *domain.Error
	if errors.As(err, &known) {
		kind = known.Kind
	}
	return &reported{kind, s.Failure(err)}
}
