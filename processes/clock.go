package processes

import (
	"context"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// DefaultClockJump is longer than a ledger stands still that is used every day.
const DefaultClockJump = 26 * time.Hour

// noteEvery is into how many parts of the bound a quiet log is divided: at the end of each it is noted that the clock is right.
const noteEvery = 4

// Clock is how the process that settles sees its clock.
type Clock struct {
	// Waits says that nothing is destroyed because of the time: Says is further from Expected than is believed. It ends by itself
	// when the clock is back, or when an operator confirms it.
	Waits bool
	Since time.Time // by the clock itself, when the wait began
	Says  time.Time
	// Expected is the time by the newest believed times of the log and by how long the process has run.
	Expected time.Time
}

// clock compares the wall clock with the time that the log proves and with one that nobody sets. It is safe for
// concurrent use.
type clock struct {
	bound     time.Duration
	monotonic func() time.Duration

	mu sync.Mutex
	// goal is what the list has to reach before it says what the log proves.
	goal  *journal.Checkpoint
	level bool
	// anchor is a time that was believed, at when; zero: none yet. It is firm when it is the wall clock's own.
	anchor time.Time
	at     time.Duration
	firm   bool

	waits bool
	since time.Time
	began time.Duration
	noted time.Time
}

// proven is the time that the log proves with one more event. One that lies further ahead than the bound proves nothing: it
// was written under a clock that had jumped, or by another process's, or after a time in which nobody can say what the
// clock did. What was confirmed counts in any case.
func proven(known time.Time, f domain.Fact, bound time.Duration) time.Time {
	if e, ok := f.Event.(domain.ClockConfirmed); ok {
		return e.Time
	}
	if known.IsZero() || f.At.After(known) && !f.At.After(known.Add(bound)) {
		return f.At
	}
	return known
}

// Clock tells how the clock is seen. Where another process settles, nothing waits here.
func (p *Processes) Clock() Clock {
	p.clock.mu.Lock()
	defer p.clock.mu.Unlock()
	c := Clock{Waits: p.clock.waits, Says: p.Now()}
	if c.Waits {
		c.Since, c.Expected = p.clock.since, p.clock.expected()
	}
	return c
}

// judge reads the wall clock and tells whether it is sure enough to destroy by. What is told here is decided by: the clock
// is not looked at again.
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
		p.Log.Warn("the clock is far from where the log and the time that this process has run put it; nothing is destroyed by time until it is back, "+
			"or until an operator confirms it: accountledger clock confirm", "clock", now.UTC(), "expected", v.expected.UTC())
	case v.ended:
		p.Log.Info("the clock is believed again; what is due is destroyed", "clock", now.UTC(), "expected", v.expected.UTC(), "waited", v.waited.Round(time.Second).String())
	}
	if v.note {
		if _, err := p.Menu.NoteClock(ctx, request(now), commands.NoteClock{}); err != nil && ctx.Err() == nil {
			p.Log.Warn("it could not be noted that the clock is right", "reason", err.Error())
		}
	}
	return now, v.sure
}

// learn gives the time that the log proves, as far as the list has read it, and finds out whether that is all of it.
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

// reached says whether the list has come to the goal.
func (c *clock) reached(goal *journal.Checkpoint, level bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goal, c.level = goal, level
}

// reset forgets what was believed: the list begins again.
func (c *clock) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goal, c.level, c.anchor = nil, false, time.Time{}
}

// trust is for a clock that is never doubted.
func (c *clock) trust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.level = true
}

// idle ends a wait without a word: another process may settle now, and judges for itself.
func (c *clock) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = false
}

// confirmed believes a clock that was confirmed just now. What is read of a past that the list is only catching up with says
// nothing about now.
func (c *clock) confirmed(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level {
		c.anchor, c.at, c.firm = at, c.monotonic(), true
	}
}

// expected is where the clock should be. mu is held.
func (c *clock) expected() time.Time { return c.anchor.Add(c.monotonic() - c.at) }

// verdict is what came of one look at the clock.
type verdict struct {
	sure, began, ended bool
	note               bool // that it is right: the log is quiet
	expected           time.Time
	waited             time.Duration
}

// judge compares the wall clock with what is known of the time.
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
	case !c.firm: // the log's last time was all there was to go by; the clock is better
		c.anchor, c.at, c.firm = v.expected, mono, true
		if now.After(v.expected) {
			c.anchor = now
		}
	case mono-c.at >= c.bound: // two clocks drift apart a little, without having jumped
		c.anchor, c.at = now, mono
	}
	quiet := c.bound / noteEvery
	if !known.IsZero() && now.Sub(known) >= quiet && now.Sub(c.noted).Abs() >= quiet {
		v.note, c.noted = true, now
	}
	return v
}
