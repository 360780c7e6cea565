package elastic

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// loadAtOnce is how many documents one request looks up.
const loadAtOnce = 1000

// load returns documents by their ids, including those not refreshed yet.
func (s *store) load(ctx context.Context, ids []string) ([]*view.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := make([]*view.Document, len(ids))
	var wanted []int
	for i, id := range ids {
		// An id that no document can have is not requested.
		if id != "" && len(id) <= view.MaxID && utf8.ValidString(id) {
			wanted = append(wanted, i)
		}
	}
	for places := range slices.Chunk(wanted, loadAtOnce) {
		if err := s.loadSome(ctx, ids, places, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *store) loadSome(ctx context.Context, ids []string, places []int, all []*view.Document) error {
	asked := make([]string, len(places))
	for i, at := range places {
		asked[i] = ids[at]
	}
	request := esapi.MgetRequest{Index: s.index, Body: content(object{"ids": asked})}
	if s.layout.words {
		request.SourceExcludes = []string{fieldWords} // a document can have very many
	}
	var answer struct {
		Docs []stored `json:"docs"`
	}
	if err := s.client.call(ctx, request, &answer); err != nil {
		return fmt.Errorf("generation %s: %w", s.id, err)
	}
	if len(answer.Docs) != len(asked) {
		return fmt.Errorf("generation %s: %w: documents are missing in an answer", s.id, view.ErrUnavailable)
	}
	for i := range answer.Docs {
		doc := &answer.Docs[i]
		switch {
		case doc.Error != nil && doc.Error.Type == typeNoIndex:
			return fmt.Errorf("generation %s: %w", s.id, &ResponseError{Status: http.StatusNotFound, Type: typeNoIndex})
		case doc.Error != nil:
			return fmt.Errorf("generation %s: %w", s.id, &ResponseError{Status: http.StatusServiceUnavailable, Type: faultType(doc.Error.Type)})
		case !doc.Found:
			continue
		case doc.ID != asked[i]:
			return fmt.Errorf("generation %s: %w: an answer is out of order", s.id, view.ErrCorrupt)
		}
		var err error
		if all[places[i]], err = s.layout.document(doc); err != nil {
			return err
		}
	}
	return nil
}
