package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
)

// testCase is one damage of one copy.
type testCase struct {
	ID   string
	Kind string // of the damage: a column of the table
	File string // kind of file or part: a row of the table
	from snapshot
	// damage changes a copy and describes how.
	damage func(f folders, rng *rand.Rand) (string, error)
	// asOf is a second acceptable model, if all parts are equally old.
	asOf *model
	// list says that the list of destructions is damaged too, so that a restore tests it.
	list bool
	// during, if set, damages the ledger while it is served, and judges only that.
	during func(*trial, context.Context, *process) error
	// whole says that whole parts were replaced.
	whole bool
}

// none is the kind of cases without damage.
const none = "none"

// cases are all cases.
func (g *grown) cases() ([]testCase, error) {
	var out []testCase
	for _, state := range []string{clean, killed} {
		now, before := g.newer[state], g.older[state]
		single, err := singles(state, now, before)
		if err != nil {
			return nil, err
		}
		out = append(out, undamaged(state, now), whileServing(state, now))
		out = append(out, single...)
		out = append(out, twos(state, now, before)...)
		out = append(out, wholes(state, now, before)...)
	}
	for i, s := range g.running {
		c := undamaged(fmt.Sprintf("running-%d", i), s)
		c.Kind, c.File, c.whole = "copied running", "everything", true
		out = append(out, c)
	}
	return out, nil
}

func undamaged(state string, s snapshot) testCase {
	return testCase{ID: state + "/" + none, Kind: none, File: "everything", from: s,
		damage: func(folders, *rand.Rand) (string, error) { return "nothing", nil }}
}

// singles damage one file each.
func singles(state string, now, before snapshot) ([]testCase, error) {
	all, err := now.files()
	if err != nil {
		return nil, err
	}
	var out []testCase
	name := names(all)
	for _, rel := range all {
		info, err := os.Stat(now.path(rel))
		if err != nil {
			return nil, err
		}
		kinds := fileKinds()
		if info.Size() == 0 {
			kinds = []string{remove}
		}
		if strings.HasSuffix(rel, "-wal") {
			if b, err := os.ReadFile(now.path(rel)); err != nil {
				return nil, err
			} else if _, err := lastFrame(b); err == nil {
				kinds = append(kinds, flipFrame, cutFrame)
			}
		}
		if changed(now.path(rel), before.path(rel)) {
			kinds = append(kinds, older)
		}
		for _, kind := range kinds {
			out = append(out, testCase{ID: path.Join(state, kind, name[rel]), Kind: kind, File: fileKind(name[rel]), from: now, list: partOf(rel) == "list",
				damage: func(f folders, rng *rand.Rand) (string, error) { return spoil(f, before.folders, rel, kind, rng) }})
		}
	}
	return out, nil
}

// spoil damages one file, or replaces it with an older ledger's.
func spoil(f, before folders, rel, kind string, rng *rand.Rand) (string, error) {
	if kind == older {
		return "an earlier copy", copyFile(before.path(rel), f.path(rel))
	}
	return damageFile(f.path(rel), kind, rng)
}

// changed reports whether both files exist and differ.
func changed(now, before string) bool {
	a, errA := os.ReadFile(now)
	b, errB := os.ReadFile(before)
	return errA == nil && errB == nil && !bytes.Equal(a, b)
}

// byName finds a file of a ledger by its name in cases.
func (f folders) byName(name string) (string, error) {
	all, err := f.files()
	if err != nil {
		return "", err
	}
	for rel, n := range names(all) {
		if n == name {
			return rel, nil
		}
	}
	return "", fmt.Errorf("there is no %s", name)
}

// two is a damage of two files together.
type two struct {
	kind, file string
	parts      [2][2]string // name and kind of damage; older and swap take the other ledger's or the other file
}

