package domain

import (
	"slices"
	"strings"
)

// ErrController: a description of the controller has a part that is missing or cannot be used; the field names it.
var ErrController = &Error{Kind: Invalid, Code: "invalid_controller",
	Message: "The controller needs a short name, a name, an address, a contact, a country and the countries that data is stored in, on one line each."}

// ErrOtherController: to begin with this description would take away consent that was given under the one in force.
var ErrOtherController = &Error{Kind: Conflict, Code: "other_controller",
	Message: "Another controller is configured than the one in people's notices: another legal person, another country, or more places of storage. " +
		"What people allowed under those notices would no longer count."}

// ControllerStream holds the descriptions of the controller, oldest first.
const ControllerStream = "controller"

// Controller describes who decides how people's data is used: a legal person (GDPR Art. 4 (7) and 13 (1) a, b, e and f). It stands in
// every notice, so all of it is public; none of it is about a natural person, and no person's erasure touches it.
type Controller struct {
	// ID is the operator's short name of the legal person: another one is another controller.
	ID      Slug          `json:"id"`
	Name    PublishedLine `json:"name"`    // as people know it
	Address PublishedLine `json:"address"` // postal
	Contact PublishedLine `json:"contact"` // how people reach it about their data
	DPO     PublishedLine `json:"dpo,omitzero"`
	// Authority is the one that supervises it.
	Authority    PublishedLine `json:"authority,omitzero"`
	Jurisdiction Region        `json:"jurisdiction"` // the country that it is in
	Places       []Region      `json:"places"`       // countries that data is stored in
}

// Validate returns an error whose field names what is missing or cannot be used.
func (c Controller) Validate() error {
	for _, part := range []struct {
		field string
		err   error
	}{
		{"/id", c.ID.Validate()}, {"/name", c.Name.Validate()}, {"/address", c.Address.Validate()}, {"/contact", c.Contact.Validate()},
		{"/dpo", optional(c.DPO)}, {"/authority", optional(c.Authority)}, {"/jurisdiction", c.Jurisdiction.Validate()}, {"/places", places(c.Places)},
	} {
		if part.err != nil {
			return ErrController.At(part.field)
		}
	}
	return nil
}

func optional(l PublishedLine) error {
	if l == "" {
		return nil
	}
	return l.Validate()
}

func places(all []Region) error {
	if len(all) == 0 {
		return errValue
	}
	for i, p := range all {
		if p.Validate() != nil || slices.Contains(all[:i], p) {
			return errValue
		}
	}
	return nil
}

// Equal reports whether two descriptions say the same.
func (c Controller) Equal(o Controller) bool {
	places := slices.Equal(slices.Sorted(slices.Values(c.Places)), slices.Sorted(slices.Values(o.Places)))
	return places && c.ID == o.ID && c.Name == o.Name && c.Address == o.Address && c.Contact == o.Contact && c.DPO == o.DPO && c.Authority == o.Authority &&
		c.Jurisdiction == o.Jurisdiction
}

// materialAfter reports whether consent given while before was the controller does not carry over: to another legal person, to another
// country's law, or to a country where data was not stored.
func (c Controller) materialAfter(before Controller) bool {
	return c.ID != before.ID || c.Jurisdiction != before.Jurisdiction ||
		slices.ContainsFunc(c.Places, func(p Region) bool { return !slices.Contains(before.Places, p) })
}

// otherThan is the refusal of another controller than the one in force: it says which that is.
func (c Controller) otherThan() error {
	e := *ErrOtherController
	in := make([]string, len(c.Places))
	for i, p := range c.Places {
		in[i] = string(p)
	}
	e.Message += " In force is " + string(c.ID) + " in " + string(c.Jurisdiction) + ", with data stored in " + strings.Join(in, ", ") + "."
	return &e
}

// ControllerDescribed: from now on this is the controller.
type ControllerDescribed struct {
	Controller
	// Material: consent given under earlier descriptions does not carry over. The first one is material.
	Material bool `json:"material"`
}

// DescribedController is a description and the event that published it.
type DescribedController struct {
	ControllerDescribed
	Event EventID
}

// Controllers holds all descriptions, oldest first. The last one is in force.
type Controllers struct {
	All []DescribedController
}

// Fork returns a copy to apply facts to; see forked.
func (c *Controllers) Fork() *Controllers { return &Controllers{All: slices.Clip(c.All)} }

// Apply applies a fact to the state.
func (c *Controllers) Apply(f Fact) error {
	e, ok := f.Event.(ControllerDescribed)
	if !ok {
		return unexpected(f)
	}
	c.All = append(c.All, DescribedController{e, f.ID})
	return nil
}

// Current is the description in force; false if there is none yet.
func (c *Controllers) Current() (DescribedController, bool) {
	if len(c.All) == 0 {
		return DescribedController{}, false
	}
	return c.All[len(c.All)-1], true
}

// ByEvent finds a description.
func (c *Controllers) ByEvent(id EventID) (DescribedController, bool) {
	if i := c.index(id); i >= 0 {
		return c.All[i], true
	}
	return DescribedController{}, false
}

func (c *Controllers) index(id EventID) int {
	return slices.IndexFunc(c.All, func(d DescribedController) bool { return d.Event == id })
}

// Describe puts a description in force because an operator says so. There is no event if it is in force already.
func (c *Controllers) Describe(as Controller) ([]any, error) {
	if err := as.Validate(); err != nil {
		return nil, err
	}
	now, described := c.Current()
	if described && now.Equal(as) {
		return nil, nil
	}
	return []any{ControllerDescribed{as, !described || as.materialAfter(now.Controller)}}, nil
}

// Start decides what a process does that starts with a description in its configuration. A start takes no consent away and undoes
// nothing: what would be material is refused with ErrOtherController, and a description that the log has had before is that of a process
// whose configuration is older, so nothing changes. Both are for an operator to decide. stale: another description than the configured one
// stays in force.
func (c *Controllers) Start(configured Controller) (events []any, stale bool, err error) {
	now, described := c.Current()
	switch {
	case !described || now.Equal(configured):
	case configured.materialAfter(now.Controller):
		return nil, true, now.otherThan()
	case slices.ContainsFunc(c.All, func(d DescribedController) bool { return d.Equal(configured) }):
		return nil, true, nil
	}
	events, err = c.Describe(configured)
	return events, false, err
}
