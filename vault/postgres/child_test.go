//go:build engines

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/postgres"
)

// childVariable makes this test program a separate process that works on a vault: its
// task, the schema, the master key's file, and the address.
const childVariable = "ACCOUNTLEDGER_VAULT_CHILD"

// child does what the variable says and gives the process's exit code.
func child(task string) int {
	part := strings.SplitN(task, " ", 4)
	masters, err := vault.LoadKeyring(part[2])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	v, err := postgres.Open(ctx, part[3], masters, postgres.Options{Schema: part[1], Connections: 4})
	if err == nil {
		if part[0] == "read" {
			err = readUntilDestroyed(ctx, v)
		} else {
			err = writeForEver(ctx, v)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// readUntilDestroyed prints that it got the key, and when the last successful call began.
func readUntilDestroyed(ctx context.Context, v vault.Vault) error {
	var last time.Time
	for {
		began := time.Now()
		_, err := v.Key(ctx, "account/1")
		switch {
		case err == nil && last.IsZero():
			fmt.Println("reading")
			last = began
		case err == nil:
			last = began
		case errors.Is(err, vault.ErrDestroyed):
			fmt.Println(last.UnixNano())
			return nil
		default:
			return err
		}
	}
}

// writeForEver creates and destroys keys until it is killed.
func writeForEver(ctx context.Context, v vault.Vault) error {
	for i := 0; ; i++ {
		n := uuid.NewString()
		if _, err := v.CreateKeys(ctx, n, "shared"); err != nil {
			return err
		}
		if err := v.DestroyKeys(ctx, n); err != nil {
			return err
		}
		if i == 20 {
			fmt.Println("writing")
		}
	}
}

type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, task string, p place, master string) process {
	t.Helper()
	self, err := os.Executable()
	ok(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), childVariable+"="+strings.Join([]string{task, p.schema, master, p.address}, " "))
	out, err := c.StdoutPipe()
	ok(t, err)
	ok(t, c.Start())
	return process{c, bufio.NewScanner(out)}
}

func (p process) says(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatal("a process ended early")
	}
	return p.lines.Text()
}

// Real processes share the vault; two are killed while they write, and
// the others keep reading and writing and hear of destructions in time.
func TestProcessesThatAreKilledHoldNothingUp(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(t.TempDir(), "master.key")
	master, err := vault.CreateMasterKey(file)
	ok(t, err)
	v := p.open(t, postgres.Options{}, master)
	createKeys(t, v, "account/1")
	var readers, writers []process
	for range 2 {
		readers = append(readers, startChild(t, "read", p, file))
		writers = append(writers, startChild(t, "write", p, file))
	}
	for i := range 2 {
		if said := readers[i].says(t) + " " + writers[i].says(t); said != "reading writing" {
			t.Fatal(said)
		}
	}
	for _, w := range writers {
		ok(t, w.Process.Kill())
		_ = w.Wait()
	}
	createKeys(t, v, "shared", "account/2")
	ok(t, v.DestroyKeys(t.Context(), "account/1"))
	destroyed := time.Now()
	for _, r := range readers {
		last, err := strconv.ParseInt(r.says(t), 10, 64)
		ok(t, err)
		if late := time.Unix(0, last).Sub(destroyed); late > second {
			t.Errorf("given %v after its destruction", late)
		}
		ok(t, r.Wait())
	}
}
