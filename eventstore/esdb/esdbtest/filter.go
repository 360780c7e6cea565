package esdbtest

import (
	"regexp"
	"slices"
	"strings"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// filter selects the events of $all that a client gets. The zero filter selects all.
type filter struct {
	wants func(r *record) bool
	// window is how many events a page of a subscription examines, and interval after how many it reports how far it
	// has come.
	window, interval int
}

func (f *filter) matches(r *record) bool { return f.wants == nil || f.wants(r) }

func newFilter(o *api.ReadReq_Options_FilterOptions) (*filter, error) {
	if o == nil {
		return &filter{window: batch}, nil
	}
	of := func(r *record) string { return r.stream }
	expression := o.GetStreamIdentifier()
	if o.GetEventType() != nil {
		of, expression = func(r *record) string { return r.typ }, o.GetEventType()
	}
	if expression == nil || o.GetWindow() == nil {
		return nil, errThrown
	}
	f := &filter{window: batch}
	if most, ok := o.GetWindow().(*api.ReadReq_Options_FilterOptions_Max); ok {
		f.window = int(most.Max)
	}
	f.interval = f.window * int(o.GetCheckpointIntervalMultiplier())
	if expression.GetRegex() == "" {
		f.wants = func(r *record) bool {
			return slices.ContainsFunc(expression.GetPrefix(), func(p string) bool { return strings.HasPrefix(of(r), p) })
		}
		return f, nil
	}
	pattern, err := regexp.Compile(expression.GetRegex())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "the regular expression is invalid")
	}
	f.wants = func(r *record) bool { return pattern.MatchString(of(r)) }
	return f, nil
}
