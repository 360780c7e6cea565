package commands

import (
	"context"
	"encoding/hex"

	"accountledger/domain"
)

// RecordQuery records that an officer queried a view; only then may the answer be shown.
type RecordQuery struct {
	View  domain.ViewName `json:"view"`
	Query []byte          `json:"query"` // in canonical form; the log keeps it sealed, and a keyed hash
	Rows  int             `json:"-"`
}

func (k *call) recordQuery(ctx context.Context, in RecordQuery) (domain.EventID, error) {
	if in.View.Validate() != nil {
		return domain.EventID{}, domain.ErrNotFound
	}
	if err := Viewer(in.View)(k.Caller); err != nil {
		return domain.EventID{}, err
	}
	mac := k.keys.commands.MAC([]byte("query"), []byte(in.View), in.Query)
	f, err := k.record(ctx, about{}, domain.AccessQueried{View: in.View, Fingerprint: domain.Fingerprint(hex.EncodeToString(mac[:16])), Rows: in.Rows,
		Question: domain.Personal(domain.Question{Query: string(in.Query)}, domain.LedgerKey())})
	return f.ID, err
}
