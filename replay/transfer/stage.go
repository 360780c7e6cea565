package transfer

import (
	"context"
	"time"

	"accountledger/eventstore"
)

// Stage is a stage of a long command.
type Stage string

// Stages; those of a move in its order, then those of other commands.
const (
	StageCopy   Stage = "copying the log"
	StageDrain  Stage = "sending what was asked for"
	StageFence  Stage = "fencing the source"
	StageTail   Stage = "copying the rest"
	StageVault  Stage = "copying the vault"
	StageVerify Stage = "verifying"
	StageRead   Stage = "reading the file"
	StageWalk   Stage = "walking the log"
	StageRows   Stage = "opening the vault"
	StageExport Stage = "exporting"
)

// Progress is called with the progress of a stage, a few times a second, from one goroutine. total is 0 if not known.
type Progress func(stage Stage, done, total int64, unit eventstore.Unit)

// UnitRows is what a vault's stages count.
const UnitRows eventstore.Unit = "rows"

const tellEvery = 200 * time.Millisecond

// teller limits how often Progress is called.
type teller struct {
	tell  Progress
	stage Stage
	unit  eventstore.Unit
	total int64
	last  time.Time
}

func (t *teller) at(done int64) {
	if t.tell == nil || time.Since(t.last) < tellEvery {
		return
	}
	t.last = time.Now()
	t.tell(t.stage, done, max(t.total, done), t.unit)
}

func (t *teller) end(done int64) {
	if t.tell != nil {
		t.tell(t.stage, done, max(t.total, done), t.unit)
	}
}

// reading reports the progress of reading a log up to its current head.
func reading(ctx context.Context, log eventstore.Store, stage Stage, tell Progress) (see func(eventstore.Position), err error) {
	head, err := log.Head(ctx)
	if err != nil {
		return nil, err
	}
	total, unit, err := log.Distance(ctx, eventstore.Position{}, head.Position)
	if err != nil {
		return nil, err
	}
	t := teller{tell: tell, stage: stage, unit: unit, total: total}
	t.at(0)
	return func(at eventstore.Position) {
		if tell == nil || time.Since(t.last) < tellEvery {
			return
		}
		if done, _, err := log.Distance(ctx, eventstore.Position{}, at); err == nil {
			t.at(done)
		}
	}, nil
}
