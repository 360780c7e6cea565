package viewtest

import (
	"time"

	"accountledger/projections/view"
)

// shape is a view with a field of every kind, required and optional.
type shape struct {
	view.Fields
	colour view.KeywordField
	nick   view.KeywordField
	at     view.TimeField
	ended  view.TimeField
	size   view.NumberField
	rank   view.NumberField
	flag   view.BoolField
	title  view.WordsField
	notes  view.WordsField
	secret view.SealedField
}

func newShape() *shape {
	s := &shape{}
	s.colour = s.Keyword("colour")
	s.secret = s.Sealed("secret", view.Optional)
	s.nick = s.Keyword("nick", view.Optional)
	s.at = s.Time("at")
	s.title = s.Words("title", view.Optional)
	s.ended = s.Time("ended", view.Optional)
	s.size = s.Number("size")
	s.rank = s.Number("rank", view.Optional)
	s.notes = s.Words("notes", view.Optional)
	s.flag = s.Bool("flag", view.Optional)
	return s
}

func testSchema(name string) view.Schema {
	return view.Schema{
		Name: name, Version: 1, Fields: newShape().Fields,
		Indexes: []view.Index{{"-at"}, {"colour", "-at"}, {"nick", "rank"}, {"flag"}, {"-ended"}},
		Tallies: []view.Tally{{"colour", "at"}, {"nick", "colour", "ended"}, {"ended"}, {"nick"}},
	}
}

// plain returns a small live document.
func plain(id string, position int64, colour string) *view.Document {
	s := newShape()
	d := &view.Document{ID: id, Position: position}
	s.colour.Set(d, colour)
	s.at.Set(d, time.Date(2026, 3, 1, 12, 0, 0, int(position%1e9), time.UTC))
	s.size.Set(d, position)
	return d
}

// full returns a document with every field.
func full(id string, position int64) *view.Document {
	s := newShape()
	d := plain(id, position, "grün")
	s.nick.Set(d, "日本 \"x\" ' %_\\")
	s.ended.Set(d, time.Date(2261, 12, 31, 23, 59, 59, 999999999, time.UTC))
	s.rank.Set(d, -1<<63)
	s.flag.Set(d, false)
	s.title.Set(d, "The Quick-Brown fox")
	s.notes.Set(d, "東京 and Straße")
	s.secret.Set(d, []byte{0, 1, 255, 0})
	return d
}

func tombstone(id string, position int64) *view.Document {
	return &view.Document{ID: id, Position: position, Deleted: true}
}
