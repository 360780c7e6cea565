package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// An event of the benchmark: 400 bytes of data and metadata, like an event of the
// product; a stream takes streamLength of them, as an account does, and then the writer begins another.
const (
	dataBytes     = 150
	metadataBytes = 250
	streamLength  = 20
)

// payload looks like sealed data: it is not compressible.
func payload(n int) []byte {
	b := make([]byte, 0, n+64)
	for i := uint64(1); len(b) < n; i++ {
		b = strconv.AppendUint(b, i*0x9e3779b97f4a7c15, 36)
	}
	return b[:n]
}

// AppendOurs measures durable appends of one event each to the embedded store, in a new
// folder under dir.
func AppendOurs(ctx context.Context, dir string, writers int, d time.Duration) (rate Rate, err error) {
	dir, err = os.MkdirTemp(dir, "ours")
	if err != nil {
		return rate, fmt.Errorf("bench: append: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := embedded.Open(embedded.Options{Dir: dir})
	if err != nil {
		return rate, fmt.Errorf("bench: append: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	data, metadata := payload(dataBytes), payload(metadataBytes)
	streams, ids := make([]string, writers), make([]uuid.UUID, writers)
	return load(ctx, writers, d, func(ctx context.Context, w, n int) error {
		version := int64(n % streamLength)
		if version == 0 {
			ids[w] = uuid.New()
			streams[w] = "account-" + ids[w].String()
		}
		ids[w][15]++ // as good as a random id, without its cost
		_, err := store.Append(ctx, streams[w], version-1,
			eventstore.Event{ID: ids[w], Type: "account.permission_granted.v1", Data: data, Metadata: metadata})
		return err
	})
}

// AppendControl measures the same bytes written to a bare file with the same grouping.
func AppendControl(ctx context.Context, dir string, writers int, d time.Duration) (rate Rate, err error) {
	dir, err = os.MkdirTemp(dir, "control")
	if err != nil {
		return rate, fmt.Errorf("bench: append: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file, err := openPlainFile(filepath.Join(dir, "log"))
	if err != nil {
		return rate, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	event := payload(dataBytes + metadataBytes)
	ready := make([]chan struct{}, writers)
	for i := range ready {
		ready[i] = make(chan struct{}, 1)
	}
	return load(ctx, writers, d, func(_ context.Context, w, _ int) error {
		file.append(event, ready[w])
		return nil
	})
}
