package runner

import (
	"context"

	"accountledger/leases"
	"accountledger/projections/view"
)

// Next is a generation of a view on its way to be the live one: filled to the head of the log, made ready for queries and swapped in, or
// left. A crash in between leaves the live one as it is, and what was filled to be gone on with. One goroutine at a time uses it.
type Next struct {
	place Place
	held  func() bool
	// Generation is nil once it is the live one, or left.
	Generation view.Generation
	// Filling brings it to the head.
	Filling *Filling
}

// Next is Begin for a generation that is to be the live one. held says whether the right to fill the view still is the caller's; nil: it
// cannot be lost.
func (p Place) Next(ctx context.Context, restart bool, held func() bool) (*Next, error) {
	g, f, err := p.Begin(ctx, restart)
	if err != nil {
		return nil, err
	}
	if held == nil {
		held = func() bool { return true }
	}
	return &Next{place: p, held: held, Generation: g, Filling: f}, nil
}

// Ready makes what was filled ready for queries, and for the consumers to go on from.
func (n *Next) Ready(ctx context.Context) error {
	if err := n.Filling.Finish(ctx); err != nil {
		return err
	}
	return n.Generation.EndFill(ctx)
}

// CatchUp brings one that is ready to where the head of the log is now.
func (n *Next) CatchUp(ctx context.Context) error {
	if err := Fill(ctx, n.place.Journal, n.Filling)[0]; err != nil {
		return err
	}
	if err := n.Filling.Finish(ctx); err != nil {
		return err
	}
	return n.Generation.Refresh(ctx)
}

// Swap makes it the live one, in one step that is not cancelled half-way. The caller has the generation then, and closes it.
func (n *Next) Swap(ctx context.Context) (view.Generation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !n.held() {
		return nil, leases.ErrLost
	}
	g := n.Generation
	if err := n.place.Engine.Swap(context.WithoutCancel(ctx), g.ID()); err != nil {
		return nil, err
	}
	n.Generation = nil
	return g, nil
}

// Leave is Place.Leave, unless it became the live one. Where the right to fill the view was lost, who has it now takes care of it.
func (n *Next) Leave(ctx context.Context, why error) error {
	g := n.Generation
	if g == nil {
		return nil
	}
	n.Generation = nil
	if !n.held() {
		return g.Close()
	}
	return n.place.Leave(ctx, g, n.Filling, why)
}

// Tidy drops what is older than the live generation, and what unfinished fillings left above it, but for the one that can be gone on
// with. Nobody else may fill the view, or have an older one open in another process.
func (p Place) Tidy(ctx context.Context, live view.GenerationID) error {
	keep := live
	kept, err := p.resume(ctx, false)
	if err != nil {
		return err
	}
	if kept != nil {
		keep = kept.ID()
		if err := kept.Close(); err != nil {
			return err
		}
	}
	all, err := p.Engine.Generations(ctx, p.Declaration.Name)
	if err != nil {
		return err
	}
	for _, id := range all {
		if id != live && id != keep {
			if err := p.Engine.Drop(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
