package docs_test

import (
	"net/http"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

var (
	refusal  = regexp.MustCompile(`(\w+)\s*=\s*&(?:domain\.)?Error\{Kind: (?:domain\.)?(\w+), Code: "(\w+)"(?:, Message: (?:fmt\.Sprintf\()?"([^"]*)")?`)
	statuses = regexp.MustCompile(`(?s)case ([^:]+):\s*return http\.Status(\w+)`)
	named    = regexp.MustCompile(`(?:domain\.)?(\w+)(?:\.Code)?`)
)

// operatorsOnly are codes of operators' commands, which no route answers with.
var operatorsOnly = map[string]bool{"invalid_role": true, "invalid_service_name": true, "service_exists": true, "invalid_allowance": true, "staff_exists": true}

// problemsTable lists the refusals that package api gives, with the status that it maps each to.
func problemsTable(t *testing.T) string {
	t.Helper()
	byName := map[string]string{} // of an error or a kind: its status
	for _, m := range statuses.FindAllStringSubmatch(source(t, "../api/status.go"), -1) {
		for _, name := range named.FindAllStringSubmatch(m[1], -1) {
			if _, known := byName[name[1]]; !known {
				byName[name[1]] = m[2]
			}
		}
	}
	byName["Internal"] = "InternalServerError"
	rows := map[string][]string{}
	for _, path := range []string{"../domain/errors.go", "../api/faults.go"} {
		for _, m := range refusal.FindAllStringSubmatch(source(t, path), -1) {
			status := byName[m[1]]
			if status == "" {
				status = byName[m[2]]
			}
			if operatorsOnly[m[3]] || rows[m[3]] != nil {
				continue
			}
			rows[m[3]] = []string{code(m[3]), number(t, status), strings.ReplaceAll(m[4], "%d", "65536")}
		}
	}
	if len(rows) < 40 {
		t.Fatalf("%d refusals were found only", len(rows))
	}
	var all [][]string
	for _, r := range rows {
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool { return all[i][1]+all[i][0] < all[j][1]+all[j][0] })
	out := newTable("code", "status", "what it says")
	for _, r := range all {
		out.row(r...)
	}
	return out.String()
}

func source(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	fatal(t, err)
	return string(text)
}

// number is the number of a status by its name in package http.
func number(t *testing.T, name string) string {
	t.Helper()
	for n := 400; n < 600; n++ {
		text := strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(n))
		if text != "" && strings.EqualFold(text, name) {
			return strconv.Itoa(n)
		}
	}
	t.Fatalf("there is no status %q", name)
	return ""
}
