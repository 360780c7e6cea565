package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"accountledger/projections/elastic"
)

// indexing measures how fast documents are stored. The control is a bare loop: the
// very same requests, recorded earlier, sent over as many connections, with the answers
// checked only for errors.
func indexing(ctx context.Context, s *stage, c config) ([]Row, error) {
	docs := crowd(c.index)
	w := newBetween(s, c.url)
	recorded := w.record()
	e := s.cluster(w.url(), nil)
	s.must(e.Remove(ctx, "people"))
	g := s.next(ctx, e)
	s.must(fill(ctx, g, docs))
	s.drop(ctx, e, g)
	bodies := recorded()

	direct := s.cluster(c.url, nil)
	rate := func(work func() error) (float64, error) {
		began := time.Now()
		err := work()
		return float64(len(docs)) / time.Since(began).Seconds(), err
	}
	var ours, control []float64
	for range c.rounds {
		g := s.next(ctx, direct)
		s.must(g.BeginFill(ctx))
		r, err := rate(func() error { return bare(ctx, c.url+"/"+prefix+"-"+g.ID().String()+"/_bulk", bodies) })
		if err != nil {
			return nil, err
		}
		control = append(control, r)
		s.drop(ctx, direct, g)
		g = s.next(ctx, direct)
		if r, err = rate(func() error { return fill(ctx, g, docs) }); err != nil {
			return nil, err
		}
		ours = append(ours, r)
		s.drop(ctx, direct, g)
	}
	return []Row{compared(fmt.Sprintf("bulk indexing of %d documents", len(docs)), "documents/s", median(ours), median(control), "0.7",
		fmt.Sprintf("%d requests, %d at once", len(bodies), elastic.DefaultRequests))}, nil
}

// bare sends bodies as fast as it can.
func bare(ctx context.Context, url string, bodies [][]byte) error {
	connections := &http.Transport{MaxIdleConnsPerHost: elastic.DefaultRequests}
	defer connections.CloseIdleConnections()
	client := &http.Client{Transport: connections}
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(elastic.DefaultRequests)
	for _, body := range bodies {
		sending.Go(func() error {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				return err
			}
			request.Header.Set("Content-Type", "application/x-ndjson")
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			answer, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err == nil && !bytes.Contains(answer[:min(len(answer), 100)], []byte(`"errors":false`)) {
				err = fmt.Errorf("the bare loop got %s", response.Status)
			}
			return err
		})
	}
	return sending.Wait()
}
