package elastic

import "accountledger/projections/view"

// Bodies returns the bulk requests of documents as the engine writes them, for a
// bare loop that sends the same.
func Bodies(schema *view.Schema, docs []*view.Document, size int) (bodies [][]byte, err error) {
	l := newLayout(schema)
	var body []byte
	for _, d := range docs {
		if body, err = l.appendIndex(body, d); err != nil {
			return nil, err
		}
		if len(body) >= size {
			bodies, body = append(bodies, body), nil
		}
	}
	return append(bodies, body), nil
}
