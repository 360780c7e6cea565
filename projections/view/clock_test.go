package view_test

import (
	"testing"
	"time"

	"accountledger/projections/view"
)

// TestStretch walks from stretch to stretch through all the time that a field can
// hold: each holds the moment it was asked for and ends where the next begins.
func TestStretch(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Monrovia",
		"Pacific/Apia", "Africa/Casablanca"} {
		for _, interval := range []view.Interval{view.Day, view.Week, view.Month} {
			clock, ok := view.NewClock(interval, zone)
			if !ok {
				t.Fatal(zone)
			}
			for at := int64(0); at < view.MaxTime; {
				s := clock.Stretch(at)
				if s.From > at || s.Until <= at || s.Start > s.From {
					t.Fatalf("%s of %s at %s: %+v does not hold it", interval, zone, time.Unix(0, at).UTC(), s)
				}
				if s.Until%int64(time.Second) != 0 {
					t.Fatalf("%s of %s at %s: a stretch ends within a second", interval, zone, time.Unix(0, at).UTC())
				}
				at = s.Until
			}
		}
	}
}