// twos damage two files at once, each of which reveals damage of the other.
func twos(state string, now, before snapshot) []testCase {
	all := []two{
		{"two files", "log/acknowledged", [2][2]string{{"log/acknowledged", remove}, {"log/wal", cutHalf}}},
		{"two files", "log/acknowledged", [2][2]string{{"log/acknowledged", remove}, {"log/wal", empty}}},
		{"two files", "log/acknowledged", [2][2]string{{"log/acknowledged", empty}, {"log/wal", remove}}},
		{"two files", "log/acknowledged", [2][2]string{{"log/acknowledged", older}, {"log/wal", cutHalf}}},
		{"two files", "list/head", [2][2]string{{"list/head", empty}, {"list/entries", older}}},
		{"two files", "list/head", [2][2]string{{"list/head", zeroPage}, {"list/entries", older}}},
		{"two files", "list/head", [2][2]string{{"list/head", empty}, {"list/entries", empty}}},
		{"two files", "list/head", [2][2]string{{"list/head", remove}, {"list/entries", remove}}},
		{"two files", "list/head", [2][2]string{{"list/head", empty}, {"list/entries", cutHalf}}},
		{swap, "views/*.live", [2][2]string{{"views/accounts.live", swap}, {"views/devices.live", swap}}},
		{swap, "views/*.db", [2][2]string{{"views/accounts.db", swap}, {"views/devices.db", swap}}},
		{swap, "views/*.db", [2][2]string{{"views/accesses.db", swap}, {"views/permissions.db", swap}}},
	}
	if state == killed {
		all = append(all,
			two{"two files", "vault/vault.db-wal", [2][2]string{{"vault/vault.db-wal", remove}, {"vault/vault.db-shm", remove}}},
			two{"two files", "vault/vault.db-wal", [2][2]string{{"vault/vault.db-wal", cutFrame}, {"vault/vault.db-shm", remove}}},
			two{"two files", "vault/vault.db-wal", [2][2]string{{"vault/vault.db-wal", older}, {"vault/vault.db-shm", older}}})
	}
	var out []testCase
	for _, t := range all {
		a, b := t.parts[0], t.parts[1]
		out = append(out, testCase{ID: path.Join(state, t.kind, a[0]+"~"+a[1]+"+"+b[0]+"~"+b[1]), Kind: t.kind, File: t.file, from: now,
			list: strings.HasPrefix(t.file, "list/"), damage: func(f folders, rng *rand.Rand) (string, error) { return t.damage(f, before.folders, rng) }})
		out[len(out)-1].ID = strings.ReplaceAll(out[len(out)-1].ID, "two files", "two")
	}
	return out
}

func (t two) damage(f, before folders, rng *rand.Rand) (string, error) {
	var where []string
	var rels [2]string
	for i, p := range t.parts {
		rel, err := f.byName(p[0])
		if err != nil {
			return "", err
		}
		rels[i] = rel
	}
	if t.kind == swap {
		aside := f.path(rels[0]) + ".aside"
		for _, move := range [][2]string{{f.path(rels[0]), aside}, {f.path(rels[1]), f.path(rels[0])}, {aside, f.path(rels[1])}} {
			if err := os.Rename(move[0], move[1]); err != nil {
				return "", err
			}
		}
		return rels[0] + " and " + rels[1] + " changed places", nil
	}
	for i, p := range t.parts {
		said, err := spoil(f, before, rels[i], p[1], rng)
		if err != nil {
			return "", err
		}
		where = append(where, rels[i]+": "+said)
	}
	return strings.Join(where, "; "), nil
}

// wholes replace or remove whole parts.
func wholes(state string, now, before snapshot) []testCase {
	var out []testCase
	for mask := 1; mask < 1<<len(parts()); mask++ {
		var old []string
		for i, p := range parts() {
			if mask&(1<<i) != 0 {
				old = append(old, p)
			}
		}
		c := testCase{ID: path.Join(state, "mixed", strings.Join(old, "+")), Kind: "older parts", File: "parts", from: now, whole: true,
			list: slices.Contains(old, "list"), damage: func(f folders, _ *rand.Rand) (string, error) {
				for _, p := range old {
					if err := f.replacePart(p, before.folders); err != nil {
						return "", err
					}
				}
				return strings.Join(old, ", ") + " from an earlier copy", nil
			}}
		if len(old) == len(parts()) {
			c.asOf = before.model
		}
		out = append(out, c)
	}
	for _, gone := range [][]string{{"log"}, {"vault"}, {"views"}, {"rest"}, {"list"}, {"log", "vault"}, {"log", "views"}, {"vault", "views"},
		{"log", "views", "rest"}, {"vault", "views", "rest"}, {"log", "vault", "views"}, {"views", "rest"}} {
		out = append(out, testCase{ID: path.Join(state, "gone", strings.Join(gone, "+")), Kind: "parts deleted", File: "parts", from: now, whole: true,
			list: slices.Contains(gone, "list"), damage: func(f folders, _ *rand.Rand) (string, error) {
				for _, p := range gone {
					if err := f.removePart(p); err != nil {
						return "", err
					}
				}
				return strings.Join(gone, ", ") + " deleted", nil
			}})
	}
	return out
}

// chosen are the cases selected by the flags, in order.
func (h *harness) chosen(c config) ([]testCase, error) {
	all, err := h.grown.cases()
	if err != nil {
		return nil, err
	}
	var patterns []string
	if c.only != "" {
		patterns = strings.Split(c.only, ",")
	} else if c.quick {
		patterns = quick()
	} else {
		return all, nil
	}
	return selected(all, patterns)
}

// selected are the cases whose names match; a pattern that matches none is an error.
func selected(all []testCase, patterns []string) ([]testCase, error) {
	want := map[string]bool{}
	for _, pattern := range patterns {
		n := 0
		for _, c := range all {
			ok, err := path.Match(pattern, c.ID)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", pattern, err)
			}
			if ok {
				want[c.ID] = true
				n++
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("no case is called %q: see -list", pattern)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(c testCase) bool { return !want[c.ID] }), nil
}
