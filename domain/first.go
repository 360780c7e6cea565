package domain

import "time"

// What statistics count people by is decided when an event is decided on, from the state of its stream: a view sees one event at a time
// and cannot know. So it survives restarts, and all processes say the same; of two that append at once, one decides again.

// First says in which periods (UTC; weeks are those of ISO 8601, from Monday) an event is the first of its kind by its person. Adding up
// the events that are the first of a day, week or month counts each person once in it. Weeks do not nest in months, so a first of the
// week need not be one of the month, nor the other way round.
type First string

// In which periods. What is not even the first of the day is "".
const (
	FirstOfDay          First = "day"
	FirstOfWeek         First = "week"           // and of the day
	FirstOfMonth        First = "month"          // and of the day
	FirstOfWeekAndMonth First = "week_and_month" // and of the day
	FirstEver           First = "ever"           // and of day, week and month
)

// Validate refuses unknown values.
func (f First) Validate() error {
	return oneOf(f, FirstOfDay, FirstOfWeek, FirstOfMonth, FirstOfWeekAndMonth, FirstEver)
}

// Day reports whether it is the first of the day.
func (f First) Day() bool { return f != "" }

// Week reports whether it is the first of the week.
func (f First) Week() bool {
	return f == FirstOfWeek || f == FirstOfWeekAndMonth || f == FirstEver
}

// Month reports whether it is the first of the month.
func (f First) Month() bool {
	return f == FirstOfMonth || f == FirstOfWeekAndMonth || f == FirstEver
}

// Ever reports whether there was none before.
func (f First) Ever() bool { return f == FirstEver }

// FirstOf says in which periods an event is the first if the one before it was at last; the zero Time: there was none. One that is not
// later than last is the first of nothing.
func FirstOf(last, at time.Time) First {
	if last.IsZero() {
		return FirstEver
	}
	return dayNumber(last).first(dayNumber(at))
}

// onDay is a day in UTC: 1 for 1 January 1970, and 0 for none.
type onDay int32

func dayNumber(t time.Time) onDay { return onDay(t.Unix()/secondsPerDay) + 1 } //nolint:gosec // for millions of years

const secondsPerDay = 24 * 60 * 60

// first is FirstOf for an event on a later day, if d is the day of the one before.
func (d onDay) first(at onDay) First {
	switch week, month := d.week() != at.week(), d.month() != at.month(); {
	case d == 0:
		return FirstEver
	case at <= d:
		return ""
	case week && month:
		return FirstOfWeekAndMonth
	case week:
		return FirstOfWeek
	case month:
		return FirstOfMonth
	}
	return FirstOfDay
}

// week numbers the weeks; 1 January 1970 was a Thursday.
func (d onDay) week() int32 { return (int32(d) + 2) / 7 }

// month numbers the months.
func (d onDay) month() int {
	t := time.Unix((int64(d)-1)*secondsPerDay, 0).UTC()
	return t.Year()*12 + int(t.Month())
}

// weekBegan is the month in which the ISO week of a time began.
func weekBegan(t time.Time) Month {
	monday := (int64(dayNumber(t).week())*7 - 3) * secondsPerDay
	return MonthOf(time.Unix(monday, 0))
}
