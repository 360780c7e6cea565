package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
)

// caller is somebody as whom Schemathesis asks. Of the operations that are for them it tries all kinds of requests, of all others a few.
type caller struct {
	who string
	own string // operations, as a regular expression of their ids
}

func callers() []caller {
	return []caller{
		{"guest", "^(signUp|checkCode|resendCode|catalogue|notices?|signIn|continueSignIn|enrol|seeErasure|recover|checkRecovery|waitRecovery|" +
			"completeRecovery|undo|notMe|askSignIn|signInByPasskey)$"},
		{"person", "^(me|setLanguage|listContacts|addContact|history|accesses|listPermissions|setPermission|listDevices|linkDevice|renameDevice|" +
			"unlinkDevice|listSessions|endSession|signIns|makePrimary|removeContact|correctBirth|listFactors|offerTOTP|confirmTOTP|makeRecoveryCodes|" +
			"renameFactor|removeFactor|offerPasskey|confirmPasskey|removePassword)$"},
		{"service", "^decideAccess$"},
		{"compliance", "^(lookUp|reveal|revealQuestion|queryView|listSessions)$"},
		{"analyst", "^(queryView|listSessions)$"},
	}
}

// away end the session that asks, or the account.
const away = "^(signOutEverywhere|raiseSession|changePassword|requestErasure|cancelErasure)$"

// schemathesis asks as everybody.
func schemathesis(ctx context.Context, w *world) error {
	folder, err := fetched(ctx, "python", []string{schemathesisTool}, func(ctx context.Context, folder string) error {
		if err := command(ctx, folder, nil, "python3", "-m", "venv", folder); err != nil {
			return err
		}
		return command(ctx, folder, nil, filepath.Join(folder, "bin", "pip"), "install", "-q", "--disable-pip-version-check", schemathesisTool)
	})
	if err != nil {
		return err
	}
	config, err := here("schemathesis.toml")
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	busy, failed := make(chan struct{}, 2), make(chan error, 2*len(callers()))
	for _, c := range callers() {
		args := []string{"--config-file", config, "run", w.document(), "--url", w.url, "--continue-on-failure", "--suppress-health-check", "all",
			"--no-color", "--exclude-operation-id-regex", away}
		if token := w.tokens[c.who]; token != "" {
			args = append(args, "--header", "Authorization: Bearer "+token)
		}
		env := []string{"SCHEMATHESIS_HOOKS=hooks", "PYTHONPATH=" + filepath.Dir(config), "PYTHONDONTWRITEBYTECODE=1"}
		for _, more := range [][]string{
			{"--include-operation-id-regex", c.own, "--phases", "examples,coverage,fuzzing", "--max-examples", "20"},
			{"--exclude-operation-id-regex", c.own + "|" + away, "--phases", "fuzzing", "--max-examples", "1"},
		} {
			all.Go(func() {
				busy <- struct{}{}
				defer func() { <-busy }()
				if err := command(ctx, w.folder, env, filepath.Join(folder, "bin", "schemathesis"), append(args[:len(args):len(args)], more...)...); err != nil {
					failed <- fmt.Errorf("as %s: %w", c.who, err)
				}
			})
		}
	}
	all.Wait()
	close(failed)
	for one := range failed {
		err = errors.Join(err, one)
	}
	return err
}
