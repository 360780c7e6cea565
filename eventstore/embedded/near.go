package embedded

import "accountledger/eventstore"

var _ eventstore.Near = (*Store)(nil)

// Near implements eventstore.Near.
func (*Store) Near() {}
