package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

var logLine = regexp.MustCompile(`level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)`)

// logged returns the kinds of lines in a log: level and message.
func logged(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range logLine.FindAllStringSubmatch(text, -1) {
		out[m[1]+" "+m[2]] = true
	}
	return out
}

// unusual returns the lines that a start on an undamaged ledger does not have.
func unusual(text string, usual map[string]bool) []string {
	var out []string
	for line := range logged(text) {
		if !usual[line] {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// cause is the last line of a log that is a warning or an error with a cause; usual ones do not count.
func cause(text string, usual map[string]bool) string {
	for _, line := range slices.Backward(strings.Split(text, "\n")) {
		m := logLine.FindStringSubmatch(line)
		if m != nil && (m[1] == "WARN" || m[1] == "ERROR") && !usual[m[1]+" "+m[2]] {
			return line
		}
	}
	return ""
}

// status is the part of the program's status that shows faults.
type status struct {
	Ready     bool   `json:"ready"`
	Reason    string `json:"reason"`
	Consumers []struct {
		Name   string `json:"name"`
		State  string `json:"state"`
		Reason string `json:"reason"`
	} `json:"consumers"`
	Faults []struct {
		Where string `json:"where"`
		Kind  string `json:"kind"`
		File  string `json:"file"`
	} `json:"faults"`
	Backups struct {
		Fault string `json:"fault"`
	} `json:"backups"`
}

// tells returns the fault that a status shows, or "".
func tells(stdout, stderr string, code int) string {
	var s status
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != 0 {
		return stderr
	}
	if !s.Ready {
		return "not ready: " + s.Reason
	}
	for _, f := range s.Faults {
		return f.Where + ": " + f.Kind + " " + f.File
	}
	if s.Backups.Fault != "" {
		return s.Backups.Fault
	}
	for _, c := range s.Consumers {
		if c.Reason != "" || c.State != "running" {
			return c.Name + " is " + c.State + ": " + c.Reason
		}
	}
	return ""
}
