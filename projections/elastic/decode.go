package elastic

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// stored is a document as returned by a search or a lookup by id.
type stored struct {
	ID      string         `json:"_id"`
	Version int64          `json:"_version"`
	Found   bool           `json:"found"`
	Source  jsontext.Value `json:"_source"`
	Error   *struct {
		Type string `json:"type"`
	} `json:"error"`
}

// document decodes a stored document. An unreadable one is view.ErrCorrupt.
func (l *layout) document(s *stored) (*view.Document, error) {
	d := &view.Document{ID: s.ID, Position: s.Version, Values: make([]view.Value, len(l.schema.Fields))}
	if err := l.read(d, s.Source); err != nil || d.Position < 1 {
		// The content is deliberately left out.
		return nil, fmt.Errorf("%w: a document of view %s cannot be read", view.ErrCorrupt, l.schema.Name)
	}
	return d, nil
}

func (l *layout) read(d *view.Document, source []byte) error {
	r := jsontext.NewDecoder(bytes.NewReader(source), jsontext.AllowDuplicateNames(true))
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	for r.PeekKind() == '"' {
		name, err := r.ReadToken()
		if err != nil {
			return err
		}
		field := name.String()
		if place := l.schema.Field(field); place >= 0 {
			value, err := r.ReadValue()
			if err != nil {
				return err
			}
			if d.Values[place], err = readValue(l.schema.Fields[place].Kind, value); err != nil {
				return err
			}
			continue
		}
		if field == fieldDeleted {
			d.Delete()
		}
		if err := r.SkipValue(); err != nil {
			return err
		}
		if d.Deleted {
			return nil
		}
	}
	_, err := r.ReadToken()
	return err
}

// readValue reads what appendValue wrote, and the keys of groups.
func readValue(kind view.Kind, text jsontext.Value) (view.Value, error) {
	if text.Kind() == 'n' {
		return view.Value{}, nil
	}
	switch kind {
	case view.Keyword, view.Words, view.Sealed:
		s, err := jsontext.AppendUnquote(nil, text)
		switch {
		case err != nil:
			return view.Value{}, err
		case kind == view.Keyword:
			return view.KeywordValue(string(s)), nil
		case kind == view.Words:
			return view.WordsValue(string(s)), nil
		}
		sealed, err := base64.StdEncoding.AppendDecode(nil, s)
		return view.SealedValue(sealed), err
	default:
		n, err := strconv.ParseInt(string(text), 10, 64)
		switch kind {
		case view.Time:
			return view.NanosecondsValue(n), err
		case view.Bool:
			return view.BoolValue(n != 0), err
		default:
			return view.NumberValue(n), err
		}
	}
}
