package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
)

// bodyLimit is the largest body accepted, in bytes.
const bodyLimit = 64 << 10

// Refusals of the HTTP layer; all others are the domain's. Do not modify them.
var (
	errMalformed    = &domain.Error{Kind: domain.Invalid, Code: "malformed_json", Message: "The body is not well-formed JSON (RFC 8259) in UTF-8."}
	errNoObject     = &domain.Error{Kind: domain.Invalid, Code: "not_an_object", Message: "The body must be one JSON object."}
	errUnknownField = &domain.Error{Kind: domain.Invalid, Code: "unknown_field",
		Message: "This object has an unknown field. See /openapi.json for the fields it can have."}
	errDuplicate    = &domain.Error{Kind: domain.Invalid, Code: "duplicate_field", Message: "A field occurs twice in this object."}
	errControl      = &domain.Error{Kind: domain.Invalid, Code: "control_character", Message: "This text contains a control character. Remove it."}
	errNoBody       = &domain.Error{Kind: domain.Invalid, Code: "body_missing", Message: "A body is required: one JSON object."}
	errBodyCut      = &domain.Error{Kind: domain.Invalid, Code: "body_unreadable", Message: "The body ended early or arrived too slowly."}
	errTooLarge     = &domain.Error{Kind: domain.Invalid, Code: "body_too_large", Message: fmt.Sprintf("The body can have at most %d bytes.", bodyLimit)}
	errMediaType    = &domain.Error{Kind: domain.Invalid, Code: "unsupported_media_type", Message: "Send the body as application/json in UTF-8, uncompressed."}
	errNull         = &domain.Error{Kind: domain.Invalid, Code: "null_value", Message: "This must not be null. Give it a value or leave it out."}
	errTooShort     = &domain.Error{Kind: domain.Invalid, Code: "too_short", Message: "Use at least {n} characters."}
	errTooLong      = &domain.Error{Kind: domain.Invalid, Code: "too_long", Message: "Use at most {n} characters."}
	errTooFew       = &domain.Error{Kind: domain.Invalid, Code: "too_few", Message: "This list needs at least {n} values."}
	errTooManyItems = &domain.Error{Kind: domain.Invalid, Code: "too_many", Message: "This list can have at most {n} values."}
	errRange        = &domain.Error{Kind: domain.Invalid, Code: "out_of_range", Message: "This number is too small or too large."}
	errChoice       = &domain.Error{Kind: domain.Invalid, Code: "not_a_choice", Message: "This is none of the values that can be here. See /openapi.json."}
	errForm         = &domain.Error{Kind: domain.Invalid, Code: "wrong_form", Message: "This does not have the form that is needed here. See /openapi.json."}
	errPageForm     = &domain.Error{Kind: domain.Invalid, Code: "invalid_form", Message: "Send the form of this page."}
	errRequired     = &domain.Error{Kind: domain.Invalid, Code: "required", Message: "This field is required."}
	errID           = &domain.Error{Kind: domain.Invalid, Code: "invalid_id", Message: "This is not an id. An id is a lower-case UUID with dashes."}

	errParameter = &domain.Error{Kind: domain.Invalid, Code: "unknown_parameter",
		Message: "The URL has an unknown query parameter. See /openapi.json for the parameters of this route."}
	errParameterTwice = &domain.Error{Kind: domain.Invalid, Code: "repeated_parameter", Message: "A query parameter is given more than once."}
	errParameterEmpty = &domain.Error{Kind: domain.Invalid, Code: "empty_parameter",
		Message: "A query parameter or a header is empty. Give it a value or leave it out."}
	errQueryString = &domain.Error{Kind: domain.Invalid, Code: "malformed_query", Message: "The query string of the URL is malformed."}
	errKey         = &domain.Error{Kind: domain.Invalid, Code: "invalid_idempotency_key",
		Message: "An Idempotency-Key has 1 to 255 visible ASCII characters. On routes that guests may use it must be a UUID."}
	errPosition = &domain.Error{Kind: domain.Invalid, Code: "invalid_position", Message: "Ledger-Min-Position must be a Ledger-Position returned by this ledger."}
	errCursor   = &domain.Error{Kind: domain.Invalid, Code: "invalid_cursor",
		Message: "This cursor is not yours, belongs to another query, or is out of date. Start again from the first page.", Field: "/cursor"}
	errIfMatch  = &domain.Error{Kind: domain.Invalid, Code: "invalid_if_match", Message: "If-Match must be one ETag as returned, with its quotes, or *."}
	errPageSize = &domain.Error{Kind: domain.Invalid, Code: "invalid_limit", Message: "The query parameter limit must be a whole number from 1 to 200."}

	errRoute  = &domain.Error{Kind: domain.NotFound, Code: "no_such_route", Message: "There is no such route. See /openapi.json."}
	errMethod = &domain.Error{Kind: domain.Invalid, Code: "method_not_allowed",
		Message: "This route does not support this method. The Allow header lists those it does."}
	errBehind = &domain.Error{Kind: domain.Unavailable, Code: "view_behind", Message: "The view has not caught up with this position yet. Try again shortly.",
		Retry: 1}

	errState   = &domain.Error{Kind: domain.Invalid, Code: "invalid_state", Message: "The state must be granted or withdrawn.", Field: "/state"}
	errNotice  = &domain.Error{Kind: domain.Invalid, Code: "invalid_notice", Message: "This must be the id of a notice in GET /v1/catalogue.", Field: "/notice"}
	errQuery   = &domain.Error{Kind: domain.Invalid, Code: "invalid_query"}
	errBuckets = &domain.Error{Kind: domain.Invalid, Code: "too_many_buckets",
		Message: "The histogram has too many buckets. Use a longer interval or a shorter period.", Field: "/histogram"}
)

// wrongType says what type a value must have.
func wrongType(what string) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: "wrong_type", Message: "This must be " + what + "."}
}

// said puts a number into a message, and keeps it for the message in other languages.
func said(e *domain.Error, n int) *domain.Error {
	c := *e
	c.Number, c.Message = n, strings.ReplaceAll(e.Message, "{n}", strconv.Itoa(n))
	return &c
}

// outOfRange says between what a number must be.
func outOfRange(s *huma.Schema) *domain.Error {
	c := *errRange
	if s.Minimum != nil && s.Maximum != nil {
		c.Message = fmt.Sprintf("This must be from %.0f to %.0f.", *s.Minimum, *s.Maximum)
	}
	return &c
}

// unknownField says which fields there are.
func unknownField(known []string) *domain.Error {
	c := *errUnknownField
	c.Message = "There is an unknown field here. These are known: " + strings.Join(known, ", ") + "."
	return &c
}
