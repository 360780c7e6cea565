package journal

import (
	"sync"

	"accountledger/eventstore"
)

// cachedRecords bounds what is kept of the log in decoded form: at about 1 KiB each, 8 MiB.
const cachedRecords = 8 << 10

// pageCache keeps the events decoded last, each in the slot of its position: consumers near the head all read the
// same ones, if not in the same pages. A nil one keeps nothing.
type pageCache struct {
	mu    sync.RWMutex
	slots []Record // made by the first put
}

func newPageCache() *pageCache { return &pageCache{} }

func slotOf(p Position) uint64 { return p.Commit() % cachedRecords }

// get fills in the records of those events that are at hand, and says which; nil when none is.
func (c *pageCache) get(events []eventstore.Recorded, records []Record) (have []bool) {
	if c == nil {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.slots == nil {
		return nil
	}
	for i := range events {
		slot := &c.slots[slotOf(events[i].Position)]
		if slot.Position != events[i].Position || slot.ID.UUID != events[i].ID {
			continue
		}
		if have == nil {
			have = make([]bool, len(events))
		}
		records[i], have[i] = *slot, true
	}
	return have
}

// put keeps records, but for those that were there.
func (c *pageCache) put(records []Record, had []bool) {
	if c == nil || len(records) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots == nil {
		c.slots = make([]Record, cachedRecords)
	}
	for i := range records {
		if had == nil || !had[i] {
			c.slots[slotOf(records[i].Position)] = records[i]
		}
	}
}
