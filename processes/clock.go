package processes

import (
	"context"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// DefaultClockJump is longer than a ledger in daily use is ever idle.
const DefaultClockJump = 26 * time.Hour

// noteEvery is how many times per bound it is recorded in a quiet log that the clock is right.
const noteEvery = 4

// Clock is the state of the clock as seen by the process that settles.
type Clock struct {
	// Waits: nothing is destroyed by time, because Says is too far from Expected. It ends when the clock is back, or when an
	// operator confirms it.
	Waits bool
	Since time.Time // when the wait began, by the clock itself
	Says  time.Time
	// Expected is the time according to the log's latest trusted times and how long the process has run.
	Expected time.Time
}

// clock compares the wall clock with the time proven by the log and with the monotonic clock. It is safe for concurrent use.
type clock struct {
	bound     time.Duration
	monotonic func() time.Duration

	mu sync.Mutex
	// goal is what the list must reach before the proven time is known.
	goal  *journal.Checkpoint
	level bool
	// anchor is a trusted time and at the monotonic time it belongs to; zero if there is none yet. It is firm if it came from the
	// wall clock.
	anchor time.Time
	at     time.Duration
	firm   bool

	waits bool
	since time.Time
	began time.Duration
	noted time.Time
}

// proven is the time proven by the log with one more event. An event further ahead than the bound proves nothing: its clock may have
// jumped, or it came after a gap in which the clock may have done anything. A confirmed time always counts.
func proven(known time.Time, f domain.Fact, bound time.Duration) time.Time {
	if e, ok := f.Event.(domain.ClockConfirmed); ok {
		return e.Time
	}
	if known.IsZero() || f.At.After(known) && !f.At.After(known.Add(bound)) {
		return f.At
	}
	return known
}

// Clock returns the state of the clock. If another process settles, nothing waits here.
func (p *Processes) Clock() Clock {
	p.clock.mu.Lock()
	defer p.clock.mu.Unlock()
	c := Clock{Waits: p.clock.waits, Says: p.Now()}
	if c.Waits {
		c.Since, c.Expected = p.clock.since, p.clock.expected()
	}
	return c
}

// judge reads the wall clock and reports whether it can be trusted to destroy by. Decisions use the time returned; the clock is not
// read again.
func (p *Processes) judge(ctx context.Context) (now time.Time, sure bool) {
	now = p.Now()
	if p.TrustClock {
		p.clock.trust()
		return now, true
	}
	known, err := p.learn(ctx)
	if err != nil && ctx.Err() == nil {
		p.Log.Warn("the clock cannot be compared with the log; nothing is destroyed by time", "reason", err.Error())
	}
	if err != nil || !p.clock.isLevel() {
		return now, false
	}
	v := p.clock.judge(now, known)
	switch {
	case v.began:
		p.Log.Warn("the clock is far from what the log and this process's running time suggest; nothing is destroyed by time until it is back, "+
			"or until an operator confirms it: accountledger clock confirm", "clock", now.UTC(), "expected", v.expected.UTC())
	case v.ended:
		p.Log.Info("the clock is trusted again; due destructions continue", "clock", now.UTC(), "expected", v.expected.UTC(), "waited",
			v.waited.Round(time.Second).String())
	}
	if v.note {
		if _, err := p.Menu.NoteClock(ctx, request(now), commands.NoteClock{}); err != nil && ctx.Err() == nil {
			p.Log.Warn("could not record that the clock is right", "reason", err.Error())
		}
	}
	return now, v.sure
}

// learn returns the time proven by the log as far as the list has read it, and finds out whether that is all of it.
func (p *Processes) learn(ctx context.Context) (time.Time, error) {
	known, err := p.list.known(ctx)
	if err != nil || p.clock.isLevel() {
		return known, err
	}
	at, err := p.list.checkpoint(ctx)
	if err != nil {
		return known, err
	}
	goal := p.clock.wants()
	if goal == nil {
		head, err := p.Journal.Head(ctx)
		if err != nil {
			return known, err
		}
		goal = &head
	}
	p.clock.reached(goal, goal.Position.IsZero() || at.Log == goal.Log && at.Position.Compare(goal.Position) >= 0)
	return p.list.known(ctx) // again: the list may have moved before its checkpoint was read
}

func (c *clock) isLevel() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.level
}

func (c *clock) wants() *journal.Checkpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.goal
}

// reached reports whether the list has reached the goal.
func (c *clock) reached(goal *journal.Checkpoint, level bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goal, c.level = goal, level
}

// reset forgets the trusted times: the list starts again.
func (c *clock) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goal, c.level, c.anchor = nil, false, time.Time{}
}

// trust is for a clock that is always trusted.
func (c *clock) trust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.level = true
}

// idle ends a wait without logging: another process may settle now, and judges for itself.
func (c *clock) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = false
}

// confirmed trusts a clock that was confirmed just now. Confirmations that the list reads while catching up say nothing about now.
func (c *clock) confirmed(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level {
		c.anchor, c.at, c.firm = at, c.monotonic(), true
	}
}

// expected is where the clock should be. mu is held.
func (c *clock) expected() time.Time { return c.anchor.Add(c.monotonic() - c.at) }

// verdict is the result of one check of the clock.
type verdict struct {
	sure, began, ended bool
	note               bool // record that the clock is right: the log is quiet
	expected           time.Time
	waited             time.Duration
}

// judge compares the wall clock with the expected time.
func (c *clock) judge(now, known time.Time) verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.monotonic()
	if c.anchor.IsZero() {
		c.anchor, c.at, c.firm = known, mono, known.IsZero() || now.Sub(known).Abs() <= c.bound
		if c.firm && now.After(known) {
			c.anchor = now
		}
	}
	v := verdict{expected: c.expected()}
	v.sure = now.Sub(v.expected).Abs() <= c.bound
	switch {
	case !v.sure && !c.waits:
		v.began, c.waits, c.since, c.began = true, true, now, mono
	case v.sure && c.waits:
		v.ended, v.waited, c.waits = true, mono-c.began, false
	}
	if !v.sure {
		return v
	}
	switch {
	case !c.firm: // only the log's last time was known; the clock is better
		c.anchor, c.at, c.firm = v.expected, mono, true
		if now.After(v.expected) {
			c.anchor = now
		}
	case mono-c.at >= c.bound: // the clocks drift apart a little without any jump
		c.anchor, c.at = now, mono
	}
	quiet := c.bound / noteEvery
	if !known.IsZero() && now.Sub(known) >= quiet && now.Sub(c.noted).Abs() >= quiet {
		v.note, c.noted = true, now
	}
	return v
}
