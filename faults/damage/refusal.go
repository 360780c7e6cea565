package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// complaints are what can be wrong with an otherwise correct refusal.
const (
	namesNothing = "names neither the file nor its part"
	namesAnother = "blames another file"
	noWayOut     = "does not say what to do next"
)

// partWords are a refusal's words for a part.
func partWords(part string) []string {
	return map[string][]string{
		"log":   {"log", "acknowledged", "pebble", "event"},
		"vault": {"vault"},
		"views": {"view"},
		"rest":  {"deadline", "checkpoint", "messages", "consumer", "witness", "named lock"},
		"list":  {"list of destructions", "destructions", "backup.list"},
		"keys":  {"master key"},
	}[part]
}

// wayOut are a refusal's words for what to do next.
func wayOut() []string {
	return []string{"--accept", "salvage", "restore", "put back", "put the", "bring back", "move ", "delete the", "remove the", "give ", "run ", "start "}
}

// judgeWords returns what is wrong with the wording of a refusal: touched are the damaged paths, all the ledger's.
func judgeWords(r *refusal, touched, all []string) []string {
	text := r.message()
	lower := strings.ToLower(text)
	var out []string
	named := slices.ContainsFunc(touched, func(rel string) bool { return mentions(text, rel) })
	part := slices.ContainsFunc(touched, func(rel string) bool { return containsAny(lower, partWords(partOf(rel))) })
	another := slices.ContainsFunc(all, func(rel string) bool {
		base := filepath.Base(rel)
		return !slices.Contains(touched, rel) && len(base) > 4 && mentions(text, rel) &&
			!slices.ContainsFunc(touched, func(t string) bool { return strings.HasPrefix(filepath.Base(t), base) })
	})
	switch {
	case !named && !part:
		out = append(out, namesNothing)
	case !named && another && len(touched) == 1:
		out = append(out, namesAnother)
	}
	if !containsAny(lower, wayOut()) {
		out = append(out, noWayOut)
	}
	return out
}

// mentions looks for the name of a file. A name that is also a word counts only at the end of a path.
func mentions(text, rel string) bool {
	base := filepath.Base(rel)
	return strings.Contains(text, "/"+base) || strings.ContainsAny(base, ".-") && strings.Contains(text, base)
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// crashed reports whether a program ended by a panic or a signal instead of an error of its own.
func (r *refusal) crashed() bool {
	return r.code <= 0 || strings.Contains(r.stderr, "panic: ") || strings.Contains(r.stderr, "\ngoroutine ")
}

// contents are the bytes of some files; nil is a missing file.
func (f folders) contents(rels []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, rel := range rels {
		b, err := os.ReadFile(f.path(rel))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && b == nil {
			b = []byte{}
		}
		out[rel] = b
	}
	return out, nil
}

// unlike returns the files in which two copies differ.
func unlike(a, b folders) ([]string, error) {
	all, err := both(a, b)
	if err != nil {
		return nil, err
	}
	x, errA := a.contents(all)
	y, errB := b.contents(all)
	return slices.DeleteFunc(all, func(rel string) bool {
		return skipped(rel) || (x[rel] == nil) == (y[rel] == nil) && bytes.Equal(x[rel], y[rel])
	}), errors.Join(errA, errB)
}

// both returns the files of either of two copies.
func both(a, b folders) ([]string, error) {
	x, errA := a.files()
	y, errB := b.files()
	all := append(x, y...)
	slices.Sort(all)
	return slices.Compact(all), errors.Join(errA, errB)
}

// passing reports whether a file's contents are temporary: locks, and SQLite's index of its write-ahead log.
func passing(rel string) bool {
	base := filepath.Base(rel)
	return strings.HasSuffix(base, "-shm") || strings.EqualFold(base, "lock") || strings.HasSuffix(base, ".lock") || strings.HasPrefix(base, "control.")
}

// putBack restores what was damaged: a file if one was damaged, a part if several of it were.
func (f folders) putBack(touched []string, whole bool, from folders) error {
	if whole {
		for _, p := range parts() {
			if slices.ContainsFunc(touched, func(rel string) bool { return partOf(rel) == p }) {
				if err := f.replacePart(p, from); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, rel := range touched {
		err := copyFile(from.path(rel), f.path(rel))
		if errors.Is(err, fs.ErrNotExist) {
			err = os.Remove(f.path(rel))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
