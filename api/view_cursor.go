package api

import (
	"bytes"

	"accountledger/projections/view"
)

// binding ties a cursor to the caller, the view and the query.
func (p *page) binding() []byte {
	actor := p.caller.Actor
	return bytes.Join([][]byte{[]byte(actor.Kind), []byte(actor.ID.String()), []byte(p.view), p.asked}, []byte{0})
}

// sealCursor makes the cursor of the next page. It holds the view's generation, since a rebuilt view may sort differently.
func (a *API) sealCursor(p *page, generation string, next *view.Cursor) (string, error) {
	at, err := next.MarshalBinary()
	if err != nil {
		return "", err
	}
	return a.cursors.Seal(append([]byte(generation+"\x00"), at...), p.binding()), nil
}

// openCursor puts a cursor's place into the query and gives the generation it was made for; "" without a cursor.
func (a *API) openCursor(p *page) (generation string, err error) {
	if p.cursor == "" {
		return "", nil
	}
	b, err := a.cursors.Open(p.cursor, p.binding())
	if err != nil {
		return "", errCursor
	}
	name, at, _ := bytes.Cut(b, []byte{0})
	if p.query.After, err = view.DecodeCursor(p.schema, p.query.Sort, at); err != nil {
		return "", errCursor
	}
	return string(name), nil
}
