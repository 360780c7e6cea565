package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// momentKept is how long a point in time stays open between two requests.
const momentKept = "1m"

// atOneMoment answers with as many requests as necessary, all of which see the
// index at one point in time.
func (a *asking) atOneMoment(ctx context.Context) (*view.Result, error) {
	var opened struct {
		ID string `json:"id"`
	}
	if err := a.client.ask(ctx, esapi.OpenPointInTimeRequest{Index: []string{a.index}, KeepAlive: momentKept}, &opened); err != nil {
		return nil, fmt.Errorf("generation %s: %w", a.id, err)
	}
	a.moment = opened.ID
	defer func() {
		// If it cannot be closed it expires by itself.
		_ = a.client.call(context.WithoutCancel(ctx), esapi.ClosePointInTimeRequest{Body: content(object{"id": a.moment})}, nil)
	}()
	result, _, err := a.answer(ctx)
	return result, err
}
