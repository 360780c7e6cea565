package view

import (
	"math"
	"time"

	// The zone database travels with the program, so that a bucket begins at the
	// same moment on every machine.
	_ "time/tzdata"
)

// Interval is the width of a histogram's buckets.
type Interval string

// The intervals.
const (
	Hour  Interval = "hour"
	Day   Interval = "day"
	Week  Interval = "week"
	Month Interval = "month"
)

// Clock cuts time into the buckets of a histogram.
//
// A day, week or month begins at the first moment of its first day in the zone:
// midnight, the earlier one where a clock set back shows it twice, and the
// moment of the change where a clock set forward skips it. An hour begins where
// the zone's clock shows a full one; where the clock was changed by less than
// an hour, the cut hour belongs to the bucket before the change.
type Clock struct {
	zone     *time.Location
	interval Interval
}

// NewClock gives a clock, and false when there is no such interval or zone.
func NewClock(interval Interval, zone string) (*Clock, bool) {
	switch interval {
	case Hour, Day, Week, Month:
	default:
		return nil, false
	}
	if zone == "" {
		zone = "UTC"
	}
	if !validZone(zone) {
		return nil, false
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, false
	}
	return &Clock{zone: location, interval: interval}, true
}

// validZone lets names of the zone database pass, and neither paths nor the
// machine's own zone nor the tables that count leap seconds.
func validZone(name string) bool {
	if len(name) > MaxName || name[0] < 'A' || name[0] > 'Z' || name == "Local" {
		return false
	}
	for i := range len(name) {
		c := name[i]
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !word && c != '/' && c != '_' && c != '-' && c != '+' {
			return false
		}
	}
	return true
}

// Zone gives the IANA name of the clock's zone.
func (c *Clock) Zone() string { return c.zone.String() }

// Interval gives the width of the clock's buckets.
func (c *Clock) Interval() Interval { return c.interval }

// Stretch is a piece of time whose moments all lie in one bucket: From is the
// first of them, Until the first that is not. Start is when the bucket begins.
// All are nanoseconds since 1970 UTC.
//
// A bucket can have several stretches: where a clock was set back over midnight,
// the end of the day before comes after the first minutes of the day.
type Stretch struct{ Start, From, Until int64 }

// Stretch gives the longest stretch around a moment that a time field can hold.
func (c *Clock) Stretch(at int64) Stretch {
	from, to, offset := c.steady(at)
	first, next := c.cell(at + offset)
	s := Stretch{From: max(first-offset, from), Until: min(next-offset, to)}
	if c.interval != Hour {
		s.Start = c.firstMoment(first)
		return s
	}
	s.Start = first - offset
	for s.Start < from {
		change := from
		from, _, offset = c.steady(change - 1)
		first, _ = c.cell(change - 1 + offset)
		s.Start = first - offset
	}
	return s
}

// Label gives a bucket's start in RFC 3339 with the zone's offset.
func (c *Clock) Label(start int64) string {
	return time.Unix(0, start).In(c.zone).Format(time.RFC3339)
}

// steady gives the longest time around a moment in which the zone's offset stays.
func (c *Clock) steady(at int64) (from, to, offset int64) {
	t := time.Unix(0, at).In(c.zone)
	_, seconds := t.Zone()
	from, to = math.MinInt64, math.MaxInt64
	begin, end := t.ZoneBounds()
	if !begin.IsZero() && begin.Unix() > math.MinInt64/int64(time.Second) {
		from = begin.UnixNano()
	}
	if !end.IsZero() && end.Unix() < math.MaxInt64/int64(time.Second) {
		to = end.UnixNano()
	}
	if to <= at {
		// Beyond its table of changes the standard library takes every year for one
		// of 365 days, so on the last of 366 it says that the zone changed before.
		to = time.Date(time.Unix(0, at).UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	}
	return from, to, int64(seconds) * int64(time.Second)
}

// cell gives the hour, day, week or month around a local time, and the next one,
// all written as if they were UTC.
func (c *Clock) cell(local int64) (first, next int64) {
	if c.interval == Hour {
		first = local - mod(local, int64(time.Hour))
		return first, first + int64(time.Hour)
	}
	y, m, d := time.Unix(0, local).UTC().Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	end := begin.AddDate(0, 0, 1)
	switch c.interval {
	case Week:
		begin = begin.AddDate(0, 0, -(int(begin.Weekday())+6)%7)
		end = begin.AddDate(0, 0, 7)
	case Month:
		begin = begin.AddDate(0, 0, 1-d)
		end = begin.AddDate(0, 1, 0)
	case Hour, Day:
	}
	return begin.UnixNano(), end.UnixNano()
}

// firstMoment gives the first moment of a day, whose midnight is given as if it
// were UTC.
func (c *Clock) firstMoment(midnight int64) int64 {
	// No zone is further than 26 hours from UTC.
	at := midnight - 26*int64(time.Hour)
	for {
		from, to, offset := c.steady(at)
		if moment := midnight - offset; moment < to {
			return max(moment, from)
		}
		at = to
	}
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }
