package server

import (
	"strings"

	"accountledger/commands"
	"accountledger/domain"
)

// ControllerConfig describes the controller. Notices are public, and so is all of it.
type ControllerConfig struct {
	ID           string `koanf:"id"` // a short name: another one is another controller
	Name         string `koanf:"name"`
	Address      string `koanf:"address"`
	Contact      string `koanf:"contact"`
	DPO          string `koanf:"dpo"`          // empty: there is none
	Jurisdiction string `koanf:"jurisdiction"` // ISO 3166-1 alpha-2
	Places       string `koanf:"places"`       // countries that data is stored in, separated by commas
	Authority    string `koanf:"authority"`    // empty: notices name none
}

// Description is the controller as notices describe it.
func (c ControllerConfig) Description() domain.Controller {
	d := domain.Controller{ID: domain.Slug(c.ID), Name: domain.PublishedLine(c.Name), Address: domain.PublishedLine(c.Address),
		Contact: domain.PublishedLine(c.Contact), DPO: domain.PublishedLine(c.DPO), Authority: domain.PublishedLine(c.Authority),
		Jurisdiction: domain.Region(c.Jurisdiction)}
	for p := range strings.SplitSeq(c.Places, ",") {
		if p = strings.TrimSpace(p); p != "" {
			d.Places = append(d.Places, domain.Region(p))
		}
	}
	return d
}

// exampleController is for trying things out.
func exampleController() ControllerConfig {
	c := commands.ExampleController()
	return ControllerConfig{ID: string(c.ID), Name: string(c.Name), Address: string(c.Address), Contact: string(c.Contact),
		Jurisdiction: string(c.Jurisdiction), Places: string(c.Places[0])}
}

// lines are the settings that are text on one line.
func (c ControllerConfig) lines() [][2]string {
	return [][2]string{{"controller.name", c.Name}, {"controller.address", c.Address}, {"controller.contact", c.Contact}, {"controller.dpo", c.DPO},
		{"controller.authority", c.Authority}}
}

// check names the first setting that cannot be used; what is not set is for Servable.
func (c ControllerConfig) check() error {
	d := c.Description()
	if c.ID != "" && d.ID.Validate() != nil {
		return wrong("controller.id", "give 2 to 40 lower-case letters, digits and single dashes")
	}
	for _, l := range c.lines() {
		if l[1] != "" && domain.PublishedLine(l[1]).Validate() != nil {
			return wrong(l[0], "give at most 200 characters on one line")
		}
	}
	if c.Jurisdiction != "" && d.Jurisdiction.Validate() != nil {
		return wrong("controller.jurisdiction", "give a country as two capital letters (ISO 3166-1), such as DE")
	}
	seen := map[domain.Region]bool{}
	for _, p := range d.Places {
		if p.Validate() != nil || seen[p] {
			return wrong("controller.places", "give each country once, as two capital letters (ISO 3166-1), separated by commas, such as DE,IE")
		}
		seen[p] = true
	}
	return nil
}

// missing is the key of the first setting without which nobody can decide; "" if there is none.
func (c ControllerConfig) missing() string {
	for _, s := range [][2]string{{"id", c.ID}, {"name", c.Name}, {"address", c.Address}, {"contact", c.Contact}, {"jurisdiction", c.Jurisdiction},
		{"places", strings.Trim(c.Places, ", ")}} {
		if s[1] == "" {
			return "controller." + s[0]
		}
	}
	return ""
}
