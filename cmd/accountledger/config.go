package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"accountledger/operate"
	"accountledger/server"
)

// settings gives a command flags for settings, all of them when no keys are given.
func settings(c *cobra.Command, keys ...string) {
	c.Flags().String("config", "", "config file, YAML ("+server.Prefix+"CONFIG)")
	for _, s := range server.Settings() {
		if len(keys) > 0 && !contains(keys, s.Key) {
			continue
		}
		help := s.Help + " (" + s.Env() + ")"
		switch d := s.Default.(type) {
		case string:
			c.Flags().String(s.Flag(), d, help)
		case bool:
			c.Flags().Bool(s.Flag(), d, help)
		case int:
			c.Flags().Int(s.Flag(), d, help)
		case int64:
			c.Flags().Int64(s.Flag(), d, help)
		case time.Duration:
			c.Flags().Duration(s.Flag(), d, help)
		}
		_ = c.Flags().SetAnnotation(s.Flag(), setting, nil) // it was added just now
	}
}

// setting marks the flags of settings: a command may have a flag of its own by the same name, as staff add has --role.
const setting = "setting"

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func marked(f *pflag.Flag) bool {
	_, ok := f.Annotations[setting]
	return ok
}

// load reads a command's configuration: its flags, the environment, the file. With --json logs are JSON unless log.format is set.
func load(c *cobra.Command) (server.Config, error) {
	given := map[string]any{}
	for _, s := range server.Settings() {
		if f := c.Flags().Lookup(s.Flag()); f != nil && f.Changed && marked(f) {
			given[s.Key] = f.Value.String()
		}
	}
	path, err := c.Flags().GetString("config")
	if err != nil {
		return server.Config{}, err
	}
	if path == "" {
		path = os.Getenv(server.Prefix + "CONFIG")
	}
	if asJSON(c) {
		return server.LoadConfig(path, given, map[string]any{"log.format": "json"})
	}
	return server.LoadConfig(path, given)
}

// outside refuses a path to write to that is inside a ledger's data folder.
func outside(c *cobra.Command, path string) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	return server.OutsideLedgers(&cfg, path)
}

// console runs an operator's command on the running server, or on one that is opened for it and does not serve.
func console(c *cobra.Command, run func(context.Context, operate.Console) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	con, err := server.OpenConsole(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { _ = con.Close() }()
	return run(c.Context(), con)
}

// reading runs a command that changes nothing, on the running server or on the files of a stopped one.
func reading(c *cobra.Command, run func(context.Context, operate.Console) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	from, err := server.OpenReading(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	return run(c.Context(), from)
}

// exporting runs an export. unrecorded says why it is not recorded in the log; "" when it is.
func exporting(c *cobra.Command, run func(ctx context.Context, from operate.Console, unrecorded string) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	from, unrecorded, err := server.OpenExport(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if unrecorded != "" && !asJSON(c) {
		_, _ = fmt.Fprintf(c.ErrOrStderr(), "accountledger: this export is not recorded in the log: %s\n", unrecorded)
	}
	return run(c.Context(), from, unrecorded)
}

func printJSON(c *cobra.Command, v any) error {
	b, err := json.Marshal(v, jsontext.Multiline(true), json.Deterministic(true))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), string(b))
	return err
}
