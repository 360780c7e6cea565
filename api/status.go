package api

import (
	"net/http"

	"accountledger/domain"
)

// statusOf maps an error to its status: by code where that is more specific, otherwise by kind.
func statusOf(e *domain.Error) int {
	switch e.Code {
	case domain.ErrStale.Code:
		return http.StatusPreconditionFailed
	case errMethod.Code:
		return http.StatusMethodNotAllowed
	case errTooLarge.Code:
		return http.StatusRequestEntityTooLarge
	case errMediaType.Code:
		return http.StatusUnsupportedMediaType
	case errMalformed.Code, errUnknownField.Code, errDuplicate.Code, errNoBody.Code, errNoObject.Code, errBodyCut.Code, errControl.Code,
		errParameter.Code, errParameterTwice.Code, errParameterEmpty.Code, errQueryString.Code, errKey.Code,
		errPosition.Code, errCursor.Code, errIfMatch.Code, errPageSize.Code:
		return http.StatusBadRequest
	}
	switch e.Kind {
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.Unauthenticated:
		return http.StatusUnauthorized
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Conflict:
		return http.StatusConflict
	case domain.Gone:
		return http.StatusGone
	case domain.RateLimited:
		return http.StatusTooManyRequests
	case domain.Unavailable, domain.UnknownOutcome:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// title is the same for all problems with one status, as RFC 9457 asks for one title per type.
func title(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "Malformed request"
	case http.StatusUnauthorized:
		return "Not signed in"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Method not allowed"
	case http.StatusConflict:
		return "Conflict"
	case http.StatusGone:
		return "No longer available"
	case http.StatusPreconditionFailed:
		return "Changed in the meantime"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusUnsupportedMediaType:
		return "Unsupported media type"
	case http.StatusUnprocessableEntity:
		return "Invalid value"
	case http.StatusTooManyRequests:
		return "Too many attempts"
	case http.StatusServiceUnavailable:
		return "Temporarily unavailable"
	default:
		return "Internal error"
	}
}
