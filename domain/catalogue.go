package domain

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
)

//go:embed catalogue.json
var catalogueJSON []byte

// Permission is the key of a permission in the catalogue.
type Permission string

// Purpose is the key of a purpose, of a permission or of an officer's look.
type Purpose string

// Pattern is the regular expression for it, but for its length.
func (Permission) Pattern() string { return keyPattern }

// Pattern is the regular expression for it, but for its length.
func (Purpose) Pattern() string { return keyPattern }

// Lengths are the least and the greatest.
func (Permission) Lengths() (least, most int) { return 1, MaxKey }

// Lengths are the least and the greatest.
func (Purpose) Lengths() (least, most int) { return 1, MaxKey }

// Validate refuses anything that is not a key.
func (p Permission) Validate() error { return key(string(p)) }

// Validate refuses anything that is not a key.
func (p Purpose) Validate() error { return key(string(p)) }

// MaxKey is how long a key of the catalogue can be.
const MaxKey = 40

const keyPattern = `^[a-z][a-z0-9]*(_[a-z0-9]+)*$`

func key(s string) error {
	if len(s) > MaxKey {
		return errValue
	}
	return isWords(s, '_')
}

// LegalBasis is what makes a use of data lawful (GDPR Art. 6).
type LegalBasis string

// LegalBasisConsent: the person agreed (Art. 6 (1) a).
const LegalBasisConsent LegalBasis = "consent"

// Values lists them all.
func (LegalBasis) Values() []LegalBasis { return []LegalBasis{LegalBasisConsent} }

// Validate refuses unknown values.
func (b LegalBasis) Validate() error { return oneOf(b, b.Values()...) }

// Texts is a text in several languages, always including English.
type Texts map[Language]string

// In returns the text in the language that suits l best, or else in English, and which language it is.
func (t Texts) In(l Language) (string, Language) {
	if s, ok := t[l]; ok {
		return s, l
	}
	if len(t) == 0 {
		return "", ""
	}
	l = closestOf(l, slices.Collect(maps.Keys(t)))
	return t[l], l
}

// Catalogue lists the permissions that people decide on. All are off until then. A decision is on a purpose, for every service alike.
type Catalogue struct {
	Version     int                         `json:"version"`
	Categories  []CatalogueTerm[Term]       `json:"categories"`
	Retention   []CatalogueTerm[Retention]  `json:"retention"`
	Recipients  []CatalogueTerm[Recipients] `json:"recipients"`
	Permissions []CataloguePermission       `json:"permissions"`
}

// CatalogueTerm is a word of a closed set, and how people are told it.
type CatalogueTerm[K ~string] struct {
	Key  K     `json:"key"`
	Text Texts `json:"text"`
}

// CataloguePermission is a permission with its purposes.
type CataloguePermission struct {
	Key         Permission         `json:"key"`
	Title       Texts              `json:"title"`
	Description Texts              `json:"description"`
	Data        []Term             `json:"data"` // categories of personal data
	Purposes    []CataloguePurpose `json:"purposes"`
	Notice      CatalogueNotice    `json:"notice"`
}

// CataloguePurpose is one use of a permission, decided separately.
type CataloguePurpose struct {
	Key         Purpose    `json:"key"`
	LegalBasis  LegalBasis `json:"legal_basis"`
	Term        Term       `json:"dpv"` // the purpose in W3C's vocabulary
	Retention   Retention  `json:"retention"`
	Recipients  Recipients `json:"recipients"`
	Description Texts      `json:"description"`
}

// CatalogueNotice is the wording of the text shown before a decision. Consent given on a version before the newest material one does not
// carry over.
type CatalogueNotice struct {
	Version  int `json:"version"`
	Material int `json:"material"` // the newest version that changed what people agree to
}

// TheCatalogue returns the built-in catalogue.
var TheCatalogue = sync.OnceValue(func() Catalogue {
	var c Catalogue
	if err := json.Unmarshal(catalogueJSON, &c, json.RejectUnknownMembers(true)); err != nil {
		panic(fmt.Sprintf("domain: catalogue.json: %v", err))
	}
	if err := c.Validate(); err != nil {
		panic(fmt.Sprintf("domain: catalogue.json: %v", err))
	}
	return c
})

// Permission finds a permission.
func (c Catalogue) Permission(key Permission) (CataloguePermission, bool) {
	for _, p := range c.Permissions {
		if p.Key == key {
			return p, true
		}
	}
	return CataloguePermission{}, false
}

// Purpose finds a purpose of a permission.
func (p CataloguePermission) Purpose(key Purpose) (CataloguePurpose, bool) {
	for _, u := range p.Purposes {
		if u.Key == key {
			return u, true
		}
	}
	return CataloguePurpose{}, false
}

// HashText is the SHA-256 by which a grant identifies the text it was given on.
func HashText(s string) Hash {
	h := sha256.Sum256([]byte(s))
	return Hash(hex.EncodeToString(h[:]))
}
