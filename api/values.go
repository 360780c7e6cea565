package api

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/projections"
)

// value is a kind of text in requests: what the document says of it, and how it is refused. Fields name theirs by the tag format, or have one by their
// type.
type value struct {
	huma.Schema
	// short, long and wrong refuse what breaks the lengths and the rest of the schema; nil: as any text.
	short, long, wrong *domain.Error
	// check refuses what no schema can say; may be nil.
	check func(text string, now time.Time) error
}

const (
	// idPattern is that of an id in the one form in which we write it.
	idPattern = `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`
	// anyUUID is a UUID in either case.
	anyUUID = `^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`
	visible = `^[!-~]+$`
	// printed is text without control characters, which no text of a body may have.
	printed = `^[^\x00-\x1f\x7f-\x9f]*$`
	sealed  = `^[A-Za-z0-9_-]+$` // as cursors and positions are
	// Examples, as of somebody who signs up and does the rest with what they were given.
	exampleID       = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	examplePassword = "correct-walrus-battery-41"
	// addressed is what an address looks like; what it is, its parser knows.
	addressed = `^[^@\x00-\x1f\x7f-\x9f]+@[^@\x00-\x1f\x7f-\x9f]+$`
	// tagged is a language tag in any case, with either separator.
	tagged = `^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`
	// maxHandle bounds what a caller sends back as it was given to them, such as handles and codes.
	maxHandle = 128
	// maxLink bounds a link from a message, on its own or with the address of its page.
	maxLink = 1024
	// guestKey is the kind of an Idempotency-Key on routes for guests.
	guestKey = "guest-key"
)

