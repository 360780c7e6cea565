package elastic

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// appendIndex writes one document as the two lines of a bulk request.
func (l *layout) appendIndex(b []byte, d *view.Document) ([]byte, error) {
	b = append(b, `{"index":{"_id":`...)
	b, err := jsontext.AppendQuote(b, d.ID)
	if err != nil {
		return b, err
	}
	b = append(b, `,"version":`...)
	b = strconv.AppendInt(b, d.Position, 10)
	b = append(b, `,"version_type":"external"}}`+"\n"...)
	if b, err = l.appendSource(b, d); err != nil {
		return b, err
	}
	return append(b, '\n'), nil
}

// appendSource writes a document as stored. Its position is its version.
func (l *layout) appendSource(b []byte, d *view.Document) ([]byte, error) {
	b = append(b, `{"`+fieldID+`":`...)
	b, err := jsontext.AppendQuote(b, d.ID)
	if err != nil {
		return b, err
	}
	if d.Deleted {
		return append(b, `,"`+fieldDeleted+`":true}`...), nil
	}
	for place, v := range d.Values {
		if v.Missing() {
			continue
		}
		f := &l.schema.Fields[place]
		b = append(b, `,"`...)
		b = append(b, f.Name...)
		b = append(b, `":`...)
		if b, err = appendValue(b, v); err != nil {
			return b, err
		}
		switch {
		case f.Kind == view.Time:
			b = append(b, `,"`...)
			b = append(b, f.Name...)
			b = append(b, suffixSecond+`":`...)
			b = strconv.AppendInt(b, v.Int64()/second, 10)
		case edged(f) && (v.Int64() == math.MaxInt64 || v.Int64() == math.MinInt64):
			b = append(b, `,"`...)
			b = append(b, f.Name...)
			b = append(b, suffixEdge+`":1`...)
		}
	}
	if l.words {
		if b, err = l.appendWords(b, d); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// second is in nanoseconds.
const second = 1_000_000_000

func appendValue(b []byte, v view.Value) ([]byte, error) {
	switch v.Kind() {
	case view.Keyword, view.Words:
		return jsontext.AppendQuote(b, v.Text())
	case view.Sealed:
		sealed := v.Sealed()
		b = slices.Grow(append(b, '"'), base64.StdEncoding.EncodedLen(len(sealed))+1)
		return append(base64.StdEncoding.AppendEncode(b, sealed), '"'), nil
	default:
		return strconv.AppendInt(b, v.Int64(), 10), nil
	}
}

// appendWords writes the words by which the document is found, and which words fields
// it has.
func (l *layout) appendWords(b []byte, d *view.Document) ([]byte, error) {
	var has []string
	for place, v := range d.Values {
		if v.Kind() == view.Words {
			has = append(has, l.schema.Fields[place].Name)
		}
	}
	if len(has) == 0 {
		return b, nil
	}
	b, err := appendStrings(append(b, `,"`+fieldHas+`":`...), has)
	if err != nil {
		return b, err
	}
	return appendStrings(append(b, `,"`+fieldWords+`":`...), l.schema.Words(d))
}

func appendStrings(b []byte, all []string) ([]byte, error) {
	b = append(b, '[')
	for i, s := range all {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = jsontext.AppendQuote(b, s); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}
