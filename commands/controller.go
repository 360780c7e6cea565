package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// ControllerSet is what became of a description of the controller.
type ControllerSet struct {
	Description domain.EventID // in force now
	// Changed: another one was in force. Material: what was allowed under its notices no longer counts until people agree again.
	Changed, Material bool
}

// describeController puts a description of the controller in force, and then the notices that name it. An operator who repeats it after
// a crash in between completes it, and so does any start.
func (k *call) describeController(ctx context.Context, in domain.Controller) (ControllerSet, error) {
	out, err := k.changeController(ctx, func(c *domain.Controllers) ([]any, error) { return c.Describe(in) })
	if err != nil {
		return ControllerSet{}, err
	}
	now, _ := out.state.Current()
	set := ControllerSet{Description: now.Event, Changed: len(out.facts) > 0}
	set.Material = set.Changed && now.Material
	return set, k.publish(ctx, out.state)
}

// changeController decides on the controller.
func (k *call) changeController(ctx context.Context, decide func(*domain.Controllers) ([]any, error)) (changed[*domain.Controllers], error) {
	return change[*domain.Controllers]{stream: k.controllerStream(), mayKeep: true,
		decide: func(_ context.Context, c *domain.Controllers, _ journal.Head) ([]any, error) { return decide(c) }}.by(ctx, k)
}

// publishNotices is for a process that starts: it describes the configured controller where a start may, and publishes the notices of
// the built-in catalogue that are not published yet. domain.ErrOtherController if an operator has to decide first.
func (k *call) publishNotices(ctx context.Context, _ struct{}) (struct{}, error) {
	var stale bool
	out, err := k.changeController(ctx, func(c *domain.Controllers) (events []any, err error) {
		events, stale, err = c.Start(k.Config.Controller)
		return events, err
	})
	if err != nil {
		return struct{}{}, err
	}
	if stale {
		k.Log.WarnContext(ctx, "the controller is configured as it was described before, and a newer description stays in force: "+
			"update this configuration, or go back with controller set")
	}
	return struct{}{}, k.publish(ctx, out.state)
}

// publish publishes what is missing of the catalogue's notices.
func (k *call) publish(ctx context.Context, by *domain.Controllers) error {
	catalogue := domain.TheCatalogue()
	for _, p := range catalogue.Permissions {
		if _, err := (change[*domain.Notices]{stream: k.noticeStream(p.Key), mayKeep: true,
			decide: func(_ context.Context, n *domain.Notices, _ journal.Head) ([]any, error) {
				return n.Missing(by, catalogue, p), nil
			}}).by(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
