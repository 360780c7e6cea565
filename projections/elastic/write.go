package elastic

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"accountledger/projections/view"
)

// write stores documents in as many requests as they need, several at once, and
// then the checkpoint. It blocks while too many requests are under way.
func (s *store) write(ctx context.Context, batch view.Batch) error {
	if len(batch.Checkpoint) > view.MaxCheckpoint {
		return fmt.Errorf("view %s: the checkpoint is too long", s.id.View)
	}
	if batch.Partition < 0 || batch.Partition >= MaxPartitions {
		return fmt.Errorf("view %s: partitions count from 0 to %d", s.id.View, MaxPartitions-1)
	}
	if err := s.check(batch.Documents); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.put(ctx, batch.Documents); err != nil {
		var said *ResponseError
		if errors.As(err, &said) && !said.passes() {
			return s.explain(ctx, err)
		}
		return fmt.Errorf("generation %s: %w", s.id, err)
	}
	if batch.Checkpoint == nil {
		return nil
	}
	return s.places.write(ctx, batch.Partition, batch.Checkpoint)
}

func (s *store) check(docs []*view.Document) error {
	ids := make(map[string]struct{}, len(docs))
	for _, d := range docs {
		if err := s.schema.CheckDocument(d); err != nil {
			return err
		}
		ids[d.ID] = struct{}{}
	}
	if len(ids) != len(docs) {
		return fmt.Errorf("%w: view %s: one id twice in a batch", view.ErrDocument, s.id.View)
	}
	return nil
}

// put sends documents, each chunk as soon as it is full. After an error no more
// are sent.
func (s *store) put(ctx context.Context, docs []*view.Document) error {
	to := target{name: s.writer, alias: true}
	sending, ctx := errgroup.WithContext(ctx)
	for len(docs) > 0 {
		c, err := s.chunks.take(ctx)
		if err != nil {
			break // the group or the caller's context has the reason
		}
		n, err := s.fillChunk(c, docs)
		if err != nil {
			s.chunks.give(c)
			sending.Go(func() error { return err })
			break
		}
		docs = docs[n:]
		sending.Go(func() error {
			defer s.chunks.give(c)
			_, err := s.send(ctx, to, c)
			return err
		})
	}
	if err := sending.Wait(); err != nil {
		return err
	}
	if len(docs) > 0 {
		return ctx.Err()
	}
	return nil
}

// fillChunk writes documents into a chunk until it is full and returns how many.
func (s *store) fillChunk(c *chunk, docs []*view.Document) (n int, err error) {
	for n < len(docs) && len(c.body) < s.options.BulkBytes {
		if c.body, err = s.layout.appendIndex(c.body, docs[n]); err != nil {
			return n, fmt.Errorf("%w: view %s: a document cannot be encoded as JSON", view.ErrDocument, s.id.View)
		}
		c.end()
		n++
	}
	return n, nil
}
