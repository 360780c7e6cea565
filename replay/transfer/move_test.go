package transfer_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// ledger is a side with some history, keys that it names, one of them destroyed, a secret and an identifier.
func ledger(t *testing.T, log eventstore.Store) transfer.Side {
	t.Helper()
	s := transfer.Side{Log: log, Vault: newVault(t)}
	history(t, log, 100)
	_, err := s.Vault.CreateKeys(t.Context(), "account/1", "account/2", "signup/1")
	ok(t, err)
	versions := map[string]int64{}
	for i, keys := range [][]string{{"account/1"}, {"account/2", "account/1"}, {"signup/1"}} {
		appendTo(t, log, versions, "sealed", eventstore.Event{ID: uuid.New(), Type: "sealed.v1", Data: sealed(keys...), Metadata: []byte(`{"format":1}`)})
		_ = i
	}
	ok(t, s.Vault.DestroyKeys(t.Context(), "signup/1"))
	ok(t, s.Vault.PutSecret(t.Context(), "password/1", []byte("hash")))
	_, err = s.Vault.InsertIdentifier(t.Context(), vault.Digest{1}, uuid.New())
	ok(t, err)
	return s
}

func one() eventstore.Event {
	return eventstore.Event{ID: uuid.New(), Type: "thing.happened.v1", Data: []byte("{}"), Metadata: []byte("{}")}
}

func TestMove(t *testing.T) {
	from := ledger(t, newLog(t))
	to := transfer.Side{Log: newESDB(t, esdbtest.Options{}), Vault: newVault(t)}
	head, err := from.Log.Head(t.Context())
	ok(t, err)
	var drained bool
	stages := map[transfer.Stage]bool{}
	m := transfer.Move{From: from, To: to,
		Drain: func(ctx context.Context) error {
			drained = true // what it appends is transferred too
			_, err := from.Log.Append(ctx, "delivery-1", eventstore.NoStream, one())
			return err
		},
		Marks: func(context.Context) ([]eventstore.Checkpoint, error) {
			return []eventstore.Checkpoint{head, {}, {Log: head.Log, Position: head.Position}}, nil
		},
		Tell: func(stage transfer.Stage, _, _ int64, _ eventstore.Unit) { stages[stage] = true }}
	done, err := m.Run(t.Context())
	ok(t, err)
	if !drained || done.Events != 104 || done.Digest != sum(t, to.Log) || done.Keys != 2 || done.KeysDestroyed != 1 ||
		done.Vault != (transfer.Rows{Keys: 2, Secrets: 1, Identifiers: 1, Destroyed: 1}) {
		t.Errorf("%+v", done)
	}
	if len(stages) < 4 {
		t.Errorf("told of %v", stages)
	}
	for _, i := range []int{0, 2} {
		place := done.Places[i]
		if place.Event != head.Event || place.Log != done.To {
			t.Errorf("place %d: %+v", i, place)
		}
		sub, err := to.Log.Subscribe(t.Context(), place)
		ok(t, err)
		page, err := sub.Next(t.Context(), 10)
		ok(t, err)
		if len(page.Events) > 1 || len(page.Events) == 1 && page.Events[0].Stream != "delivery-1" {
			t.Errorf("after the mark comes %+v", page.Events)
		}
		ok(t, sub.Close())
	}
	if done.Places[1] != (eventstore.Checkpoint{}) {
		t.Errorf("%+v", done.Places[1])
	}
	_, err = from.Log.Append(t.Context(), "too-late", eventstore.NoStream, one())
	want(t, err, eventstore.ErrFenced)
	secret, err := to.Vault.Secret(t.Context(), "password/1")
	ok(t, err)
	if string(secret) != "hash" {
		t.Error("another secret")
	}
	again, err := m.Run(t.Context())
	ok(t, err)
	if again.Digest != done.Digest || again.Resumed != 104 {
		t.Errorf("%+v", again)
	}
	_, err = to.Log.Append(t.Context(), "goes-on", eventstore.NoStream, one())
	ok(t, err)
}

// Everything the source acknowledges, before or during the move, is in the target.
func TestMoveLosesNothingOfABusySource(t *testing.T) {
	from := ledger(t, newLog(t))
	to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
	acknowledged := make(chan map[uuid.UUID]bool)
	begun := make(chan struct{})
	go func() {
		ids := map[uuid.UUID]bool{}
		for v := eventstore.NoStream; ; v++ {
			e := one()
			_, err := from.Log.Append(t.Context(), "busy", v, e)
			if err != nil {
				if !errors.Is(err, eventstore.ErrFenced) {
					t.Error(err)
				}
				acknowledged <- ids
				return
			}
			ids[e.ID] = true
			if v == 20 {
				close(begun)
			}
		}
	}()
	<-begun
	done, err := (&transfer.Move{From: from, To: to}).Run(t.Context())
	ok(t, err)
	ids := <-acknowledged
	for _, e := range all(t, to.Log) {
		delete(ids, e.ID)
	}
	if len(ids) > 0 || done.Digest != sum(t, from.Log) {
		t.Errorf("%d acknowledged events are missing", len(ids))
	}
}

