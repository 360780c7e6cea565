package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/passwords"
)

var (
	statuses = regexp.MustCompile(`(?s)case ([^:]+):\s*return http\.Status(\w+)`)
	named    = regexp.MustCompile(`(?:domain\.)?(\w+)(?:\.Code)?`)
)

// operatorsOnly are codes of operators' commands, which no route answers with.
var operatorsOnly = map[string]bool{"invalid_role": true, "invalid_service_name": true, "service_exists": true, "service_unknown": true,
	"service_ended": true, "too_many_service_keys": true, "service_key_unknown": true, "invalid_allowance": true, "staff_exists": true,
	"officer_unknown": true, "officer_ended": true,
	"invalid_reason": true, "limits_raised": true, "clock_differs": true, "invalid_controller": true, "other_controller": true}

// spoken are what a message is put together from, as it reads in the table.
var spoken = map[string]string{"CasePattern": domain.CasePattern, "bodyLimit": "65536", "what": "…"}

// written are the messages that depend on the request.
var written = map[string]string{"invalid_query": "What is wrong in the query; `field` says where."}

// refusal is a refusal as the source declares it.
type refusal struct{ name, kind, code, message string }

// refusals are the errors that the sources of a package declare with a code of their own.
func refusals(t *testing.T, folder string) (out []refusal) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	fatal(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		fatal(t, err)
		name := ""
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				name = n.Names[0].Name
			case *ast.FuncDecl:
				name = ""
			case *ast.CompositeLit:
				r := refusal{name: name}
				for _, e := range n.Elts {
					field, ok := e.(*ast.KeyValueExpr)
					if !ok {
						continue
					}
					switch key, _ := field.Key.(*ast.Ident); {
					case key == nil:
					case key.Name == "Kind":
						r.kind = said(field.Value)
					case key.Name == "Code":
						r.code = said(field.Value)
					case key.Name == "Message":
						r.message = said(field.Value)
					}
				}
				if r.kind != "" && r.code != "" {
					out = append(out, r)
				}
			}
			return true
		})
	}
	return out
}

// said is the text of an expression, as far as it is one: literals, sums of them, and what spoken knows.
func said(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return said(e.X) + said(e.Y)
	case *ast.SelectorExpr:
		return said(e.Sel)
	case *ast.Ident:
		if text, known := spoken[e.Name]; known {
			return text
		}
		return e.Name
	case *ast.CallExpr: // of fmt.Sprintf
		if len(e.Args) == 0 {
			return "…"
		}
		text := said(e.Args[0])
		for _, arg := range e.Args[1:] {
			text = strings.Replace(text, "%d", said(arg), 1)
		}
		return text
	}
	return ""
}

// problemsTable lists the refusals that routes answer with, with the status that package api maps each to.
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
	for _, folder := range []string{"../domain", "../api", "../commands"} {
		for _, r := range refusals(t, folder) {
			if operatorsOnly[r.code] || strings.HasPrefix(r.code, passwordCode) || rows[r.code] != nil {
				continue
			}
			status := byName[r.name]
			if status == "" {
				status = byName[r.kind]
			}
			if text, known := written[r.code]; known {
				r.message = text
			}
			r.message = strings.ReplaceAll(r.message, "{n}", "…")
			if !strings.HasSuffix(r.message, ".") {
				t.Errorf("%s says %q, which is no sentence", r.code, r.message)
			}
			rows[r.code] = []string{code(r.code), number(t, status), r.message}
		}
	}
	if len(rows) < 40 {
		t.Fatalf("%d refusals were found only", len(rows))
	}
	for _, reason := range passwords.Reasons() {
		rejected := passwords.RejectedError{Reason: reason, Limit: defaultLimits[reason]}
		rows[passwordCode+string(reason)] = []string{code(passwordCode + string(reason)), number(t, byName["Invalid"]), rejected.Message()}
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

// passwordCode begins the codes of refused passwords, which end in the reason.
const passwordCode = "password_"

var defaultLimits = map[passwords.Reason]int{passwords.TooShort: passwords.DefaultMinAlone, passwords.TooLong: passwords.DefaultMaxLength}

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
