package api_test

import (
	"encoding/json" // which knows the numbers that the document was read with
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accountledger/domain"
)

// form is an operation with a body, as the document describes it.
type form struct {
	id, method, path, as string
	schema               map[string]any
	example              any
}

// forms are all operations with a body, each with its examples in the path and somebody who may use it.
func (d *document) forms() (out []form) {
	roles := map[string]string{"me": "owner", "factors": "owner", "services": "service", "looking": "compliance", "raiseSession": "owner"}
	for path, item := range d.root["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			op := op.(map[string]any)
			body, ok := op["requestBody"].(map[string]any)
			if !ok {
				continue
			}
			f := form{id: op["operationId"].(string), method: strings.ToUpper(method), path: path}
			f.as = roles[op["tags"].([]any)[0].(string)] + roles[f.id]
			content := body["content"].(map[string]any)["application/json"].(map[string]any)
			f.schema, f.example = d.deref(content["schema"]), content["example"]
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["in"] == "path" {
					f.path = strings.Replace(f.path, "{"+p["name"].(string)+"}", p["schema"].(map[string]any)["examples"].([]any)[0].(string), 1)
				}
			}
			out = append(out, f)
		}
	}
	return out
}

func (d *document) deref(schema any) map[string]any {
	s := schema.(map[string]any)
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	return d.root["components"].(map[string]any)["schemas"].(map[string]any)[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
}

// examplePeople are those who send the examples: Ada, who is in them, and officers and a service.
func (l *ledger) examplePeople() map[string]string {
	return map[string]string{"": "", "owner": l.person("ada@example.com").token, "service": l.service("maps"),
		"compliance": l.officer("officer@example.org", domain.RoleCompliance)}
}

// TestExamples: each example can be sent as it is. What it needs of the ledger, such as a verification that is under way, is there for those who
// have signed up as Ada of the examples; all else is answered as for an id that is not there.
func TestExamples(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	tokens := l.examplePeople()
	want := map[string]int{"signUp": 202, "signIn": 201, "setLanguage": 200, "addContact": 202, "linkDevice": 201, "setPermission": 200, "raiseSession": 200,
		"changePassword": 200, "decideAccess": 200, "lookUp": 200, "queryView": 200, "undo": 404, "notMe": 404, "correctBirth": 409,
		"recover": 202, "checkRecovery": 404, "completeRecovery": 404, "waitRecovery": 404, "checkCode": 404, "resendCode": 404,
		"continueSignIn": 404, "enrol": 403, "renameDevice": 404, "renameFactor": 404, "confirmTOTP": 410, "confirmPasskey": 422, "signInByPasskey": 422,
		"reveal": 404, "revealQuestion": 404}
	forms := l.announced().forms()
	last := func(f form) string { return strings.Replace(f.id, "changePassword", "~", 1) } // the others know the one before
	slices.SortFunc(forms, func(a, b form) int { return strings.Compare(last(a), last(b)) })
	for _, f := range forms {
		body, err := json.Marshal(f.example)
		must(t, body, err)
		token := tokens[f.as]
		if f.id == "raiseSession" || f.id == "changePassword" {
			token, _ = l.signIn("ada@example.com") // it ends the token
		}
		if r := l.send(f.method, f.path, token, string(body)); r.StatusCode != want[f.id] {
			t.Errorf("%s %s: %d %s", f.id, body, r.StatusCode, r.text)
		}
		if err := l.announced().validate(body, append([]string{}, "paths", f.template(l.announced()), strings.ToLower(f.method), "requestBody", "content",
			"application/json", "schema")...); err != nil {
			t.Errorf("%s: the example does not fit: %v", f.id, err)
		}
	}
}

func (f form) template(d *document) string {
	template, _, _ := d.operation(f.method, f.path)
	return template
}

// bySchema are codes of what the document says by a schema.
var bySchema = []string{"required", "wrong_type", "null_value", "too_short", "too_long", "too_few", "too_many", "out_of_range", "not_a_choice", "wrong_form",
	"unknown_field", "malformed_json", "not_an_object", "invalid_state", "invalid_case", "invalid_part", "invalid_device_kind", "invalid_region", "internal"}

// TestSchemasAreTaken: what fits the document's schemas is refused for no reason that a schema says.
func TestSchemasAreTaken(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	tokens, d := l.examplePeople(), l.announced()
	for _, f := range d.forms() {
		if f.id == "raiseSession" || f.id == "queryView" { // one ends the token; what a filter can be no schema says
			continue
		}
		rapid.Check(t, func(r *rapid.T) {
			body, err := json.Marshal(d.draw(r, f.schema, 0))
			must(t, body, err)
			answer := l.send(f.method, f.path, tokens[f.as], string(body))
			if code, _ := answer.get(t, "code").(string); slices.Contains(bySchema, code) {
				r.Fatalf("%s %s: %s", f.id, body, answer.text)
			}
		})
	}
}

// draw makes a value that fits a schema.
func (d *document) draw(r *rapid.T, schema any, depth int) any {
	s := d.deref(schema)
	if enum, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(enum).Draw(r, "choice")
	}
	switch s["type"] {
	case "object":
		out := map[string]any{}
		required, _ := s["required"].([]any)
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if slices.Contains(required, any(name)) || depth < 2 && rapid.Bool().Draw(r, "has "+name) {
				out[name] = d.draw(r, properties[name], depth+1)
			}
		}
		return out
	case "array":
		out := make([]any, rapid.IntRange(int(whole(s["minItems"], 0)), int(min(3, whole(s["maxItems"], 3)))).Draw(r, "items"))
		for i := range out {
			out[i] = d.draw(r, s["items"], depth+1)
		}
		return out
	case "integer":
		return rapid.Int64Range(whole(s["minimum"], 0), whole(s["maximum"], 1000)).Draw(r, "number")
	case "boolean":
		return rapid.Bool().Draw(r, "truth")
	}
	if s["format"] == "idn-email" {
		return rapid.StringMatching(`[a-z]{1,20}@[a-z]{1,20}\.(com|org)`).Draw(r, "address")
	}
	if pattern, ok := s["pattern"].(string); ok && !strings.Contains(pattern, "x1f") {
		return rapid.StringMatching(pattern).Filter(func(text string) bool {
			return int64(len(text)) >= whole(s["minLength"], 0) && int64(len(text)) <= whole(s["maxLength"], 1000)
		}).Draw(r, "text")
	}
	printable := rapid.RuneFrom([]rune("abcXYZ019 -_äöß漢字"))
	return rapid.StringOfN(printable, int(whole(s["minLength"], 0)), int(min(200, whole(s["maxLength"], 50))), -1).Draw(r, "text")
}

