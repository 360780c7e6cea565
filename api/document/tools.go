package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The versions of the tools.
const (
	redocly           = "@redocly/cli@2.77.0"
	spectral          = "@stoplight/spectral-cli@6.16.3"
	openapiTypeScript = "openapi-typescript@7.13.0"
	openapiFetch      = "openapi-fetch@0.17.0"
	typeScript        = "typescript@5.9.3"
	schemathesisTool  = "schemathesis==4.32.5"
	oapiCodegen       = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"
)

// fetched is a folder of the cache with tools in it, which install puts there once.
func fetched(ctx context.Context, kind string, tools []string, install func(ctx context.Context, folder string) error) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	name := strings.NewReplacer("/", "-", "@", "-", "=", "").Replace(strings.Join(tools, "+"))
	folder := filepath.Join(cache, "accountledger-document", kind+name)
	done := filepath.Join(folder, "installed")
	if _, err := os.Stat(done); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if err := install(ctx, folder); err != nil {
		return "", fmt.Errorf("installing %s: %w", strings.Join(tools, ", "), err)
	}
	return folder, os.WriteFile(done, nil, 0o600)
}

// npm fetches tools of Node.js: the folder that they are in, and that of their programs.
func npm(ctx context.Context, tools ...string) (folder, programs string, err error) {
	folder, err = fetched(ctx, "npm", tools, func(ctx context.Context, folder string) error {
		args := append([]string{"install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"}, tools...)
		return command(ctx, folder, nil, "npm", args...)
	})
	return folder, filepath.Join(folder, "node_modules", ".bin"), err
}

// lint reads the document by the rules of Redocly and Spectral; a warning fails, too.
func lint(ctx context.Context, w *world) error {
	_, programs, err := npm(ctx, redocly, spectral)
	if err != nil {
		return err
	}
	rules, err := here("redocly.yaml")
	if err != nil {
		return err
	}
	if err := command(ctx, w.folder, []string{"REDOCLY_TELEMETRY=off"}, filepath.Join(programs, "redocly"), "lint", "--config", rules, w.document()); err != nil {
		return err
	}
	if rules, err = here("spectral.yaml"); err != nil {
		return err
	}
	return command(ctx, w.folder, []string{"SCARF_ANALYTICS=false"}, filepath.Join(programs, "spectral"), "lint", "--fail-severity=warn", "-r", rules,
		w.document())
}

// goClient makes a client with oapi-codegen and uses it.
func goClient(ctx context.Context, w *world) error {
	folder, made := filepath.Join(w.folder, "goclient"), filepath.Join(w.folder, "goclient", "ledger")
	use, err := here("testdata/goclient")
	if err != nil {
		return err
	}
	if err := os.CopyFS(folder, os.DirFS(use)); err != nil {
		return err
	}
	if err := os.Mkdir(made, 0o700); err != nil {
		return err
	}
	env := []string{"GOFLAGS=-mod=mod", "GOWORK=off"}
	for _, args := range [][]string{
		{"mod", "init", "client"},
		{"run", oapiCodegen, "-generate", "types,client", "-package", "ledger", "-o", filepath.Join(made, "client.go"), w.document()},
		{"mod", "tidy"},
		{"run", ".", w.url, w.email, password},
	} {
		if err := command(ctx, folder, env, "go", args...); err != nil {
			return fmt.Errorf("go %s: %w", args[0], err)
		}
	}
	return nil
}

// typeScriptClient makes types with openapi-typescript and checks a use of them.
func typeScriptClient(ctx context.Context, w *world) error {
	tools, programs, err := npm(ctx, openapiTypeScript, openapiFetch, typeScript)
	if err != nil {
		return err
	}
	use, err := here("testdata/tsclient")
	if err != nil {
		return err
	}
	folder := filepath.Join(w.folder, "tsclient")
	if err := os.CopyFS(folder, os.DirFS(use)); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(tools, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		return err
	}
	if err := command(ctx, folder, nil, filepath.Join(programs, "openapi-typescript"), w.document(), "-o", "ledger.d.ts"); err != nil {
		return err
	}
	return command(ctx, folder, nil, filepath.Join(programs, "tsc"), "--noEmit", "-p", ".")
}
