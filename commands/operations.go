package commands

import (
	"context"

	"accountledger/domain"
)

// Operate records an operator's command before it is carried out.
type Operate struct {
	Operation domain.Operation  `json:"operation"`
	Views     []domain.ViewName `json:"views"`
}

func (k *call) operate(ctx context.Context, in Operate) (domain.EventID, error) {
	var id domain.EventID
	err := retry(ctx, func() error {
		head, err := k.Journal.LastOf(ctx, domain.OperationsStream)
		if err != nil {
			return err
		}
		entries, err := k.entries(ctx, head, about{}, domain.OperationPerformed{Operation: in.Operation, UID: k.Caller.UID, Views: in.Views})
		if err != nil {
			return err
		}
		facts, err := k.commit(ctx, head, entries)
		if err == nil {
			id = facts[0].ID
		}
		return err
	})
	return id, err
}