func whole(n any, otherwise int64) int64 {
	if n == nil {
		return otherwise
	}
	var out int64
	_, _ = fmt.Sscan(fmt.Sprint(n), &out)
	return out
}

// TestJustOutside: each value just outside what a schema says is refused with its place.
func TestJustOutside(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	tokens, d := l.examplePeople(), l.announced()
	tried := 0
	for _, f := range d.forms() {
		for place, body := range d.outside(f.schema, f.example, "") {
			data, err := json.Marshal(body)
			must(t, data, err)
			r := l.send(f.method, f.path, tokens[f.as], string(data))
			want, _, _ := strings.Cut(place, "?")
			if (r.StatusCode != 422 && r.StatusCode != 400) || !strings.Contains(", "+placesAndCodes(t, r), ", "+want+" ") {
				t.Errorf("%s %s %.300s: %d %s", f.id, place, data, r.StatusCode, r.text)
			}
			tried++
		}
	}
	if tried < 150 {
		t.Errorf("%d only", tried)
	}
}

// outside makes bodies that are the example but for one value, by the place that is at fault and what is wrong with it.
func (d *document) outside(schema any, example any, at string) map[string]any {
	s, out := d.deref(schema), map[string]any{at + "?null": nil, at + "?type": 7.5}
	if s["type"] == "object" {
		out[at+"?type"] = []any{}
		given, _ := example.(map[string]any)
		with := func(name string, v any) map[string]any {
			c := maps.Clone(given)
			if c == nil {
				c = map[string]any{}
			}
			c[name] = v
			return c
		}
		if s["additionalProperties"] != true {
			out[at+"?unknown"] = with("n7", 1)
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			c := with(name.(string), nil)
			delete(c, name.(string))
			out[at+"/"+name.(string)+"?missing"] = c
		}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			if strings.Count(at, "/") > 1 || d.deref(p)["type"] == nil {
				continue
			}
			for place, wrong := range d.outside(p, given[name], at+"/"+name) {
				out[place] = with(name, wrong)
			}
		}
	}
	if at == "" { // not an object at all has no place
		delete(out, "?null")
		delete(out, "?type")
	}
	if n := whole(s["maxLength"], 0); n > 0 {
		out[at+"?long"] = strings.Repeat("a", int(n)+1)
	}
	if n := whole(s["minLength"], 0); n > 0 {
		out[at+"?short"] = strings.Repeat("a", int(n)-1)
	}
	if s["enum"] != nil {
		out[at+"?choice"] = "n7"
	}
	if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString("@ @") {
		out[at+"?pattern"] = "@ @"
	}
	if s["minimum"] != nil {
		out[at+"?little"] = whole(s["minimum"], 0) - 1
	}
	if s["maximum"] != nil {
		out[at+"?much"] = whole(s["maximum"], 0) + 1
	}
	if n := whole(s["minItems"], 0); n > 0 {
		out[at+"?few"] = []any{}
	}
	if n := whole(s["maxItems"], 0); n > 0 {
		item := d.deref(s["items"])
		var one any = "a"
		if item["type"] == "object" {
			one = map[string]any{"field": "a", "op": "exists"}
			if item["properties"].(map[string]any)["op"] == nil {
				one = map[string]any{"field": "a"}
			}
		}
		out[at+"?many"] = slices.Repeat([]any{one}, int(n)+1)
	}
	return out
}
