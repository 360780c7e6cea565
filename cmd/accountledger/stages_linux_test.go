package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// walked shows the progress of a command that breaks off in its second stage.
func walked(progress func(operate.Progress)) (int, error) {
	progress(operate.Progress{View: "first stage", Done: 5, Total: 10, Unit: "rows"})
	progress(operate.Progress{View: "second stage", Done: 3, Total: 10, Unit: "rows"})
	return 0, errors.New("it broke off")
}

func silent(*cobra.Command, int) error { return nil }

func TestProgressIsShownToWhoeverWatches(t *testing.T) {
	p := openPty(t)
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetErr(p.tty)
	err := interruptible(c, goesOn, walked, silent)
	if err == nil || strings.Contains(err.Error(), "interrupted") {
		t.Error(err)
	}
	if _, err := p.tty.WriteString("the end"); err != nil {
		t.Fatal(err)
	}
	p.await("the end")
	// What went before another stage was done; what broke off was not.
	before, after, found := strings.Cut(p.screen(), "second stage")
	if !found || !strings.Contains(before, "first stage 100%") || strings.Contains(after, "100%") {
		t.Errorf("%q", p.screen())
	}
}

func TestProgressIsShownToNobodyElse(t *testing.T) {
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &cobra.Command{}
	c.SetContext(ctx)
	c.SetErr(&out)
	err := interruptible(c, goesOn, walked, silent)
	if err == nil || !strings.Contains(err.Error(), "interrupted; "+goesOn) {
		t.Error(err)
	}
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}
