package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/aclements/go-moremath/stats"
)

// pairs is how many recoveries are asked for of addresses that somebody has, and as many of others.
const pairs = 500

// recoveryRows compares how long it takes to ask for a recovery of an address that somebody has with one that nobody has. The requests come in
// pairs, in random order, so that whatever else slows the machine down is alike for both.
func recoveryRows(ctx context.Context, c config) (_ []Row, err error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, dir, pairs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	took := map[string][]time.Duration{}
	for n := range pairs {
		both := []string{"client", "nobody"} // equally long
		rand.Shuffle(len(both), func(i, j int) { both[i], both[j] = both[j], both[i] })
		for _, who := range both {
			began := time.Now()
			if _, err := send(ctx, s.http, http.MethodPost, s.url+"/v1/recoveries", "",
				fmt.Appendf(nil, `{"email":"%s%d@example.invalid"}`, who, n)); err != nil {
				return nil, err
			}
			took[who] = append(took[who], time.Since(began))
		}
	}
	known, unknown := took["client"], took["nobody"]
	note, err := alike(known, unknown)
	if err != nil {
		return nil, err
	}
	row := Row{Name: fmt.Sprintf("asking for a recovery over HTTP, of %d addresses, p50", pairs), Unit: "ms", Goal: "p-values over 0.01",
		Note: "control: addresses that nobody has; " + note}
	row.OursP99, row.ControlP99 = latency(percentile(known, 0.99)), latency(percentile(unknown, 0.99))
	row.Ours, row.Control = milliseconds(percentile(known, 0.5)), milliseconds(percentile(unknown, 0.5))
	if row.Control > 0 {
		row.Ratio = row.Ours / row.Control
	}
	return []Row{row}, nil
}

// alike says how likely two samples would differ as much if they were of one kind: by their means (Welch's t-test, without the slowest
// hundredth of each, which a pause of the machine makes) and by their order (Mann-Whitney's U test).
func alike(one, other []time.Duration) (string, error) {
	x, y := micros(one), micros(other)
	t, err := stats.TwoSampleWelchTTest(stats.Sample{Xs: most(x)}, stats.Sample{Xs: most(y)}, stats.LocationDiffers)
	if err != nil {
		return "", err
	}
	u, err := stats.MannWhitneyUTest(x, y, stats.LocationDiffers)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Welch t = %.2f, p = %.3f; Mann-Whitney p = %.3f", t.T, t.P, u.P), nil
}

func micros(d []time.Duration) []float64 {
	out := make([]float64, len(d))
	for i := range d {
		out[i] = float64(d[i].Microseconds())
	}
	return out
}

func most(x []float64) []float64 {
	x = slices.Sorted(slices.Values(x))
	return x[:len(x)*99/100]
}
