package api

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
)

// refusalsOf are all refusals that an operation can answer with: of what every request, this audience, and this form of request can be refused
// for, and its own.
func refusalsOf(op *huma.Operation, who audience, in reflect.Type, own []*domain.Error) []*domain.Error {
	all := slices.Concat(own, who.refusals(), []*domain.Error{errParameter, errParameterTwice, errParameterEmpty, errQueryString, domain.ErrInternal,
		domain.ErrUnavailable, domain.ErrOverload})
	if op.Method != http.MethodGet {
		all = append(all, domain.ErrBusy, domain.ErrUnsure)
	}
	if _, ok := in.FieldByName("Body"); ok {
		all = append(all, errNoBody, errMediaType, errTooLarge, errBodyCut, errMalformed, errNoObject, errDuplicate, errControl, errUnknownField,
			wrongType("…"), errNull, errRequired, errTooShort, errTooLong, errTooFew, errTooManyItems, errRange, errChoice, errForm)
	}
	if _, ok := in.FieldByName("Key"); ok {
		all = append(all, errKey, domain.ErrRepeated, domain.ErrRepeatLate)
	}
	if _, ok := in.FieldByName("Min"); ok {
		all = append(all, errPosition, errBehind)
	}
	return all
}

// refusals are those for who asks: each kind of caller is tried.
func (who audience) refusals() (out []*domain.Error) {
	var callers []domain.Caller
	for _, kind := range []domain.ActorKind{domain.ActorGuest, domain.ActorPerson, domain.ActorStaff, domain.ActorService} {
		c := domain.Caller{Actor: domain.Actor{Kind: kind}, Level: domain.LevelOne}
		closing, stale := c, c
		closing.Closing, stale.ProofAge, stale.Roles = true, math.MaxInt64, domain.Roles()
		callers = append(callers, c, closing, stale)
	}
	for _, c := range callers {
		if e, ok := refusalAs(who(c, func(string) string { return "" })); ok {
			out = append(out, e)
		}
	}
	return out
}

// describeRefusals lists the refusals of an operation by status, each with its headers and the codes that it can have.
func describeRefusals(op *huma.Operation, all []*domain.Error) {
	byStatus := map[int][]*domain.Error{}
	for _, e := range all {
		status := statusOf(e)
		if !slices.ContainsFunc(byStatus[status], func(known *domain.Error) bool { return known.Code == e.Code }) {
			byStatus[status] = append(byStatus[status], e)
		}
	}
	for status, some := range byStatus {
		slices.SortFunc(some, func(a, b *domain.Error) int { return cmp.Compare(a.Code, b.Code) })
		op.Responses[strconv.Itoa(status)] = refusalResponse(status, some)
	}
}

func refusalResponse(status int, some []*domain.Error) *huma.Response {
	codes := make([]string, len(some))
	for i, e := range some {
		codes[i] = e.Code
	}
	r := refusalOf(fmt.Sprintf("%s: %s.", title(status), strings.Join(codes, ", ")))
	r.Extensions = map[string]any{"x-codes": codes}
	switch status {
	case http.StatusUnauthorized:
		r.Headers[wwwAuthenticate] = &huma.Header{Ref: headersAt + wwwAuthenticate}
	case http.StatusForbidden:
		if slices.ContainsFunc(some, func(e *domain.Error) bool { return e.Code == domain.ErrStepUp.Code }) {
			r.Headers[wwwAuthenticate] = header("For step_up_required: how fresh the proof has to be (RFC 9470).", false)
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers[retryAfter] = &huma.Header{Ref: headersAt + retryAfter}
	case http.StatusConflict:
		r.Headers[retryAfter] = seconds(false)
	}
	return r
}

const (
	problemType     = "application/problem+json"
	problemRef      = schemasAt + "Problem"
	headersAt       = "#/components/headers/"
	contentLanguage = "Content-Language"
	retryAfter      = "Retry-After"
	requestID       = "X-Request-Id"
	wwwAuthenticate = "WWW-Authenticate"
)

// sharedHeaders are those of many answers.
func sharedHeaders() map[string]*huma.Header {
	return map[string]*huma.Header{
		requestID: {Description: "By which the operator finds the request in the log.", Required: true,
			Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}},
		wwwAuthenticate: header("How to authenticate (RFC 9110, section 11.6.1).", true),
		retryAfter:      seconds(true),
		contentLanguage: {Description: "The language that detail and errors are in.", Required: true,
			Schema: &huma.Schema{Type: huma.TypeString, Enum: list(domain.Languages())}},
	}
}

// refusalOf describes a refusal with any code.
func refusalOf(description string) *huma.Response {
	return &huma.Response{Description: description, Headers: map[string]*huma.Header{contentLanguage: {Ref: headersAt + contentLanguage}},
		Content: map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: problemRef}}}}
}

func header(description string, always bool) *huma.Header {
	return &huma.Header{Description: description, Required: always, Schema: &huma.Schema{Type: huma.TypeString}}
}

func seconds(always bool) *huma.Header {
	return &huma.Header{Description: "In how many seconds to try again.", Required: always, Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: number(1)}}
}
