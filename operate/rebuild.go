package operate

import (
	"context"

	"accountledger/domain"
	"accountledger/projections"
	"accountledger/projections/runner"
	"accountledger/replay"
)

// RebuildViews says which views to fold again from the log.
type RebuildViews struct {
	// Views are their names; none means all.
	Views []string `json:"views,omitzero"`
	// Restart starts at the beginning of the log, even where a rebuild was interrupted that could be resumed.
	Restart bool `json:"restart,omitzero"`
}

// RebuildStatus is a rebuild of a view that is in progress, or was interrupted and can be resumed: what it folded is kept.
type RebuildStatus struct {
	View string `json:"view"`
	// Underway: it is in progress; how far it is, is not known then.
	Underway bool `json:"underway,omitzero"`
	// Done of Total are folded, in Unit.
	Done  int64  `json:"done,omitzero"`
	Total int64  `json:"total,omitzero"`
	Unit  string `json:"unit,omitzero"`
}

// errStopping ends a rebuild with the server.
var errStopping = &domain.Error{Kind: domain.Unavailable, Code: "stopping",
	Message: "The server stops. What was folded is kept: once it runs again, the same command goes on with it."}

// Rebuild folds views from the log again, beside the live ones, and continues where a rebuild was interrupted: what was folded when
// it ends early is kept.
var Rebuild = &Operation[RebuildViews, None]{
	Info:  Info{Name: "rebuild", Progress: true, Records: RecordedFirst, As: domain.OpReplayRebuild, Stops: errStopping},
	views: func(in RebuildViews) []string { return in.Views },
	do:    rebuild,
}

func rebuild(ctx context.Context, o *call, in RebuildViews) (None, error) {
	deps := replay.Deps{Journal: o.Journal, Engine: o.Engine, Views: projections.All(), Partitions: o.Partitions, Leases: o.Leases,
		Budget: o.Budget, Restart: in.Restart,
		Resumed: func(view string, at runner.Reached) {
			o.progress(Progress{View: view, Done: at.Done, Total: at.Total, Unit: at.Unit, Resumed: true})
		}}
	if o.Leases == nil {
		deps.Claim = o.Views.Claim
	}
	if o.Serving && o.Leases == nil {
		deps.Hold = o.Runner.Hold
	}
	watched, ended := o.Rebuilding(summed(len(in.Views), o.progress))
	defer ended()
	return None{}, replay.Rebuild(ctx, deps, in.Views, watched)
}

// summed adds up the progress of some views, once each has reported.
func summed(views int, progress func(Progress)) replay.Progress {
	if views == 0 {
		views = len(projections.All())
	}
	seen := map[string][2]int64{}
	return func(view string, n, total int64) {
		seen[view] = [2]int64{n, total}
		if len(seen) < views {
			return
		}
		all := Progress{View: "folding the views", Unit: "events"}
		for _, one := range seen {
			all.Done += one[0]
			all.Total += one[1]
		}
		progress(all)
	}
}

// Rebuilds lists rebuilds in progress and unfinished ones. With an error it returns those it could find.
func (l *Ledger) Rebuilds(ctx context.Context) ([]RebuildStatus, error) {
	all, err := l.Views.Left(ctx)
	var out []RebuildStatus
	for _, one := range all {
		out = append(out, rebuildStatus(one))
	}
	return out, err
}

func rebuildStatus(one runner.Left) RebuildStatus {
	return RebuildStatus{View: one.View, Underway: one.Underway, Done: one.Done, Total: one.Total, Unit: one.Unit}
}
