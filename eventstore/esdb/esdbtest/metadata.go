package esdbtest

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// streamMetadata is what the last event of $$NAME says about the stream NAME.
type streamMetadata struct {
	Truncate int64  `json:"$tb"`       // the first readable revision
	Count    int64  `json:"$maxCount"` // 0 is no limit
	Age      int64  `json:"$maxAge"`   // seconds; 0 is no limit
	Access   access `json:"$acl"`

	raw map[string]json.RawMessage
}

// access says who may do what; nil leaves it to the default.
type access struct {
	Read      names `json:"$r"`
	Write     names `json:"$w"`
	Delete    names `json:"$d"`
	MetaRead  names `json:"$mr"`
	MetaWrite names `json:"$mw"`
}

// names are users and groups, one or many in the JSON.
type names []string

// UnmarshalJSON implements json.Unmarshaler.
func (n *names) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(n))
}

// parseMetadata reads an event of $$NAME. An unreadable one sets nothing.
func parseMetadata(raw []byte) streamMetadata {
	var m streamMetadata
	if json.Unmarshal(raw, &m) != nil || json.Unmarshal(raw, &m.raw) != nil {
		return streamMetadata{}
	}
	return m
}

// softly reports whether the stream is softly deleted.
func (m *streamMetadata) softly() bool { return m.Truncate == tombstone }

func (m *streamMetadata) expired(now, created time.Time) bool {
	return m.Age > 0 && now.Sub(created) > time.Duration(m.Age)*time.Second
}

// with returns the JSON with one part replaced.
func (m *streamMetadata) with(key string, value int64) []byte {
	parts := maps.Clone(m.raw)
	if parts == nil {
		parts = make(map[string]json.RawMessage)
	}
	parts[key] = json.RawMessage(strconv.FormatInt(value, 10))
	raw, err := json.Marshal(parts)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return raw
}

func metadataRecord(raw []byte) record {
	return record{id: uuid.New(), typ: "$metadata", content: "application/json", data: raw}
}
