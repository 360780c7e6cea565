package simulate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accountledger/domain"
)

// HTTPViews queries the views over the API, as an officer. Each query is recorded, like any other.
type HTTPViews struct {
	h       *OverHTTP
	officer Session
}

var _ Views = (*HTTPViews)(nil)

// Views queries the views of the same API.
func (h *OverHTTP) Views() *HTTPViews { return &HTTPViews{h: h} }

// Officer signs in the officer who queries.
func (v *HTTPViews) Officer(ctx context.Context, email, password string) (err error) {
	v.officer, err = v.h.Officer(ctx, email, password)
	return at("signing in to ask the views", err)
}

// viewPatience is how long a view may take to catch up with what was played.
const viewPatience = 30 * time.Minute

// Counts implements Views. It first sends an empty query to learn the log's position, and then waits until the view has reached
// it.
func (v *HTTPViews) Counts(ctx context.Context, view string, by []string, sum string) (map[string]int64, error) {
	position, _, err := v.ask(ctx, view, fields{"limit": 1}, "")
	if err != nil {
		return nil, err
	}
	in := fields{"with_total": true, "limit": 1}
	if by != nil {
		group := fields{"by": by, "limit": 1000}
		if sum != "" {
			group["sum"] = sum
		}
		in = fields{"group": group}
	}
	a, err := v.patiently(ctx, view, in, position)
	if err != nil {
		return nil, err
	}
	if by == nil {
		return map[string]int64{"": a.Total}, nil
	}
	out := map[string]int64{}
	for _, g := range a.Groups {
		n := g.Count
		if sum != "" {
			n = g.Sum
		}
		out[joined(by, g.Keys)] += n
	}
	return out, nil
}

type viewAnswer struct {
	Total  int64 `json:"total"`
	Groups []struct {
		Keys  map[string]any `json:"keys"`
		Count int64          `json:"count"`
		Sum   int64          `json:"sum"`
	} `json:"groups"`
}

func joined(by []string, keys map[string]any) string {
	var parts []string
	for _, name := range by {
		if s, ok := keys[name]; ok && s != nil {
			parts = append(parts, fmt.Sprint(s))
		}
	}
	return strings.Join(parts, "/")
}

func (v *HTTPViews) patiently(ctx context.Context, view string, in fields, position string) (viewAnswer, error) {
	for deadline := time.Now().Add(viewPatience); ; {
		_, a, err := v.ask(ctx, view, in, position)
		if !refused(err, &domain.Error{Code: "view_behind"}) || time.Now().After(deadline) {
			return a, err
		}
	}
}

func (v *HTTPViews) ask(ctx context.Context, view string, in fields, position string) (string, viewAnswer, error) {
	var a viewAnswer
	header, err := v.h.sendWith(ctx, "queryView", "POST", "/v1/views/"+view+"/query", v.officer.Token, in, &a, position)
	return header, a, err
}
