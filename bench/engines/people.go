package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"accountledger/projections/view"
)

// people is a view the size of the real ones.
func people() view.Schema {
	var f view.Fields
	f.Keyword("state")
	f.Keyword("region")
	f.Time("joined")
	f.Time("changed", view.Optional)
	f.Number("devices")
	f.Bool("adult")
	f.Words("tags")
	f.Sealed("name", view.Optional)
	f.Sealed("mail", view.Optional)
	return view.Schema{Name: "people", Version: 1, Fields: f, Indexes: []view.Index{
		{"-joined"}, {"region", "-joined", "state"},
	}}
}

// crowd returns n documents; their ids are random, like real ones.
func crowd(n int) []*view.Document {
	random := rand.New(rand.NewPCG(1, 2))
	regions := strings.Fields("DE FR IT ES PL US KR BR IN GB")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	const year = 365 * 24 * time.Hour
	sealed := make([]byte, 160)
	docs := make([]*view.Document, n)
	for i := range docs {
		for j := range sealed {
			sealed[j] = byte(random.Uint32())
		}
		docs[i] = &view.Document{ID: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), Position: int64(i + 1), Values: []view.Value{
			view.KeywordValue([]string{"active", "active", "active", "erased"}[random.IntN(4)]),
			view.KeywordValue(regions[random.IntN(len(regions))]),
			view.TimeValue(start.Add(time.Duration(int64(i)*int64(year)/int64(n) + random.Int64N(int64(time.Hour))))),
			view.TimeValue(start.Add(time.Duration(random.Int64N(int64(year))))),
			view.NumberValue(random.Int64N(6)), view.BoolValue(random.IntN(2) == 0),
			view.WordsValue(fmt.Sprintf("account.signed_up %s word%d", regions[i%10], random.IntN(5000))),
			view.SealedValue(sealed[:96]), view.SealedValue(sealed),
		}}
	}
	return docs
}
