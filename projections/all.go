package projections

import (
	"strings"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// Declaration is a view over the events of the ledger.
type Declaration = view.Declaration[journal.Record]

// All lists every view.
func All() []Declaration {
	return []Declaration{Accounts(), Permissions(), Devices(), Accesses(), Activity(), SignIns(), Daily()}
}

// accountOf is the account whose stream an event is in, "" for events of other streams.
func accountOf(f *domain.Fact) string {
	id, ok := strings.CutPrefix(f.Stream, "account-")
	if !ok {
		return ""
	}
	return id
}

// itsAccount: the document of the account whose stream an event is in.
func itsAccount[T any](r journal.Record, _ T) string { return accountOf(&r.Fact) }

// itself: a document for each event, by the event's id.
func itself[T any](r journal.Record, _ T) string { return r.ID.String() }

// setKeyword sets a field, and leaves it missing when there is nothing to say.
func setKeyword[T ~string](f view.KeywordField, d *view.Document, s T) {
	if s != "" {
		f.Set(d, string(s))
	}
}

// setID sets a field to an id, and leaves it missing when the id names nothing.
func setID[K any](f view.KeywordField, d *view.Document, id domain.ID[K]) {
	if !id.IsZero() {
		f.Set(d, id.String())
	}
}

// setSealed carries a part as it is, and leaves the field missing when the part is.
func setSealed[T any](f view.SealedField, d *view.Document, fact domain.Fact, p domain.Part[T]) {
	if b := journal.Carry(fact, p); b != nil {
		f.Set(d, b)
	}
}
