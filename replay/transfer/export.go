package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strconv"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

// Place is the progress of an export: where it resumes after an interruption.
type Place struct {
	// At is the last event exported; zero is the beginning.
	At eventstore.Checkpoint `json:"at"`
	// Digest is the digest of the events up to there.
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
}

func (p Place) digest() (Digest, error) {
	if p.Events == 0 {
		return Digest{}, nil
	}
	return (&endedData{Events: p.Events, Hash: p.Hash}).digest()
}

// Export writes a log as lines of CloudEvents: a first line (unless it resumes from
// a place), one line per event in the order of the log up to its current head, then the rows of a
// vault, if one is given, which come last so that no key is missing, and a last line
// with count and hash. It leaves nothing out, and holds no more than a page in memory.
//
// A place in another log is an *eventstore.ForeignCheckpointError.
func Export(ctx context.Context, log eventstore.Store, v vault.Portable, from Place, out io.Writer) error {
	id, err := log.LogID(ctx)
	if err != nil {
		return err
	}
	x := &exporting{log: id, out: out, hasher: newHasher()}
	if x.digest, err = from.digest(); err != nil {
		return err
	}
	if err := fits(ctx, log, from.At); err != nil {
		return err
	}
	if from.At.IsZero() {
		if err := x.data(typeBegun, "begun", begunData{Format: exportFormat, Vault: v != nil}); err != nil {
			return err
		}
	}
	if err := x.events(ctx, log, from.At.Position); err != nil {
		return err
	}
	end := endedData{}
	if v != nil {
		if err := x.vault(ctx, v, &end); err != nil {
			return err
		}
	}
	end.Events, end.Hash = x.digest.Events, x.digest.String()
	return x.data(typeEnded, "ended", end)
}

// fits checks that a checkpoint belongs to this log.
func fits(ctx context.Context, log eventstore.Store, at eventstore.Checkpoint) error {
	sub, err := log.Subscribe(ctx, at)
	if err != nil {
		return err
	}
	return sub.Close()
}

type exporting struct {
	log    uuid.UUID
	out    io.Writer
	hasher *hasher
	digest Digest
	rows   hash.Hash
	count  int64
}

func (x *exporting) events(ctx context.Context, log eventstore.Store, after eventstore.Position) error {
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	for e, err := range read(ctx, log, after) {
		if err != nil {
			return err
		}
		if e.Position.Compare(head.Position) > 0 {
			return nil
		}
		x.hasher.add(&x.digest, x.hasher.entry(e))
		b, err := eventLine(x.log, e).encode()
		if err == nil {
			_, err = x.out.Write(b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *exporting) vault(ctx context.Context, v vault.Portable, end *endedData) error {
	x.rows = sha256.New()
	err := v.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			x.count++
			if err := x.data(typeRow, "row-"+strconv.FormatInt(x.count, 10), rowOf(&rows[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	end.Rows, end.RowsHash = x.count, hex.EncodeToString(x.rows.Sum(nil))
	states, err := v.Masters(ctx)
	for _, s := range states {
		end.Masters = append(end.Masters, masterData{ID: s.ID, Made: s.MadeAt, Began: s.BeganAt, Ended: s.EndedAt, Destroyed: s.DestroyedAt})
	}
	return err
}

func (x *exporting) data(kind, id string, data any) error {
	l, err := dataLine(x.log, kind, id, data)
	if err != nil {
		return err
	}
	b, err := l.encode()
	if err != nil {
		return err
	}
	if kind == typeRow {
		x.rows.Write(b)
	}
	_, err = x.out.Write(b)
	return err
}
