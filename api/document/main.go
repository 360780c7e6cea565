// Command document checks /openapi.json on the real program, with the tools that clients are made with:
//
//   - Redocly CLI and Spectral read it, by the rules in redocly.yaml and spectral.yaml;
//   - oapi-codegen and openapi-typescript make clients, with which a small program signs in and reads permissions;
//   - Schemathesis sends what the document says, and what it does not, as a guest, a person, a service, a compliance officer and an analyst.
//
// It needs Go, Node.js with npm, and Python with venv, and fetches the tools into a folder of the user's cache, in the versions that are named here.
// It exits with 1 if anything differs from the document.
//
//	go run ./api/document [-only lint,go,typescript,schemathesis]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// check is one kind of tool.
type check struct {
	name string
	run  func(context.Context, *world) error
}

func checks() []check {
	return []check{{"lint", lint}, {"go", goClient}, {"typescript", typeScriptClient}, {"schemathesis", schemathesis}}
}

func main() {
	only := flag.String("only", "", "the checks to run, separated by commas; all if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "document:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string) error {
	folder, err := os.MkdirTemp("", "document-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	w, err := newWorld(ctx, folder)
	if err != nil {
		return err
	}
	defer w.stop()
	failed := []string{}
	for _, c := range checks() {
		if only != "" && !strings.Contains(","+only+",", ","+c.name+",") {
			continue
		}
		began := time.Now()
		if err := c.run(ctx, w); err != nil {
			failed = append(failed, c.name)
			fmt.Printf("%s: %v\n", c.name, err)
		}
		fmt.Printf("-- %s: %.0f s\n", c.name, time.Since(began).Seconds())
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s failed", strings.Join(failed, ", "))
	}
	return nil
}

// here is the folder of this program's own files.
func here(name string) (string, error) {
	path, err := filepath.Abs(filepath.Join("api", "document", name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "", fmt.Errorf("run it in the repository's folder: %w", err)
	}
	return path, nil
}
