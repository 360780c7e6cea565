package operate

import (
	"accountledger/eventstore"
	"accountledger/replay/transfer"
)

// Progress is how far an operator's command has come.
type Progress struct {
	// View names the view being worked on, or another stage of the command.
	View string `json:"view,omitzero"`
	// Done of Total are finished, counted in Unit; Total is 0 while it is not known.
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Unit  string `json:"unit,omitzero"`
	// Resumed says that the command continues from here; what follows counts from there.
	Resumed bool `json:"resumed,omitzero"`
}

// Stages reports the stages of replay as progress; nil stays nil.
func Stages(progress func(Progress)) transfer.Progress {
	if progress == nil {
		return nil
	}
	return func(stage transfer.Stage, done, total int64, unit eventstore.Unit) {
		progress(Progress{View: string(stage), Done: done, Total: total, Unit: string(unit)})
	}
}