func TestMoveGoesOnAfterABreakAtEveryStage(t *testing.T) {
	for _, at := range []transfer.Stage{transfer.StageCopy, transfer.StageFence, transfer.StageTail, transfer.StageVault, transfer.StageVerify} {
		t.Run(string(at), func(t *testing.T) {
			from := ledger(t, newLog(t))
			to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := transfer.Move{From: from, To: to, Tell: func(stage transfer.Stage, _, _ int64, _ eventstore.Unit) {
				if stage == at {
					cancel()
				}
			}}
			_, err := m.Run(ctx)
			want(t, err, context.Canceled)
			m.Tell = nil
			done, err := m.Run(t.Context())
			ok(t, err)
			if done.Digest != sum(t, to.Log) || done.Events != 103 || done.Keys != 2 {
				t.Errorf("%+v", done)
			}
		})
	}
}

// An attempt interrupted after the vault was transferred is followed by what the source's vault has lost since.
func TestMoveFollowsWhatTheVaultLostMeanwhile(t *testing.T) {
	from := ledger(t, newLog(t))
	to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
	claim := uuid.New()
	_, err := from.Vault.InsertIdentifier(t.Context(), vault.Digest{2}, claim)
	ok(t, err)
	m := transfer.Move{From: from, To: to}
	_, err = m.Run(t.Context())
	ok(t, err)
	ok(t, from.Vault.DeleteIdentifier(t.Context(), claim))
	ok(t, from.Vault.DestroyKeys(t.Context(), "account/2"))
	done, err := m.Run(t.Context())
	ok(t, err)
	if done.Keys != 1 || done.KeysDestroyed != 2 || done.Vault.Identifiers != 1 {
		t.Errorf("%+v", done)
	}
	_, err = to.Vault.Identifier(t.Context(), vault.Digest{2})
	want(t, err, vault.ErrNotFound)
}

func TestMoveNamesAKeyThatIsMissing(t *testing.T) {
	from := ledger(t, newLog(t))
	appendTo(t, from.Log, map[string]int64{}, "lost",
		eventstore.Event{ID: uuid.New(), Type: "sealed.v1", Data: sealed("account/lost"), Metadata: []byte(`{"format":1}`)})
	_, err := (&transfer.Move{From: from, To: transfer.Side{Log: newLog(t), Vault: newVault(t)}}).Run(t.Context())
	var missing *transfer.KeyMissingError
	if !errors.As(err, &missing) || missing.Key != "account/lost" || !errors.Is(err, transfer.ErrKeyMissing) {
		t.Errorf("%v", err)
	}
}

func TestMoveRefusesAVaultWithOtherContents(t *testing.T) {
	from := ledger(t, newLog(t))
	to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
	_, err := to.Vault.CreateKeys(t.Context(), "account/1")
	ok(t, err)
	_, err = (&transfer.Move{From: from, To: to}).Run(t.Context())
	want(t, err, vault.ErrOccupied)

	to = transfer.Side{Log: newLog(t), Vault: newVault(t)}
	_, err = to.Vault.CreateKeys(t.Context(), "somebody/else")
	ok(t, err)
	from = ledger(t, newLog(t))
	_, err = (&transfer.Move{From: from, To: to}).Run(t.Context())
	want(t, err, transfer.ErrVault)
}

func TestAbandon(t *testing.T) {
	from := ledger(t, newLog(t))
	to := transfer.Side{Log: newLog(t), Vault: newVault(t)}
	want(t, transfer.Abandon(t.Context(), from, to), transfer.ErrNotMoving)
	m := transfer.Move{From: from, To: to}
	_, err := m.Run(t.Context())
	ok(t, err)
	ok(t, transfer.Abandon(t.Context(), from, to))
	_, err = from.Log.Append(t.Context(), "goes-on", eventstore.NoStream, one())
	ok(t, err)
	_, err = to.Log.Append(t.Context(), "nobody", eventstore.NoStream, one())
	want(t, err, eventstore.ErrFenced)
	_, err = m.Run(t.Context())
	want(t, err, transfer.ErrTargetFenced)
	want(t, transfer.Abandon(t.Context(), from, to), transfer.ErrNotMoving)

	// To another target, which is then served from.
	to = transfer.Side{Log: newLog(t), Vault: newVault(t)}
	m.To = to
	_, err = m.Run(t.Context())
	ok(t, err)
	_, err = to.Log.Append(t.Context(), "served", eventstore.NoStream, one())
	ok(t, err)
	want(t, transfer.Abandon(t.Context(), from, to), transfer.ErrAhead)
	_, err = from.Log.Append(t.Context(), "nobody", eventstore.NoStream, one())
	want(t, err, eventstore.ErrFenced)
	_, err = to.Log.Append(t.Context(), "still-served", eventstore.NoStream, one())
	ok(t, err)
	_, err = (&transfer.Move{From: from, To: transfer.Side{Log: newLog(t), Vault: newVault(t)}}).Run(t.Context())
	want(t, err, transfer.ErrMovedElsewhere)
}
