package server

import (
	"context"
	"net/http"

	"accountledger/domain"
	"accountledger/projections"
	"accountledger/projections/runner"
	"accountledger/replay"
)

// RebuildViews says which views are folded anew from the log.
type RebuildViews struct {
	// Views are their names; none means all.
	Views []string `json:"views,omitzero"`
	// Anew begins at the beginning of the log, even where a rebuild was cut off that could be gone on with.
	Anew bool `json:"anew,omitzero"`
}

// RebuildStatus is a rebuild of a view that is under way, or was cut off and can be gone on with: what it folded is kept.
type RebuildStatus struct {
	View string `json:"view"`
	// Underway says that it goes on now; how far it is, is not told then.
	Underway bool `json:"underway,omitzero"`
	// Done of Total are folded, in Unit.
	Done  int64  `json:"done,omitzero"`
	Total int64  `json:"total,omitzero"`
	Unit  string `json:"unit,omitzero"`
}

// errStopping ends a rebuild with the server.
var errStopping = &domain.Error{Kind: domain.Unavailable, Code: "stopping",
	Message: "The server stops. What was folded is kept: once it runs again, the same command goes on with it."}

// Rebuild records the command and builds views again from the log, beside the live ones.
func (o operator) Rebuild(ctx context.Context, in RebuildViews, progress func(Progress)) error {
	if err := o.recordViews(ctx, domain.OpReplayRebuild, in.Views); err != nil {
		return err
	}
	deps := replay.Deps{Journal: o.journal, Engine: o.engine, Views: projections.All(), Partitions: o.partitions(), Leases: o.leases, Budget: o.budget, Anew: in.Anew,
		Resumed: func(view string, at runner.Reached) {
			progress(Progress{View: view, Done: at.Done, Total: at.Total, Unit: at.Unit, Resumed: true})
		}}
	if o.leases == nil {
		deps.Claim = o.views.Claim
	}
	if o.address.Load() != nil && o.leases == nil {
		deps.Hold = o.runner.Hold
	}
	watched, ended := o.watchRebuild(summed(len(in.Views), progress))
	defer ended()
	return replay.Rebuild(ctx, deps, in.Views, watched)
}

// recordViews records a command on views, once they are known to be there.
func (o operator) recordViews(ctx context.Context, op domain.Operation, views []string) error {
	names := make([]domain.ViewName, len(views))
	for i, v := range views {
		if _, ok := o.Schema(v); !ok {
			return errNoView
		}
		names[i] = domain.ViewName(v)
	}
	_, err := o.record(ctx, op, names...)
	return err
}

// summed tells how far some views are together, from when each has told it of itself.
func summed(views int, progress func(Progress)) replay.Progress {
	if views == 0 {
		views = len(projections.All())
	}
	told := map[string][2]int64{}
	return func(view string, n, total int64) {
		told[view] = [2]int64{n, total}
		if len(told) < views {
			return
		}
		all := Progress{View: "folding the views", Unit: "events"}
		for _, one := range told {
			all.Done += one[0]
			all.Total += one[1]
		}
		progress(all)
	}
}

// rebuilds tells of what is between its beginning and its being the live generation; with an error, of what could be found out.
func (s *Server) rebuilds(ctx context.Context) ([]RebuildStatus, error) {
	all, err := s.views.Left(ctx)
	var out []RebuildStatus
	for _, one := range all {
		out = append(out, rebuildStatus(one))
	}
	return out, err
}

func rebuildStatus(one runner.Left) RebuildStatus {
	return RebuildStatus{View: one.View, Underway: one.Underway, Done: one.Done, Total: one.Total, Unit: one.Unit}
}

// handleRebuild answers the command. stopping ends when the server is about to stop, and the rebuild with it.
func handleRebuild(s *Server, mux *http.ServeMux, stopping context.Context) {
	handle(s, mux, "rebuild", func(ctx context.Context, o operator, in RebuildViews, progress func(Progress)) (struct{}, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		err := o.Rebuild(ctx, in, progress)
		if err != nil && ctx.Err() != nil && stopping.Err() != nil {
			err = errStopping
		}
		return struct{}{}, err
	})
}

func (r *remote) Rebuild(ctx context.Context, in RebuildViews, progress func(Progress)) error {
	_, err := ask[struct{}](ctx, r, "rebuild", in, progress)
	return err
}
