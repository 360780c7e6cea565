package api

import (
	"fmt"

	"accountledger/domain"
)

// bodyLimit is the size of the largest body that is read, in bytes.
const bodyLimit = 64 << 10

// The refusals of HTTP itself; all others are the domain's. They are constants in all but name.
var (
	errMalformed    = &domain.Error{Kind: domain.Invalid, Code: "malformed_json", Message: "The body is not well-formed JSON (RFC 8259) in UTF-8."}
	errNoObject     = &domain.Error{Kind: domain.Invalid, Code: "not_an_object", Message: "The body must be one JSON object."}
	errUnknownField = &domain.Error{Kind: domain.Invalid, Code: "unknown_field", Message: "There is a field here that this route does not know. /openapi.json lists those it knows."}
	errDuplicate    = &domain.Error{Kind: domain.Invalid, Code: "duplicate_field", Message: "A field occurs here twice."}
	errControl      = &domain.Error{Kind: domain.Invalid, Code: "control_character", Message: "A text here holds a control character. Leave it out."}
	errNoBody       = &domain.Error{Kind: domain.Invalid, Code: "body_missing", Message: "This route needs a body: one JSON object."}
	errBodyCut      = &domain.Error{Kind: domain.Invalid, Code: "body_unreadable", Message: "The body could not be read to its end."}
	errTooLarge     = &domain.Error{Kind: domain.Invalid, Code: "body_too_large", Message: fmt.Sprintf("A body has at most %d bytes.", bodyLimit)}
	errMediaType    = &domain.Error{Kind: domain.Invalid, Code: "unsupported_media_type", Message: "Send the body as Content-Type: application/json, in UTF-8 and not compressed."}
	errRequired     = &domain.Error{Kind: domain.Invalid, Code: "required", Message: "This field is needed."}
	errID           = &domain.Error{Kind: domain.Invalid, Code: "invalid_id", Message: "This is not an id. One is a UUID in lower case with dashes."}

	errParameter      = &domain.Error{Kind: domain.Invalid, Code: "unknown_parameter", Message: "There is a query parameter that this route does not know. /openapi.json lists those it knows."}
	errParameterTwice = &domain.Error{Kind: domain.Invalid, Code: "repeated_parameter", Message: "A query parameter is given more than once."}
	errQueryString    = &domain.Error{Kind: domain.Invalid, Code: "malformed_query", Message: "What follows the question mark in the URL cannot be read."}
	errKey            = &domain.Error{Kind: domain.Invalid, Code: "invalid_idempotency_key", Message: "An Idempotency-Key has 1 to 255 visible ASCII characters. Where nobody is signed in it must be a UUID."}
	errPosition       = &domain.Error{Kind: domain.Invalid, Code: "invalid_position", Message: "Ledger-Min-Position must be a Ledger-Position that this ledger gave."}
	errCursor         = &domain.Error{Kind: domain.Invalid, Code: "invalid_cursor", Message: "This cursor does not belong to you, to this query, or to the view as it is now. Begin with the first page.", Field: "/cursor"}
	errIfMatch        = &domain.Error{Kind: domain.Invalid, Code: "invalid_if_match", Message: "If-Match must be one ETag as it was given, in its quotes, or *."}
	errPageSize       = &domain.Error{Kind: domain.Invalid, Code: "invalid_limit", Message: "The query parameter limit must be a whole number between 1 and 200."}

	errRoute  = &domain.Error{Kind: domain.NotFound, Code: "no_such_route", Message: "There is nothing here. /openapi.json lists what there is."}
	errMethod = &domain.Error{Kind: domain.Invalid, Code: "method_not_allowed", Message: "This route does not know this method. The Allow header lists those it knows."}
	errBehind = &domain.Error{Kind: domain.Unavailable, Code: "view_behind", Message: "The view does not know yet what you want to see. Try again shortly.", Retry: 1}

	errState   = &domain.Error{Kind: domain.Invalid, Code: "invalid_state", Message: "The state must be granted or withdrawn.", Field: "/state"}
	errNotice  = &domain.Error{Kind: domain.Invalid, Code: "invalid_notice", Message: "The notice must be the id of one in GET /v1/catalogue.", Field: "/notice"}
	errQuery   = &domain.Error{Kind: domain.Invalid, Code: "invalid_query"}
	errBuckets = &domain.Error{Kind: domain.Invalid, Code: "too_many_buckets", Message: "The histogram has too many buckets. Ask for a longer interval or for less time.", Field: "/histogram"}
)

// wrongType says what a value would have to be.
func wrongType(what string) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: "wrong_type", Message: "This must be " + what + "."}
}
