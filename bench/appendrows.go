package main

import (
	"context"
	"fmt"
)

// appendRows measures durable appends by few and by many writers.
func appendRows(ctx context.Context, c config) ([]Row, error) {
	var rows []Row
	for _, m := range []struct {
		writers int
		goal    float64
	}{{64, 0.55}, {1024, 0.25}} {
		ours, control, err := inTurns(c.rounds,
			func() (Rate, error) { return AppendOurs(ctx, c.dir, m.writers, c.length) },
			func() (Rate, error) { return AppendControl(ctx, c.dir, m.writers, c.length) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, compared(fmt.Sprintf("append, %d writers, 400-byte events", m.writers), "events/s", ours, control, m.goal))
	}
	return rows, nil
}

// inTurns runs ours and the control alternately, so that other load on the machine affects both.
func inTurns(rounds int, measureOurs, measureControl func() (Rate, error)) (ours, control Rate, err error) {
	var o, k []Rate
	for range rounds {
		r, err := measureControl()
		if err != nil {
			return ours, control, err
		}
		k = append(k, r)
		if r, err = measureOurs(); err != nil {
			return ours, control, err
		}
		o = append(o, r)
	}
	return median(o), median(k), nil
}
