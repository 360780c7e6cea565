package elastic

import "sync/atomic"

// Stats are counts since the engine was created, for metrics. They hold no personal data.
type Stats struct {
	// Requests is how many bulk requests were sent, Retries how many of them were retries.
	Requests, Retries int64
	// Stored is how many documents were stored, Passed how many were skipped
	// because they were already there, Refused how many Elasticsearch refused.
	Stored, Passed, Refused int64
	// Deferred is how often a document was rejected for a later retry.
	Deferred int64
	// Refreshes is how many refreshes were requested.
	Refreshes int64
	// Busy is how many bulk requests are under way now, at most Options.Requests.
	Busy int
	// BytesInFlight is how much these requests hold, at most about Options.Requests
	// times Options.BulkBytes.
	BytesInFlight int64
}

type counts struct {
	requests, retries, stored, passed, refused, deferred, refreshes, bytes atomic.Int64
}

// Stats returns the current counts.
func (e *Engine) Stats() Stats {
	return Stats{
		Requests: e.counts.requests.Load(), Retries: e.counts.retries.Load(),
		Stored: e.counts.stored.Load(), Passed: e.counts.passed.Load(), Refused: e.counts.refused.Load(),
		Deferred: e.counts.deferred.Load(), Refreshes: e.counts.refreshes.Load(),
		Busy: e.chunks.busy(), BytesInFlight: e.counts.bytes.Load(),
	}
}
