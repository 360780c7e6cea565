package elastic

import (
	"errors"
	"fmt"
	"net/http"

	"accountledger/projections/view"
)

// ErrNotElasticsearch means that another kind of server answers at the URL.
var ErrNotElasticsearch = errors.New("elasticsearch: what answers there is not Elasticsearch")

// ResponseError is what Elasticsearch said about a request or about one document
// of it. It holds the kind of the fault and never the reason in words, since that
// may repeat what a document holds.
type ResponseError struct {
	// Status is that of HTTP.
	Status int
	// Type is Elasticsearch's name for the fault, such as cluster_block_exception.
	Type string
}

func (e *ResponseError) Error() string {
	return fmt.Sprintf("elasticsearch answered %d %s", e.Status, e.Type)
}

// Is says that trouble that passes, or that an operator ends, is
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

// passes says whether repeating the same request may help soon.
func (e *ResponseError) passes() bool {
	return e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// Kinds of faults that are told apart.
const (
	typeNoIndex        = "index_not_found_exception"
	typeExists         = "resource_already_exists_exception"
	typeTooManyBuckets = "too_many_buckets_exception"
	typeUnknown        = "unknown"
)

// faultType lets pass what can be the name of a fault and nothing else.
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

// RefusedError says that Elasticsearch refused documents of a batch that this
// engine holds to be right: its mapping or its settings were changed by someone
// else. The checkpoint stays where it was, so that nothing is left out: write the
// batch again once that is mended.
type RefusedError struct {
	// Documents is how many were refused.
	Documents int
	// First is what was said about the first one.
	First *ResponseError
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("elasticsearch refused %d documents, the first with %d %s", e.Documents, e.First.Status, e.First.Type)
}

// Unwrap gives what was said about the first document.
func (e *RefusedError) Unwrap() error { return e.First }

// typeOf gives the kind of a fault, "" when err is none of Elasticsearch's.
func typeOf(err error) string {
	var e *ResponseError
	if errors.As(err, &e) {
		return e.Type
	}
	return ""
}

// passes says whether repeating what gave err may help soon: the cluster was out
// of reach, too busy, or in trouble that passes.
func passes(err error) bool {
	var e *ResponseError
	if errors.As(err, &e) {
		return e.passes()
	}
	return errors.Is(err, view.ErrUnavailable)
}
