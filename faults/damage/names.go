package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// names gives the files of a ledger names that are the same in each run: Pebble's file numbers, versions of views and
// random ids are left out. If Pebble has several files of a kind, the newest has the plain name, and the others a number.
func names(files []string) map[string]string { // by path below the root
	out := map[string]string{}
	seen := map[string]int{}
	for _, rel := range slices.Backward(files) {
		name := nameOf(rel)
		if n := seen[name]; n > 0 {
			out[rel] = fmt.Sprintf("%s.%d", name, n)
		} else {
			out[rel] = name
		}
		seen[name]++
	}
	return out
}

var (
	pebbleFile = regexp.MustCompile(`^data/log/pebble/(?:(\d+)\.(log|sst|blob)|(MANIFEST|OPTIONS)-\d+|(marker\.[a-z-]+)\..*|(LOCK))$`)
	viewFile   = regexp.MustCompile(`^data/views/([a-z]+)\.(?:v\d+\.g\d+\.)?(.+)$`)
	headFile   = regexp.MustCompile(`^keys/.*\.head$`)
	keyFile    = regexp.MustCompile(`^keys/.*\.key$`)
)

func nameOf(rel string) string {
	if m := pebbleFile.FindStringSubmatch(rel); m != nil {
		kind := strings.ToLower(m[2] + m[3] + m[4] + m[5])
		if kind == "log" {
			kind = "wal"
		}
		return "log/" + kind
	}
	if m := viewFile.FindStringSubmatch(rel); m != nil {
		return "views/" + m[1] + "." + m[2]
	}
	switch {
	case headFile.MatchString(rel):
		return "list/head"
	case keyFile.MatchString(rel):
		return "keys/master"
	case rel == "list/destructions":
		return "list/entries"
	}
	return strings.TrimPrefix(rel, "data/")
}

// fileKind is a name without what distinguishes files of one kind: the row of the table.
func fileKind(name string) string {
	if rest, ok := strings.CutPrefix(name, "views/"); ok {
		_, kind, _ := strings.Cut(rest, ".")
		return "views/*." + kind
	}
	if strings.HasPrefix(name, "log/") {
		base, _, _ := strings.Cut(name, ".")
		if base == "log/marker" {
			return base
		}
		return base
	}
	return name
}