// values are the kinds of text by the name that fields have for them.
func values(menu *commands.Menu) map[string]value {
	rejected := map[passwords.Reason]*domain.Error{}
	for i, e := range commands.PasswordRefusals(menu.Passwords, passwords.Alone, "/password") {
		rejected[passwords.Reasons()[i]] = e
	}
	label := func(refusal *domain.Error, example string) value {
		v := text("label", 1, domain.MaxText, printed)
		v.wrong, v.short, v.long = refusal, refusal, refusal
		v.check = func(s string, _ time.Time) error {
			if _, ok := domain.Text(s); !ok {
				return refusal
			}
			return nil
		}
		return v.like(example)
	}
	return map[string]value{
		"email": refusedAs(domain.ErrEmail, text("idn-email", 6, domain.MaxEmail, addressed), func(s string, _ time.Time) error {
			_, err := domain.ParseEmail(s)
			return err
		}).like("ada@example.com"),
		"language": refusedAs(domain.ErrLanguage, text("language", 2, domain.MaxLanguage, tagged), func(s string, _ time.Time) error {
			_, err := domain.ParseLanguage(s)
			return err
		}).like("en"),
		"birth-month": refusedAs(domain.ErrBirthMonth, text("birth-month", 0, 0, domain.Month("").Pattern()), func(s string, now time.Time) error {
			_, err := domain.ParseBirthMonth(s, now)
			return err
		}).like("1990-05"),
		"uuid":         refusedAs(errID, text("uuid", 0, 0, idPattern), isID).like(exampleID),
		"notice":       refusedAs(errNotice, text("uuid", 0, 0, idPattern), isID),
		"device-model": label(domain.ErrDeviceModel, "Band 9 Pro"),
		"device-name":  label(domain.ErrDeviceName, "Ada on the run"),
		"password":     text("password", 1, 4*passwords.Longest, printed).like(examplePassword),
		"new-password": { // typed in full: what is counted is shorter where characters combine
			Schema: text("password", menu.Passwords.MinAlone, 4*menu.Passwords.MaxLength, printed).like(examplePassword).Schema,
			short:  rejected[passwords.TooShort], long: rejected[passwords.TooLong]},
		"client":        refusedAs(domain.ErrClient, text("", 0, 0, `^alr_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$`), nil),
		"handle":        text("handle", 1, maxHandle, printed).like("6vCJm0Zr3aHq1kqf0VQwqj9o2Xc0m8R7nW5yT4sB1eE"),
		"link":          text("link", 1, maxLink, printed).like("Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"),
		"code":          text("code", 1, maxHandle, printed).like("123456"),
		"totp":          text("totp", 1, 16, printed),
		"recovery-code": text("recovery-code", 1, maxHandle, printed),
		"continuation":  text("continuation", 1, maxLink, sealed).like("Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"),
		"factor-name":   label(domain.ErrFactorName, "my phone"),
		"solution":      text("", 1, 64, printed),
		"purpose":       refusedAs(domain.ErrPurpose, one(purposes()), nil).like("navigation"),
		"look-purpose":  refusedAs(domain.ErrLookPurpose, one(list(domain.LookPurposes())), nil).like(string(domain.LookSubjectRequest)),
		// Parameters, which their routes refuse themselves.
		"permission": one(permissions()).like("location"),
		"view":       one(viewNames()).like("daily"),
		"erasure":    text("", 0, 0, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{32}$`).like(exampleID + ".5d41402abc4b2a76b9719d911017c592"),
		"page-size":  {Schema: huma.Schema{Type: huma.TypeInteger, Minimum: number(1), Maximum: number(accessesMost), Default: accessesPage}},
		"cursor":     refusedAs(errCursor, text("cursor", 1, 0, sealed), nil),
		"position":   {Schema: text("position", 0, 0, `^[A-Za-z0-9_-]*$`).Schema},
		"if-match":   {Schema: text("etag", 0, 0, `^(\*|(W/)?"[^" \t,]*")?$`).Schema},
		"any-key":    {Schema: text("", 1, maxKey, visible).Schema},
		guestKey:     {Schema: text("uuid", 36, 36, anyUUID).Schema},
	}
}

func text(format string, least, most int, pattern string) value {
	s := huma.Schema{Type: huma.TypeString, Format: format, Pattern: pattern}
	if least > 0 {
		s.MinLength = &least
	}
	if most > 0 {
		s.MaxLength = &most
	}
	return value{Schema: s}
}

// one of some values.
func one(of []any) value { return value{Schema: huma.Schema{Type: huma.TypeString, Enum: of}} }

// like gives a kind of text an example.
func (v value) like(example string) value {
	v.Examples = []any{example}
	return v
}

func refusedAs(e *domain.Error, v value, check func(string, time.Time) error) value {
	v.short, v.long, v.wrong, v.check = e, e, e, check
	return v
}

func isID(s string, _ time.Time) error {
	if _, ok := domain.ParseID(s); !ok {
		return errID
	}
	return nil
}

func list[T any](of []T) []any {
	out := make([]any, len(of))
	for i, v := range of {
		out[i] = v
	}
	return out
}

func permissions() (out []any) {
	for _, p := range domain.TheCatalogue().Permissions {
		out = append(out, p.Key)
	}
	return out
}

// purposes are those of all permissions of the catalogue.
func purposes() (out []any) {
	known := map[domain.Purpose]bool{}
	for _, p := range domain.TheCatalogue().Permissions {
		for _, u := range p.Purposes {
			if !known[u.Key] {
				known[u.Key] = true
				out = append(out, u.Key)
			}
		}
	}
	return out
}

func viewNames() (out []any) {
	for _, d := range projections.All() {
		out = append(out, d.Schema.Name)
	}
	return out
}

func number(n float64) *float64 { return &n }

// typed are the domain's types of text that the document says more of than that they are text.
func typed(r huma.Registry) {
	closed[domain.Outcome](r)
	closed[domain.RevealedPart](r)
	closed[domain.LegalBasis](r)
	closed[domain.Retention](r)
	closed[domain.Recipients](r)
	closed[domain.ActorKind](r)
	closed[domain.AuthMethod](r)
	closed[domain.State](r)
	closed[domain.Region](r)
	closed[domain.Capacity](r)
	closed[domain.FactorKind](r)
	closed[domain.RecoveryProof](r)
	closed[domain.Channel](r)
	closed[domain.IdentifierKind](r)
	closed[domain.VerificationPurpose](r)
	closed[domain.DeviceKind](r)
	closed[domain.Role](r)
	closed[domain.ErasureState](r)
	patterned[domain.CaseID](r)
	patterned[domain.Slug](r)
	patterned[domain.Hash](r)
	patterned[domain.Permission](r)
	patterned[domain.Purpose](r)
	patterned[domain.Term](r)
	patterned[domain.Language](r)
	patterned[domain.Month](r)
}

// refusedTypes are the refusals of types in requests that have their own.
func refusedTypes() map[string]*domain.Error {
	return map[string]*domain.Error{"Region": domain.ErrRegion, "DeviceKind": domain.ErrDeviceKind, "RevealedPart": domain.ErrPart,
		"State": errState, "CaseID": domain.ErrCase}
}

// closedSet describes a type with a closed set of values, under its name.
type closedSet[T interface{ Values() []T }] struct{}

// Schema refers to the list of values.
func (closedSet[T]) Schema(r huma.Registry) *huma.Schema {
	name := reflect.TypeFor[T]().Name()
	if r.Map()[name] == nil {
		var none T
		r.Map()[name] = &huma.Schema{Type: huma.TypeString, Enum: list(none.Values())}
	}
	return &huma.Schema{Ref: schemasAt + name}
}

// pattern describes a type with a pattern, under its name.
type pattern[T interface{ Pattern() string }] struct{}

// Schema refers to the pattern.
func (pattern[T]) Schema(r huma.Registry) *huma.Schema {
	name := reflect.TypeFor[T]().Name()
	if r.Map()[name] == nil {
		var none T
		s := &huma.Schema{Type: huma.TypeString, Pattern: none.Pattern()}
		if bounded, ok := any(none).(interface{ Lengths() (least, most int) }); ok {
			least, most := bounded.Lengths()
			s.MinLength, s.MaxLength = &least, &most
		}
		r.Map()[name] = s
	}
	return &huma.Schema{Ref: schemasAt + name}
}

func closed[T interface{ Values() []T }](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[closedSet[T]]())
}

func patterned[T interface{ Pattern() string }](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[pattern[T]]())
}
