package operate

import (
	"context"

	"accountledger/domain"
)

// SetController puts a description of the controller in force, and the notices that name it.
var SetController = &Operation[domain.Controller, ControllerSet]{
	Info:  Info{Name: "controller-set", Records: RecordedFirst, As: domain.OpControllerSet},
	check: func(_ context.Context, _ *Ledger, in domain.Controller) error { return in.Validate() },
	do:    setController,
}

// ControllerSet is the answer.
type ControllerSet struct {
	Description domain.EventID `json:"description"` // in force now
	// Changed: it was not in force before.
	Changed bool `json:"changed"`
	// Material: what people allowed before no longer counts until they agree again.
	Material bool `json:"material"`
}

func setController(ctx context.Context, c *call, in domain.Controller) (ControllerSet, error) {
	a, err := c.Menu.DescribeController(ctx, c.request("describeController"), in)
	return ControllerSet(a.Value), err
}
