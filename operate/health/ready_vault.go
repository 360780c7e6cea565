package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/operate/fault"
	"accountledger/vault"
)

// refusedFor is how long the process counts as not ready after something new could not be stored in the vault. The smallest write may
// go through where that did not.
const refusedFor = 3 * time.Second

// dumpPatience bounds how long one row of the vault may take.
const dumpPatience = 5 * time.Second

// errRead ends the reading of rows once one was opened.
var errRead = errors.New("a row was read")

// checkVault does what callers do: it writes, and reads keys from the engine, past what is in memory, up to one that opens. What callers
// themselves met a moment ago counts as well.
func (p *Process) checkVault(ctx context.Context) error {
	if err := p.Ledger().Vault.Ping(ctx); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, dumpPatience)
	defer cancel()
	err := p.Vault.Dump(within, func(rows []vault.Row) error {
		for i := range rows {
			if rows[i].Destroyed {
				continue
			}
			if _, err := rows[i].Open(p.Vault.Keyring()); err != nil {
				return fmt.Errorf("a key: %w", err)
			}
			return errRead
		}
		return nil
	})
	if err != nil && !errors.Is(err, errRead) {
		if ctx.Err() == nil {
			p.Desk.Take(ctx, fault.Vault, "readiness", err)
		}
		return err
	}
	if r := p.Vault.refused.Load(); r != nil && time.Since(r.at) < refusedFor {
		return r.err
	}
	return nil
}
