package esdb

import (
	"context"
	"errors"
	"time"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

const (
	// roundEvery is after how long another round of a search starts in parallel: what a frozen node was sent, or a lost
	// packet, may be answered late or never.
	roundEvery = 2 * time.Second
	// roundsAtOnce bounds the rounds under way.
	roundsAtOnce = 5
	// longestPause is the longest delay between rounds that fail immediately.
	longestPause = time.Second
)

// errNoAnswer: nodes were tried, without success so far.
var errNoAnswer = errors.New("no node of EventStoreDB has answered")

// search is the one search under way. It ends when a node is found, or with the store.
type search struct {
	done   chan struct{}
	opened chan struct{} // closed when calls begin to fail immediately
	last   error         // of the last round that failed; guarded by the link
}

func (s *search) cause() error {
	if s == nil || s.last == nil {
		return errNoAnswer
	}
	return s.last
}

// seek begins a search unless one is under way. The link is locked.
func (l *link) seek(hint, givenUp string, since time.Time) {
	if l.search != nil || l.ended {
		return
	}
	l.since = since
	l.search = &search{done: make(chan struct{}), opened: make(chan struct{})}
	go l.run(l.search, hint, givenUp, since)
}

func (l *link) run(s *search, hint, givenUp string, since time.Time) {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	type result struct {
		node *node
		err  error
	}
	results := make(chan result)
	round := func(hint string) {
		n, err := l.discover.round(ctx, hint, givenUp)
		select {
		case results <- result{n, err}:
		case <-ctx.Done():
			if err == nil {
				n.close()
			}
		}
	}
	pause := backoff.Tries{Steps: backoff.Steps{First: l.discover.conf.interval, Longest: longestPause, Factor: 2}}
	next, late := time.NewTimer(0), time.NewTimer(l.limit-time.Since(since))
	defer next.Stop()
	defer late.Stop()
	for rounds, failed := 0, 0; ; {
		select {
		case <-next.C:
			if rounds < roundsAtOnce {
				rounds++
				go round(hint)
				hint = ""
			}
			next.Reset(roundEvery)
		case r := <-results:
			if r.err == nil {
				l.take(s, r.node)
				return
			}
			rounds--
			failed++
			l.failed(s, r.err, hopeless(r.err) || failed == l.discover.conf.attempts)
			next.Reset(min(pause.Next(), longestPause))
		case <-late.C:
			l.failed(s, nil, true)
		case <-ctx.Done():
			l.mu.Lock()
			l.search, l.ended = nil, true
			l.mu.Unlock()
			close(s.done)
			return
		}
	}
}

// failed records why a round failed, and makes calls fail immediately if open.
func (l *link) failed(s *search, err error, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		s.last = err
	}
	switch {
	case l.down != nil:
		l.down = &eventstore.OutageError{Since: l.since, Cause: s.cause()}
	case open:
		l.down = &eventstore.OutageError{Since: l.since, Cause: s.cause()}
		close(s.opened)
		l.log.Warn("EventStoreDB does not answer", "for", l.use, "since", l.since.UTC().Format(time.RFC3339), "error", s.cause())
	}
}

func (l *link) take(s *search, n *node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer close(s.done)
	if l.search = nil; l.ended {
		n.close()
		return
	}
	l.found.Add(1)
	if l.down != nil {
		l.log.Info("EventStoreDB answers again", "for", l.use, "node", n.at.String(), "after", time.Since(l.since).Round(time.Millisecond).String())
	} else {
		l.log.Info("connected to EventStoreDB", "for", l.use, "node", n.at.String())
	}
	l.node, l.down, l.since = n, nil, time.Time{}
}

// hopeless reports whether retrying helps only once somebody has fixed something: the credentials, or a file.
func hopeless(err error) bool {
	var denied *eventstore.DeniedError
	var file *fileError
	return errors.As(err, &denied) && denied.Credentials || errors.As(err, &file)
}
