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

	"accountledger/server"
)

// settings gives a command flags for settings; none named means all.
func settings(c *cobra.Command, keys ...string) {
	c.Flags().String("config", "", "config file (YAML); also "+server.Prefix+"CONFIG")
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

// setting marks flags of settings: a command may have one of its own by the same name, as staff add has --role.
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

// load reads the configuration that holds for a command: its flags, the environment, the file.
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
	return server.LoadConfig(path, given)
}

// console runs an operator's command on the running server, or on the same server opened for it.
func console(c *cobra.Command, run func(context.Context, server.Console) error) error {
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

// reading runs a command that changes nothing on the running server, or on the folder as it lies there.
func reading(c *cobra.Command, run func(context.Context, server.Reading) error) error {
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

// exporting runs an export, and says when it is not recorded in the log.
func exporting(c *cobra.Command, run func(context.Context, server.Exporter) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	from, unrecorded, err := server.OpenExport(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if unrecorded != "" {
		_, _ = fmt.Fprintf(c.ErrOrStderr(), "accountledger: this export is not recorded in the log: %s\n", unrecorded)
	}
	return run(c.Context(), from)
}

func printJSON(c *cobra.Command, v any) error {
	b, err := json.Marshal(v, jsontext.Multiline(true), json.Deterministic(true))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), string(b))
	return err
}
