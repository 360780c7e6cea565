package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
)

// Problem is a refusal as RFC 9457 has it. It names the place of the fault and repeats nothing that the caller sent.
type Problem struct {
	Type   string  `json:"type" format:"uri-reference" doc:"Names the kind of problem: /problems/ and the code."`
	Title  string  `json:"title" doc:"The same for all problems of this status."`
	Status int     `json:"status" doc:"The HTTP status."`
	Detail string  `json:"detail" doc:"What is wrong and what would be right, for people."`
	Code   string  `json:"code" doc:"What is wrong, for machines. Stable."`
	Field  string  `json:"field,omitzero" doc:"JSON pointer to what is at fault in the body, if one thing is."`
	Errors []Fault `json:"errors,omitzero" doc:"The same by field, for forms."`

	headers http.Header
}

// Fault is what is wrong with one field.
type Fault struct {
	Field   string `json:"field" doc:"JSON pointer into the body."`
	Message string `json:"message"`
}

// Error is the code.
func (p *Problem) Error() string { return "api: " + p.Code }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is that of RFC 9457, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.HeadersError      = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

// challenge tells how to authenticate; every 401 carries one (RFC 9110, section 15.5.2).
const challenge = `Bearer realm="accountledger"`

// problemOf is the one place where refusals get their form on the wire. What is not one of the domain's errors is internal.
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
	p := &Problem{Type: "/problems/" + e.Code, Title: title(status), Status: status, Detail: e.Message, Code: e.Code, Field: e.Field, headers: http.Header{}}
	if e.Field != "" {
		p.Errors = []Fault{{Field: e.Field, Message: e.Message}}
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
