package api

import (
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"accountledger/projections/view"
)

const bearer = "bearer"

const about = `People's accounts, kept the way a bank keeps money: nothing is overwritten, every change is an entry, and
whoever is entitled to ask can be shown what was true, when, who changed it, and who looked at it.

Sign in with POST /v1/sessions and send the token as Authorization: Bearer. Services send their key the same way.
Refusals are application/problem+json (RFC 9457) with a stable code.`

// description is what /openapi.json begins with; routes add themselves.
func description(version string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[view.Literal](), reflect.TypeFor[literal]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Account ledger", Version: version, Description: about},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				bearer: {Type: "http", Scheme: "bearer", Description: "The token of a session, or a service's key."}}},
			Tags: []*huma.Tag{
				{Name: "signing up", Description: "For whoever has no account yet."},
				{Name: "sessions", Description: "Signing in and out: people and officers."},
				{Name: "me", Description: "For people, about their own account."},
				{Name: "erasure", Description: "For people who want their account gone."},
				{Name: "services", Description: "For connected services."},
				{Name: "looking", Description: "For officers. Every look is an entry in the ledger, made before the answer."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": format(), "json": format()},
		DefaultFormat: "application/json",
	}
}

// format writes answers and hands bodies to their decoders.
func format() huma.Format {
	return huma.Format{
		Marshal: writeLine,
		Unmarshal: func(data []byte, v any) error {
			b, ok := v.(decoder)
			if !ok {
				return fmt.Errorf("api: %T is no body", v)
			}
			b.decode(data)
			return nil
		},
	}
}

// describe adds to an operation what all have in common.
func describe(op *huma.Operation, who audience) {
	if reflect.ValueOf(who).Pointer() != reflect.ValueOf(anyone).Pointer() {
		op.Security = []map[string][]string{{bearer: {}}}
	}
	op.Responses = map[string]*huma.Response{"default": {Description: "A refusal.", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}}}
}

// finishDescription takes out what huma puts in for itself, and serves the description.
func (a *API) finishDescription() error {
	schemas := a.huma.OpenAPI().Components.Schemas
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, s := range schemas.Map() {
		for _, p := range s.Properties {
			if p.Type == huma.TypeArray { // an empty list is [], never null
				p.Nullable = false
			}
		}
	}
	spec, err := json.Marshal(a.huma.OpenAPI(), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("api: writing the description: %w", err)
	}
	a.page("/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/openapi+json", spec)
	})
	return nil
}

// literal describes a value in a filter.
type literal struct{}

// Schema says that it is a string, a whole number, true or false.
func (literal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}, {Type: huma.TypeBoolean}},
		Description: "A string, a whole number, true or false. A moment is a string in RFC 3339."}
}
