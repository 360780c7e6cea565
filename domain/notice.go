package domain

import (
	"maps"
	"slices"
	"time"
)

// NoticePublished: the text to show before a decision on a permission, in one language. It is public, so it is stored
// unencrypted.
type NoticePublished struct {
	Permission Permission    `json:"permission"`
	Version    int           `json:"version"`  // counted for each permission of the ledger
	Wording    int           `json:"wording"`  // the version of the catalogue's wording
	Material   bool          `json:"material"` // consent given on an earlier version does not carry over
	Language   Language      `json:"language"`
	Controller Slug          `json:"controller"`
	Described  EventID       `json:"described"`       // the description of the controller that it was made from
	Region     Region        `json:"region,omitzero"` // empty: everywhere
	Hash       Hash          `json:"hash"`
	Text       PublishedText `json:"text"`
}

// PublishedNotice is a notice and the event that published it.
type PublishedNotice struct {
	NoticePublished
	Event EventID
	At    time.Time
}

// Notices holds all texts ever published for one permission.
type Notices struct {
	All []PublishedNotice
}

// Fork returns a copy to apply facts to; see forked.
func (n *Notices) Fork() *Notices { return &Notices{All: slices.Clip(n.All)} }

// Apply applies a fact to the state.
func (n *Notices) Apply(f Fact) error {
	e, ok := f.Event.(NoticePublished)
	if !ok {
		return unexpected(f)
	}
	n.All = append(n.All, PublishedNotice{e, f.ID, f.At})
	return nil
}

// Current is the newest notice in the language that suits l best, or else in English.
func (n *Notices) Current(l Language) (PublishedNotice, bool) { return n.In(n.Newest(), l) }

// In is a version of the notice in the language that suits l best, or else in English; false if there is no such version.
func (n *Notices) In(version int, l Language) (PublishedNotice, bool) {
	by := map[Language]PublishedNotice{}
	for _, p := range n.All {
		if p.Version == version {
			by[p.Language] = p
		}
	}
	if len(by) == 0 {
		return PublishedNotice{}, false
	}
	return by[closestOf(l, slices.Collect(maps.Keys(by)))], true
}

// Newest is the version in force; 0 if there is none.
func (n *Notices) Newest() int {
	v := 0
	for _, p := range n.All {
		v = max(v, p.Version)
	}
	return v
}

// ByEvent finds the notice that an event published.
func (n *Notices) ByEvent(id EventID) (PublishedNotice, bool) {
	for _, p := range n.All {
		if p.Event == id {
			return p, true
		}
	}
	return PublishedNotice{}, false
}

// Material is the version of the newest material notice. Consent given on an earlier one does not count.
func (n *Notices) Material() int {
	v := 0
	for _, p := range n.All {
		if p.Material {
			v = max(v, p.Version)
		}
	}
	return v
}

// Missing lists the notices of a permission that are not published yet, in all Languages in their order: those of a new version if the
// wording is newer or the controller is described otherwise, or what the newest version lacks. A new version is material if one of the
// wordings or descriptions since the last is. What is older than the newest notice, the program's wording or the description as far as it
// was read, publishes nothing.
func (n *Notices) Missing(by *Controllers, c Catalogue, p CataloguePermission) []any {
	now, ok := by.Current()
	if !ok {
		return nil
	}
	want := NoticePublished{Permission: p.Key, Version: 1, Wording: p.Notice.Version, Material: true, Controller: now.ID, Described: now.Event}
	has := map[Language]bool{}
	if last, ok := n.Current("en"); ok {
		since := by.index(last.Described)
		if last.Wording > want.Wording || since < 0 {
			return nil
		}
		want.Version, want.Material = last.Version, last.Material
		if last.Wording < want.Wording || last.Described != want.Described {
			want.Version++
			want.Material = last.Wording < p.Notice.Material ||
				slices.ContainsFunc(by.All[since+1:], func(d DescribedController) bool { return d.Material })
		}
		for _, have := range n.All {
			if have.Version == want.Version {
				has[have.Language] = true
			}
		}
	}
	var out []any
	for _, l := range Languages() {
		if has[l] {
			continue
		}
		e := want
		e.Language, e.Text = l, c.NoticeText(p, now.Controller, l)
		e.Hash = HashText(string(e.Text))
		out = append(out, e)
	}
	return out
}
