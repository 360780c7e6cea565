package domain

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed notice.json
var noticeJSON []byte

// phrases are the words of every notice in one language. {…} stands for what differs.
type phrases struct {
	First      string `json:"first"`
	Off        string `json:"off"`
	Data       string `json:"data"`
	Purposes   string `json:"purposes"`
	Purpose    string `json:"purpose"`
	Withdraw   string `json:"withdraw"`
	Controller string `json:"controller"`
	Contact    string `json:"contact"`
	DPO        string `json:"dpo"`
	Authority  string `json:"authority"`
	Places     string `json:"places"`
	And        string `json:"and"` // between two of a list
}

var thePhrases = sync.OnceValue(func() map[Language]phrases {
	var p map[Language]phrases
	if err := json.Unmarshal(noticeJSON, &p, json.RejectUnknownMembers(true)); err != nil {
		panic(fmt.Sprintf("domain: notice.json: %v", err))
	}
	return p
})

// NoticeText is what a person is told before a decision on a permission (GDPR Art. 13): what data, for which purposes, how long it is
// kept and who gets it, how to withdraw, who the controller is and where data is stored. l is one of Languages.
func (c Catalogue) NoticeText(p CataloguePermission, by Controller, l Language) PublishedText {
	words := thePhrases()[l]
	var lines []string
	say := func(phrase string, values ...string) {
		lines = append(lines, strings.NewReplacer(values...).Replace(phrase))
	}
	say(words.First, "{title}", p.Title[l], "{description}", p.Description[l])
	say("")
	say(words.Off)
	say("")
	var data []string
	for _, d := range p.Data {
		data = append(data, c.Category(d)[l])
	}
	say(words.Data, "{data}", strings.Join(data, words.And))
	say(words.Purposes)
	for _, u := range p.Purposes {
		say(words.Purpose, "{purpose}", u.Description[l], "{retention}", c.Kept(u.Retention)[l], "{recipients}", c.UsedBy(u.Recipients)[l])
	}
	say("")
	say(words.Withdraw)
	say("")
	say(words.Controller, "{name}", string(by.Name), "{address}", string(by.Address), "{jurisdiction}", by.Jurisdiction.name(l))
	say(words.Contact, "{contact}", string(by.Contact))
	if by.DPO != "" {
		say(words.DPO, "{dpo}", string(by.DPO))
	}
	if by.Authority != "" {
		say(words.Authority, "{authority}", string(by.Authority))
	}
	var places []string
	for _, r := range slices.Sorted(slices.Values(by.Places)) {
		places = append(places, r.name(l))
	}
	say(words.Places, "{places}", strings.Join(places, words.And))
	return PublishedText(strings.Join(lines, "\n"))
}

// name is what a country is called in a language, by CLDR.
func (r Region) name(l Language) string {
	region, err := language.ParseRegion(string(r))
	if err != nil {
		return string(r)
	}
	return display.Regions(language.Make(string(l))).Name(region)
}
