package elastic

import (
	"strconv"

	"accountledger/projections/view"
)

// object is a piece of JSON.
type object map[string]any

// Fields of our own. No field of a view can have these names, since its name
// begins with a letter and holds no at sign.
const (
	fieldID      = "@id"
	fieldDeleted = "@deleted" // true in tombstones, missing elsewhere
	fieldWords   = "@words"   // the words of all words fields, from view.Cut
	fieldHas     = "@has"     // the names of the words fields that are present
	// suffixSecond marks a time in whole seconds: ranges of times are counted in
	// floating point, which is exact for seconds but not for nanoseconds.
	suffixSecond = "@second"
	// suffixEdge marks an optional number that is the least or the greatest
	// possible, which sorting could not tell from a missing one.
	suffixEdge = "@edge"
)

// format is the version of this mapping; a generation with another one is a mismatch.
const format = 1

// layout says how the documents of a view are stored.
type layout struct {
	schema *view.Schema
	words  bool
}

func newLayout(schema *view.Schema) *layout {
	return &layout{schema: schema, words: schema.HasWords()}
}

// name returns the field for a place of the view.
func (l *layout) name(place int) string {
	if place == view.IDField {
		return fieldID
	}
	return l.schema.Fields[place].Name
}

// edged reports whether a field has a mark for the ends of its range.
func edged(f *view.Field) bool { return f.Kind == view.Number && f.Optional }

// mapping is strict: a document with an undeclared field is refused.
// With meta it is an index's, without it a template's.
func (l *layout) mapping(m *meta) object {
	long := object{"type": "long"}
	unseen := object{"type": "keyword", "index": false, "doc_values": false}
	set := object{"type": "keyword", "doc_values": false}
	properties := object{fieldID: object{"type": "keyword"}, fieldDeleted: object{"type": "boolean"}}
	if l.words {
		properties[fieldWords], properties[fieldHas] = set, set
	}
	for i := range l.schema.Fields {
		f := &l.schema.Fields[i]
		switch f.Kind {
		case view.Keyword:
			properties[f.Name] = object{"type": "keyword"}
		case view.Words:
			properties[f.Name] = unseen
		case view.Time:
			properties[f.Name], properties[f.Name+suffixSecond] = long, long
		case view.Number:
			properties[f.Name] = long
			if edged(f) {
				properties[f.Name+suffixEdge] = object{"type": "long", "index": false}
			}
		case view.Bool:
			properties[f.Name] = long // 0 or 1: a missing truth value sorts last only as a number
		case view.Sealed:
			properties[f.Name] = object{"type": "binary"}
		}
	}
	mapping := object{"dynamic": "strict", "properties": properties}
	if m != nil {
		mapping["_meta"] = m
	}
	return mapping
}

// meta is kept with an index that this engine created and says what it is for.
type meta struct {
	Format int    `json:"format"`
	View   string `json:"view"`
	// Writer is the text that the index's alias for writing ends in.
	Writer string `json:"writer"`
}

// Refresh intervals. An explicit one also applies while nobody searches.
const (
	refreshLive    = "1s"
	refreshFilling = "-1"
)

func settings(o *Options) object {
	s := object{
		"number_of_shards": strconv.Itoa(o.Shards),
		"refresh_interval": refreshLive,
		// An acknowledged document is on disk.
		"translog.durability": "request",
	}
	if o.Replicas > 0 {
		s["number_of_replicas"] = strconv.Itoa(o.Replicas)
	} else {
		s["auto_expand_replicas"] = "0-1"
	}
	return object{"index": s}
}

// templatePriority is above what others are likely to use for wider patterns.
const templatePriority = 500

// template covers all generations of a version, and keeps Elasticsearch from
// creating an index by itself.
func (l *layout) template(n names, o *Options) object {
	return object{
		"index_patterns":    []string{n.covered(l.schema.Name, l.schema.Version)},
		"allow_auto_create": false,
		"priority":          templatePriority,
		"template":          object{"settings": settings(o), "mappings": l.mapping(nil)},
	}
}
