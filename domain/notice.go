package domain

import "slices"

// NoticePublished: the text to show before a decision on a permission, in one language. It is public, so it is stored
// unencrypted.
type NoticePublished struct {
	Permission Permission    `json:"permission"`
	Version    int           `json:"version"`
	Material   bool          `json:"material"` // consent given on an earlier version does not carry over
	Language   Language      `json:"language"`
	Controller Slug          `json:"controller"`
	Region     Region        `json:"region,omitzero"` // empty: everywhere
	Hash       Hash          `json:"hash"`
	Text       PublishedText `json:"text"`
}

// PublishedNotice is a notice and the event that published it.
type PublishedNotice struct {
	NoticePublished
	Event EventID
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
	n.All = append(n.All, PublishedNotice{e, f.ID})
	return nil
}

// Current is the newest notice in a language, or else in English.
func (n *Notices) Current(l Language) (PublishedNotice, bool) {
	var found PublishedNotice
	for _, try := range []Language{"en", l.base(), l} {
		for _, p := range n.All {
			if p.Language == try && p.Version >= n.newest() {
				found = p
			}
		}
	}
	return found, !found.Event.IsZero()
}

func (n *Notices) newest() int {
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

// Missing lists the catalogue's notices for a permission that are not published yet, in a fixed order.
func (n *Notices) Missing(controller Slug, p CataloguePermission) []any {
	var out []any
	for _, l := range []Language{"en", "de"} {
		text, ok := p.Notice.Text[l]
		if !ok {
			continue
		}
		want := NoticePublished{Permission: p.Key, Version: p.Notice.Version, Material: p.Notice.Material, Language: l,
			Controller: controller, Hash: HashText(text), Text: PublishedText(text)}
		known := false
		for _, have := range n.All {
			known = known || have.NoticePublished == want
		}
		if !known {
			out = append(out, want)
		}
	}
	return out
}
