package esdbtest

import (
	"time"

	"github.com/google/uuid"
)

// statistics is the prefix of the stream in which the server keeps its own statistics.
const statistics = "$stats-"

// Raw is an event as written by another program: with metadata of any form, or none. Without an id it gets a new one, without a type
// "happened", without a content type that of bytes.
type Raw struct {
	ID                uuid.UUID
	Type, ContentType string
	Data, Metadata    []byte
}

// Write appends events to any stream as someone else, whatever its revision and access rights. It returns the revision of the last one.
func (c *Cluster) Write(stream string, events ...Raw) int64 {
	records := make([]record, len(events))
	for i, e := range events {
		records[i] = record{id: e.ID, typ: e.Type, content: e.ContentType, data: e.Data, metadata: e.Metadata}
		if e.ID == uuid.Nil {
			records[i].id = uuid.New()
		}
		if e.Type == "" {
			records[i].typ = "happened"
		}
		if e.ContentType == "" {
			records[i].content = "application/octet-stream"
		}
	}
	return c.log.write(stream, expectAny, records).revision
}

// Link is an event that refers to another one, named like 3@stream.
func Link(to string) Raw { return Raw{Type: "$>", ContentType: "application/json", Data: []byte(to)} }

// SetMetadata writes a stream's metadata, like {"$maxCount":2} or {"$acl":{"$r":["$admins","ann"]}}. The stream may be $all.
func (c *Cluster) SetMetadata(stream, json string) {
	c.Write("$$"+stream, Raw{Type: "$metadata", ContentType: "application/json", Data: []byte(json)})
}

// AddSystemEntries appends entries of the server's own.
func (c *Cluster) AddSystemEntries(n int) {
	for range n {
		c.log.addStatistics()
	}
}

func (l *log) addStatistics() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(statistics+"127.0.0.1:2113", record{ // certainly new, so the stream is not searched for it
		id: uuid.New(), typ: "$statsCollected", content: "application/json", data: []byte(`{"proc-cpu":0.5}`),
	})
	l.wake()
}

// Scavenge removes what was truncated from streams and the server's own entries, but not the last event of the log.
func (c *Cluster) Scavenge() { c.log.scavenge() }

// Advance moves the server's clock, which otherwise stands still; $maxAge uses it.
func (c *Cluster) Advance(by time.Duration) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.log.now = c.log.now.Add(by)
}
