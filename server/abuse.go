package server

import (
	"time"

	"accountledger/commands"
)

// AbuseConfig is how much strangers may ask for.
type AbuseConfig struct {
	SignUpsHour int `koanf:"sign_ups_hour"`
	SignUpsDay  int `koanf:"sign_ups_day"`
	// Recoveries are asked for by strangers, too.
	RecoveriesHour int `koanf:"recoveries_hour"`
	RecoveriesDay  int `koanf:"recoveries_day"`
	// ChangesMinute and SignInsHour are one person's.
	ChangesMinute int `koanf:"changes_minute"`
	SignInsHour   int `koanf:"sign_ins_hour"`
	// Challenge is what guests are asked for who ask for very much.
	Challenge challengeKind `koanf:"challenge"`
}

// challengeKind is a kind of challenge.
type challengeKind string

const (
	challengeOff  challengeKind = "off"
	challengeWork challengeKind = "pow"
)

// usualAbuse are the settings that mean commands.DefaultLimits, where the numbers stand.
func usualAbuse() AbuseConfig {
	usual := commands.DefaultLimits()
	return AbuseConfig{
		SignUpsHour: eventsIn(usual.SignUps, time.Hour), SignUpsDay: eventsIn(usual.SignUps, 24*time.Hour),
		RecoveriesHour: eventsIn(usual.Recoveries, time.Hour), RecoveriesDay: eventsIn(usual.Recoveries, 24*time.Hour),
		ChangesMinute: int(time.Minute / usual.Changes.Every), SignInsHour: int(time.Hour / usual.Starts.Every),
		Challenge: challengeWork,
	}
}

// eventsIn is what one of the limits allows in a window; 0: none has that window.
func eventsIn(limits []commands.Limit, window time.Duration) int {
	for _, l := range limits {
		if l.Window == window {
			return l.Events
		}
	}
	return 0
}

// limits are those on attempts.
func (c AbuseConfig) limits() commands.Limits {
	all := commands.DefaultLimits()
	all.SignUps = perHourAndDay(c.SignUpsHour, c.SignUpsDay)
	all.Recoveries = perHourAndDay(c.RecoveriesHour, c.RecoveriesDay)
	all.Changes, all.Starts = atRate(all.Changes, c.ChangesMinute, time.Minute), atRate(all.Starts, c.SignInsHour, time.Hour)
	return all
}

// perHourAndDay are limits of so many in an hour and in a day; 0: none.
func perHourAndDay(hour, day int) (all []commands.Limit) {
	if hour > 0 {
		all = append(all, commands.Limit{Events: hour, Window: time.Hour})
	}
	if day > 0 {
		all = append(all, commands.Limit{Events: day, Window: 24 * time.Hour})
	}
	return all
}

// atRate is a bucket that fills at n in a period and holds as many periods' worth as the usual one does; n = 0: no limit.
func atRate(usual commands.Bucket, n int, period time.Duration) commands.Bucket {
	if n == 0 {
		return commands.Bucket{}
	}
	return commands.Bucket{Burst: n * usual.Burst / int(period/usual.Every), Every: period / time.Duration(n)}
}
