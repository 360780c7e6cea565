package api

import (
	"net/http"

	"accountledger/domain"
)

// statusOf maps an error to its status: by its code where the status says more than the kind does, else by its kind.
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
		errParameter.Code, errParameterTwice.Code, errQueryString.Code, errKey.Code, errPosition.Code, errCursor.Code, errIfMatch.Code, errPageSize.Code:
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

// title is what RFC 9457 wants to be the same for every problem of a type; ours is the same for a status.
func title(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request cannot be read"
	case http.StatusUnauthorized:
		return "Not signed in"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Not a method of this route"
	case http.StatusConflict:
		return "In conflict with what is"
	case http.StatusGone:
		return "No longer there"
	case http.StatusPreconditionFailed:
		return "Changed meanwhile"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusUnsupportedMediaType:
		return "Not a format that is read here"
	case http.StatusUnprocessableEntity:
		return "A value is wrong"
	case http.StatusTooManyRequests:
		return "Too many attempts"
	case http.StatusServiceUnavailable:
		return "Not possible right now"
	default:
		return "Something went wrong here"
	}
}
