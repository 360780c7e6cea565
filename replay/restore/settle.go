package restore

import (
	"context"
	"fmt"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/replay/backup"
	"accountledger/replay/transfer"
)

// loaded is a ledger that goes on from an earlier state.
type loaded struct {
	*Target
	menu *commands.Menu
	tell transfer.Progress
}

func restoreRequest() commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "restore"}
}

// endOpen erases accounts whose keys are destroyed, ends or completes sign-ups, and frees identifiers of nobody. It counts in out.
func (l *loaded) endOpen(ctx context.Context, out *Restored) error {
	left, err := backup.Find(ctx, l.Parts.Log, l.Parts.Journal, l.Vault, l.tell)
	if err != nil {
		return err
	}
	for id := range left.Erased {
		a, err := l.menu.EraseRestored(ctx, restoreRequest(), commands.EraseRestored{Account: id})
		if err != nil {
			return fmt.Errorf("account %s: %w", id, err)
		}
		if a.Value.Erased {
			out.Erased++
		}
	}
	for id := range left.SignUps {
		if _, err := l.menu.SettleSignUp(ctx, restoreRequest(), commands.SettleSignUp{ID: id}); err != nil {
			return fmt.Errorf("sign-up %s: %w", id, err)
		}
		out.SignUps++
	}
	for _, claim := range left.Claims {
		if _, err := l.menu.DropClaim(ctx, restoreRequest(), commands.DropClaim{Claim: claim}); err != nil {
			return fmt.Errorf("claim %s: %w", claim, err)
		}
	}
	return nil
}
