package domain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Term is a term of W3C's Data Privacy Vocabulary (DPV 2): a purpose as dpv:…, a category of personal data as pd:….
type Term string

var termPattern = regexp.MustCompile(`^(dpv|pd):([A-Z][a-z]*)+$`)

// Pattern is the regular expression for it.
func (Term) Pattern() string { return termPattern.String() }

// Validate refuses anything that does not look like a term.
func (t Term) Validate() error { return matches(termPattern, string(t)) }

// Retention is how long data is kept that is used for a purpose.
type Retention string

// Retentions.
const (
	RetentionNone       Retention = "none"
	RetentionMonth      Retention = "days_30"
	RetentionQuarter    Retention = "days_90"
	RetentionYear       Retention = "days_365"
	RetentionWithdrawal Retention = "until_withdrawal"
)

// Values lists them all.
func (Retention) Values() []Retention {
	return []Retention{RetentionNone, RetentionMonth, RetentionQuarter, RetentionYear, RetentionWithdrawal}
}

// Validate refuses unknown values.
func (r Retention) Validate() error { return oneOf(r, r.Values()...) }

// Recipients are those to whom data is disclosed for a purpose (GDPR Art. 13 (1) e).
type Recipients string

// Sets of recipients. Which services there are changes without a notice; each of their uses is on the record.
const (
	RecipientsController Recipients = "controller" // nobody but the controller
	RecipientsServices   Recipients = "services"   // connected services that may ask for the purpose, too
)

// Values lists them all.
func (Recipients) Values() []Recipients {
	return []Recipients{RecipientsController, RecipientsServices}
}

// Validate refuses unknown values.
func (r Recipients) Validate() error { return oneOf(r, r.Values()...) }

// textOf finds the words for a term.
func textOf[K ~string](terms []CatalogueTerm[K], key K) Texts {
	for _, t := range terms {
		if t.Key == key {
			return t.Text
		}
	}
	return nil
}

// Category says a category of data in words.
func (c Catalogue) Category(t Term) Texts { return textOf(c.Categories, t) }

// Kept says a retention in words.
func (c Catalogue) Kept(r Retention) Texts { return textOf(c.Retention, r) }

// UsedBy says recipients in words.
func (c Catalogue) UsedBy(r Recipients) Texts { return textOf(c.Recipients, r) }

// Validate names everything that is missing, there twice, or not a value of its set. Each text must be in all Languages.
func (c Catalogue) Validate() error {
	var w catalogueWrongs
	if c.Version < 1 {
		w.say("version", "must be 1 or more")
	}
	checkTerms(&w, "categories", c.Categories, Term.Validate)
	checkTerms(&w, "retention", c.Retention, Retention.Validate)
	checkTerms(&w, "recipients", c.Recipients, Recipients.Validate)
	for i, p := range c.Permissions {
		at := "permissions/" + string(p.Key)
		w.value(at, p.Key.Validate())
		w.twice(at, slices.ContainsFunc(c.Permissions[:i], func(o CataloguePermission) bool { return o.Key == p.Key }))
		w.texts(at+"/title", p.Title)
		w.texts(at+"/description", p.Description)
		if len(p.Data) == 0 || len(p.Purposes) == 0 {
			w.say(at, "needs data and purposes")
		}
		for _, d := range p.Data {
			if !strings.HasPrefix(string(d), "pd:") || c.Category(d) == nil {
				w.say(at+"/data", "has a term that is no category of data")
			}
		}
		if p.Notice.Version < 1 || p.Notice.Material < 1 || p.Notice.Material > p.Notice.Version {
			w.say(at+"/notice", "needs a version from 1, and a material one from 1 to it")
		}
		for j, u := range p.Purposes {
			at := at + "/" + string(u.Key)
			w.twice(at, slices.ContainsFunc(p.Purposes[:j], func(o CataloguePurpose) bool { return o.Key == u.Key }))
			w.purpose(c, at, u)
		}
	}
	return errors.Join(w...)
}

func (w *catalogueWrongs) purpose(c Catalogue, at string, u CataloguePurpose) {
	w.value(at, u.Key.Validate())
	w.value(at+"/legal_basis", u.LegalBasis.Validate())
	w.texts(at+"/description", u.Description)
	if u.Term.Validate() != nil || !strings.HasPrefix(string(u.Term), "dpv:") {
		w.say(at+"/dpv", "is no purpose")
	}
	w.value(at+"/retention", u.Retention.Validate())
	w.value(at+"/recipients", u.Recipients.Validate())
	if c.Kept(u.Retention) == nil || c.UsedBy(u.Recipients) == nil {
		w.say(at, "has a term without words")
	}
}

func checkTerms[K ~string](w *catalogueWrongs, at string, terms []CatalogueTerm[K], valid func(K) error) {
	for i, t := range terms {
		at := at + "/" + string(t.Key)
		w.value(at, valid(t.Key))
		w.twice(at, slices.ContainsFunc(terms[:i], func(o CatalogueTerm[K]) bool { return o.Key == t.Key }))
		w.texts(at, t.Text)
	}
}

// catalogueWrongs collects what is wrong with a catalogue.
type catalogueWrongs []error

func (w *catalogueWrongs) say(at, what string) { *w = append(*w, fmt.Errorf("%s %s", at, what)) }

func (w *catalogueWrongs) value(at string, err error) {
	if err != nil {
		w.say(at, "is "+err.Error())
	}
}

func (w *catalogueWrongs) twice(at string, is bool) {
	if is {
		w.say(at, "is there twice")
	}
}

func (w *catalogueWrongs) texts(at string, t Texts) {
	for _, l := range Languages() {
		if strings.TrimSpace(t[l]) == "" {
			w.say(at, "has no text in "+string(l))
		}
	}
	for l := range t {
		if !slices.Contains(Languages(), l) {
			w.say(at, "has a text in "+string(l)+", which the others are not in")
		}
	}
}
