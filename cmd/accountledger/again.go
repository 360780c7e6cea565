package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// again is a command line that runs another command on the same ledger, to be pasted into a shell: it starts the program as it
// was started, and carries the config file and the data folder where they were given by flag or environment.
func again(c *cobra.Command, command string) string {
	executable, _ := os.Executable()
	line := programName(os.Args[0], executable) + " " + command
	for _, name := range []string{"config", "data"} {
		value := os.Getenv(server.Prefix + strings.ToUpper(name))
		if f := c.Flags().Lookup(name); f == nil {
			value = ""
		} else if f.Changed {
			value = f.Value.String()
		}
		if value != "" {
			line += " --" + name + " " + shellWord(value)
		}
	}
	return line
}

// programName is how to start a program again that was started as name: go run has built it in a folder of its own.
func programName(name, executable string) string {
	if strings.Contains(executable, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/accountledger"
	}
	return shellWord(name)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// shellWord quotes a word for a shell where it needs that.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
