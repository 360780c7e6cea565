package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// MonthKeyLifetime is how long data under a month's key can be read: the clients that started sessions.
const MonthKeyLifetime = 12

// Retain destroys expired keys: those of days and of counts in a month after 30 days, those of months after 12 months. It looks back a year
// further, in case the ledger was off.
func (k *call) retain(ctx context.Context, _ struct{}) (struct{}, error) {
	var keys []string
	last := k.now.Add(-DayKeyLifetime)
	for back := 1; back <= 400; back++ {
		keys = append(keys, DayKey(domain.DayOf(last.Add(-time.Duration(back)*24*time.Hour))))
	}
	first := time.Date(k.now.Year(), k.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for back := 1; back <= 24; back++ {
		keys = append(keys, domain.MonthKey(domain.MonthOf(first.AddDate(0, -MonthKeyLifetime-back, 0))))
	}
	ended := time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC)
	for back := 1; back <= 13; back++ {
		keys = append(keys, MonthHashKey(domain.MonthOf(ended.AddDate(0, -back, 0))))
	}
	return struct{}{}, k.Journal.Destroy(ctx, keys...)
}
