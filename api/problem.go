package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
)

// Problem is an error answer (RFC 9457). It names the place of the fault and repeats nothing the caller sent.
type Problem struct {
	Type   string  `json:"type" format:"uri-reference" doc:"The kind of problem: /problems/ and the code."`
	Title  string  `json:"title" doc:"The same for all problems with this status."`
	Status int     `json:"status" doc:"The HTTP status."`
	Detail string  `json:"detail" doc:"What is wrong and how to fix it, for people: in their own language, for guests in the one that suits Accept-Language best, for officers and services in English. What only a program can do wrong is always said in English."`
	Code   string  `json:"code" doc:"What is wrong, for programs. Stable."`
	Field  string  `json:"field,omitzero" doc:"JSON pointer to the first field at fault."`
	Errors []Fault `json:"errors,omitzero" doc:"All faults of the body, by field. Code, detail and field are those of the first."`
	// For step_up_required:
	Level  domain.Level        `json:"level,omitzero" doc:"The level that the session needs (step_up_required)."`
	MaxAge int                 `json:"max_age,omitzero" doc:"How old the last proof of who you are may be, in seconds (step_up_required)."`
	Ways   []domain.AuthMethod `json:"ways,omitzero" doc:"By what you can prove it, with POST /v1/me/session/raise (step_up_required)."`
	// For work_required:
	Work *Work `json:"work,omitzero" doc:"The challenge to solve, if you do not want to wait (work_required)."`

	headers http.Header
	number  int // that detail names
}

// Work is a challenge: find a nonce of at most 64 characters with which the SHA-256 of challenge, ":" and nonce begins with so many zero bits.
type Work struct {
	Challenge string    `json:"challenge" doc:"Send it back, with the nonce, as work in the body of the request."`
	Bits      int       `json:"bits" doc:"How many bits have to be zero."`
	Expires   time.Time `json:"expires" doc:"Until when it can be sent."`
}

// Fault is what is wrong with one field.
type Fault struct {
	Field   string `json:"field" doc:"JSON pointer into the body; empty for the body as a whole."`
	Code    string `json:"code" doc:"What is wrong, for programs. Stable."`
	Message string `json:"message" doc:"What is wrong and how to fix it, for people."`
	number  int    // that it names
}

// Error gives the code.
func (p *Problem) Error() string { return "api: " + p.Code }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders gives the headers to send with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is always RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.HeadersError      = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

// challenge says how to authenticate; every 401 has one (RFC 9110, section 15.5.2).
const challenge = `Bearer realm="accountledger"`

// problemOf turns an error into a Problem; nothing else does. An error that is not the domain's is internal.
func problemOf(err error) *Problem {
	var done *Problem
	if errors.As(err, &done) {
		return done
	}
	var e *domain.Error
	if !errors.As(err, &e) {
		e = domain.ErrInternal
	}
	status := statusOf(e)
	p := &Problem{Type: "/problems/" + e.Code, Title: title(status), Status: status, Detail: e.Message, Code: e.Code, Field: e.Field,
		number: e.Number, headers: http.Header{}}
	if e.Field != "" || e.Code == errUnknownField.Code {
		p.Errors = faultsOf(e, err)
	}
	if up := e.StepUp; up != nil { // RFC 9470
		p.Level, p.MaxAge, p.Ways = up.Level, int(up.MaxAge/time.Second), up.Ways
		p.headers.Set("WWW-Authenticate", fmt.Sprintf(`%s, error="insufficient_user_authentication", acr_values="%d", max_age="%d"`, challenge, p.Level,
			p.MaxAge))
	}
	if w := e.Work; w != nil {
		p.Work = &Work{w.Challenge, w.Bits, w.Expires}
	}
	switch status {
	case http.StatusUnauthorized:
		p.headers.Set("WWW-Authenticate", challenge)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		p.headers.Set("Retry-After", strconv.Itoa(max(e.Retry, 1)))
	default:
		if e.Retry > 0 {
			p.headers.Set("Retry-After", strconv.Itoa(e.Retry))
		}
	}
	return p
}

// faultsOf are the faults of a body in an error: the first one and those of its kind that it was joined with, each once.
func faultsOf(first *domain.Error, err error) (all []Fault) {
	var walk func(error)
	walk = func(err error) {
		if e, ok := err.(*domain.Error); ok { //nolint:errorlint // unwrapped below
			f := Fault{e.Field, e.Code, e.Message, e.Number}
			if e.Kind == first.Kind && (f.Field != "" || f.Code == errUnknownField.Code) && !slices.Contains(all, f) {
				all = append(all, f)
			}
			return
		}
		switch w := err.(type) { //nolint:errorlint // both ways of wrapping
		case interface{ Unwrap() []error }:
			for _, one := range w.Unwrap() {
				walk(one)
			}
		case interface{ Unwrap() error }:
			walk(w.Unwrap())
		}
	}
	walk(err)
	return all
}
