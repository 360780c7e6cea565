package elastic

import (
	"errors"
	"fmt"
	"net/http"

	"accountledger/projections/view"
)

// ErrNotElasticsearch means that another kind of server answers at the URL.
var ErrNotElasticsearch = errors.New("elasticsearch: the server there is not Elasticsearch")

// ResponseError is Elasticsearch's error for a request or for one document
// of it. It holds the kind of the fault but never the reason in words, which
// may repeat a document's content.
type ResponseError struct {
	// Status is the HTTP status.
	Status int
	// Type is Elasticsearch's name for the fault, such as cluster_block_exception.
	Type string
}

func (e *ResponseError) Error() string {
	return fmt.Sprintf("elasticsearch answered %d %s", e.Status, e.Type)
}

// Is makes temporary errors, and those that an operator can fix,
// view.ErrUnavailable, and a missing index view.ErrNoGeneration.
func (e *ResponseError) Is(target error) bool {
	switch target {
	case view.ErrUnavailable:
		return e.passes() || e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.Type == "index_closed_exception"
	case view.ErrNoGeneration:
		return e.Type == typeNoIndex
	default:
		return false
	}
}

// passes reports whether repeating the same request may help soon.
func (e *ResponseError) passes() bool {
	return e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// Kinds of faults that are distinguished.
const (
	typeNoIndex        = "index_not_found_exception"
	typeExists         = "resource_already_exists_exception"
	typeTooManyBuckets = "too_many_buckets_exception"
	typeUnknown        = "unknown"
)

// faultType passes only what can be the name of a fault.
func faultType(name string) string {
	if name == "" || len(name) > 64 {
		return typeUnknown
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return typeUnknown
		}
	}
	return name
}

// RefusedError means that Elasticsearch refused documents of a batch that this
// engine considers valid: someone else changed its mapping or settings.
// The checkpoint stays where it was, so that nothing is skipped: write the
// batch again once that is fixed.
type RefusedError struct {
	// Documents is how many were refused.
	Documents int
	// First is the error for the first one.
	First *ResponseError
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("elasticsearch refused %d documents, the first with %d %s", e.Documents, e.First.Status, e.First.Type)
}

// Unwrap returns the error for the first document.
func (e *RefusedError) Unwrap() error { return e.First }

// typeOf returns the kind of a fault, "" if err is not Elasticsearch's.
func typeOf(err error) string {
	var e *ResponseError
	if errors.As(err, &e) {
		return e.Type
	}
	return ""
}

// passes reports whether repeating what returned err may help soon: the cluster was out
// of reach, too busy, or temporarily unable.
func passes(err error) bool {
	var e *ResponseError
	if errors.As(err, &e) {
		return e.passes()
	}
	return errors.Is(err, view.ErrUnavailable)
}
