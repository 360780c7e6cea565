package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"accountledger/server"
)

// ready is the line that serve --json prints once the API answers.
type ready struct {
	Address  string `json:"address"`           // of the API, a URL
	Origin   string `json:"origin,omitzero"`   // where browsers reach it, if that is known
	Internal string `json:"internal,omitzero"` // of metrics and profiles, a URL; none: not served
	Data     string `json:"data"`              // the data folder, absolute
	Version  string `json:"version"`
	Commit   string `json:"commit,omitzero"`
}

func printReady(c *cobra.Command, cfg server.Config, address, internal string) {
	build := server.ThisBuild()
	r := ready{Address: urlOf(cfg, address), Origin: cfg.OriginAt(address), Data: cfg.Data, Version: build.Version, Commit: build.Commit}
	if internal != "" {
		r.Internal = "http://" + reachable(internal)
	}
	if abs, err := filepath.Abs(cfg.Data); err == nil {
		r.Data = abs
	}
	if b, err := json.Marshal(r); err == nil {
		_, _ = fmt.Fprintln(c.OutOrStdout(), string(b))
	}
}

// urlOf is where people and services reach the API.
func urlOf(cfg server.Config, address string) string {
	if cfg.TLS.Own() {
		return "https://" + reachable(address)
	}
	return "http://" + reachable(address)
}

// reachable is an address that this machine can connect to: a listener on all addresses has none of its own.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
