package transfer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

// Types of the lines of an export that are not events of the ledger. None of them can be one: a
// type of the ledger's is upcast by its version, and its events have a stream.
const (
	typeBegun = "accountledger.export.begun.v1"
	typeRow   = "accountledger.export.vault_row.v1"
	typeEnded = "accountledger.export.ended.v1"
)

// exportFormat is the format that this program writes, and the newest that it reads.
const exportFormat = 1

// ErrLine: a line does not belong to an export.
var ErrLine = errors.New("not a line of an export")

// line is one line of an export: a CloudEvent, version 1.0, in its JSON format. The stored bytes
// of an event of the ledger are in data_base64 and in the extension attribute metadata, unchanged;
// what is sealed stays sealed.
type line struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"` // urn:uuid: and the log's id
	Type        string    `json:"type"`
	Subject     string    `json:"subject,omitzero"` // the stream
	Time        time.Time `json:"time,omitzero"`    // the metadata's
	ContentType string    `json:"datacontenttype,omitzero"`

	// Extension attributes.
	StreamVersion *int64 `json:"streamversion,omitzero"`
	Metadata      []byte `json:"metadata,omitzero"`
	Sequence      string `json:"sequence,omitzero"` // the position in the exported log

	Data       jsontext.Value `json:"data,omitzero"`
	DataBase64 []byte         `json:"data_base64,omitzero"`
}

// begunData is the data of a file's first line.
type begunData struct {
	Format int  `json:"format"`
	Vault  bool `json:"vault"`
}

// rowData is a row of the vault, still wrapped.
type rowData struct {
	Kind      vault.Kind `json:"kind"`
	Name      []byte     `json:"name,omitzero"`
	At        time.Time  `json:"at,omitzero"`
	Destroyed bool       `json:"destroyed,omitzero"`
	ID        uuid.UUID  `json:"id,omitzero"`
	Master    uuid.UUID  `json:"master,omitzero"`
	Wrapped   []byte     `json:"wrapped,omitzero"`
}

// endedData is the data of a complete file's last line.
type endedData struct {
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
	// Masters are the master keys that the vault was under, and Rows and RowsHash (SHA-256 of
	// the lines, each with its line feed) describe its exported rows.
	Masters  []masterData `json:"masters,omitzero"`
	Rows     int64        `json:"rows,omitzero"`
	RowsHash string       `json:"rows_hash,omitzero"`
}

type masterData struct {
	ID        uuid.UUID `json:"id"`
	Made      time.Time `json:"made_at,omitzero"`
	Began     time.Time `json:"began_at,omitzero"`
	Ended     time.Time `json:"ended_at,omitzero"`
	Destroyed time.Time `json:"destroyed_at,omitzero"`
}

const (
	sourcePrefix = "urn:uuid:"
	specVersion  = "1.0"
	jsonContent  = "application/json"
)

func source(log uuid.UUID) string { return sourcePrefix + log.String() }

// encode encodes a line with its line feed.
func (l *line) encode() ([]byte, error) {
	l.SpecVersion = specVersion
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("transfer: a line cannot be encoded: %w", err)
	}
	return append(b, '\n'), nil
}

func eventLine(log uuid.UUID, e *eventstore.Recorded) *line {
	l := &line{ID: e.ID.String(), Source: source(log), Type: e.Type, Subject: e.Stream, StreamVersion: &e.Version,
		Metadata: e.Metadata, Sequence: e.Position.String(), ContentType: jsonContent, DataBase64: e.Data}
	var m struct {
		At time.Time `json:"at"`
	}
	if json.Unmarshal(e.Metadata, &m) == nil {
		l.Time = m.At.UTC()
	}
	return l
}

func dataLine(log uuid.UUID, kind, id string, data any) (*line, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("transfer: a line cannot be encoded: %w", err)
	}
	return &line{ID: id, Source: source(log), Type: kind, ContentType: jsonContent, Data: b}, nil
}

// decodeLine parses a line, with or without its line feed. The error is ErrLine and names the
// fault without repeating the content.
func decodeLine(b []byte) (*line, error) {
	var l line
	if err := json.Unmarshal(b, &l, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: it is truncated, or not a CloudEvent of an export", ErrLine)
	}
	if l.SpecVersion != specVersion || l.ID == "" || l.Type == "" {
		return nil, fmt.Errorf("%w: specversion, id or type", ErrLine)
	}
	if _, err := l.log(); err != nil {
		return nil, err
	}
	return &l, nil
}

// log is the id of the log that the line is from.
func (l *line) log() (uuid.UUID, error) {
	text, is := strings.CutPrefix(l.Source, sourcePrefix)
	id, err := uuid.Parse(text)
	if !is || err != nil || id == uuid.Nil {
		return uuid.Nil, fmt.Errorf("%w: source", ErrLine)
	}
	return id, nil
}

// event is the event of the ledger that the line holds. Its position is the one in the exported log.
func (l *line) event() (*eventstore.Recorded, error) {
	id, err := uuid.Parse(l.ID)
	if err != nil || l.StreamVersion == nil || *l.StreamVersion < 0 || len(l.Data) > 0 {
		return nil, fmt.Errorf("%w: id, streamversion or data", ErrLine)
	}
	e := &eventstore.Recorded{Event: eventstore.Event{ID: id, Type: l.Type, Data: l.DataBase64, Metadata: l.Metadata},
		Stream: l.Subject, Version: *l.StreamVersion}
	if err := e.Position.UnmarshalText([]byte(l.Sequence)); err != nil {
		return nil, fmt.Errorf("%w: sequence", ErrLine)
	}
	if err := eventstore.CheckAppend(e.Stream, e.Version-1, []eventstore.Event{e.Event}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLine, err)
	}
	return e, nil
}

// into decodes the data of a line that is not an event.
func (l *line) into(data any) error {
	if err := json.Unmarshal(l.Data, data, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: data of %s", ErrLine, l.Type)
	}
	return nil
}

func (d *rowData) row() (r vault.Row, err error) {
	r = vault.Row{Kind: d.Kind, Name: string(d.Name), At: d.At, Destroyed: d.Destroyed, ID: d.ID, Master: d.Master, Wrapped: d.Wrapped}
	switch d.Kind {
	case vault.KindKey, vault.KindSecret:
		err = vault.CheckName(r.Name)
	case vault.KindIdentifier:
		if r.Destroyed {
			err = ErrLine
		}
	default:
		err = ErrLine
	}
	if err != nil {
		return r, fmt.Errorf("%w: a row of the vault", ErrLine)
	}
	return r, nil
}

func rowOf(r *vault.Row) rowData {
	return rowData{Kind: r.Kind, Name: []byte(r.Name), At: r.At, Destroyed: r.Destroyed, ID: r.ID, Master: r.Master, Wrapped: r.Wrapped}
}

// parseDigest parses the count and hash at the end of a file.
func (d *endedData) digest() (Digest, error) {
	out := Digest{Events: d.Events}
	b, err := hex.DecodeString(d.Hash)
	if err != nil || len(b) != len(out.Hash) {
		return out, fmt.Errorf("%w: hash", ErrLine)
	}
	copy(out.Hash[:], b)
	return out, nil
}
