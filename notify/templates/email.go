package templates

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"accountledger/domain"
)

// Email is a message ready to be sent.
type Email struct {
	Language domain.Language // of the text
	Subject  string
	Plain    string // lines end in \n
	HTML     string
}

// Email makes a message in the language of all that suits the person best. ErrNoText if there is no text for the message.
func (t *Texts) Email(m domain.Message, language domain.Language, v Values) (Email, error) {
	w, said, err := t.in(language, v)
	if err != nil {
		return Email{}, err
	}
	ids := []string{subjectOf(m), bodyOf(m), signatureText}
	if v.Link != "" && slices.Contains(domain.Alerts(), m) {
		ids = []string{subjectOf(m), bodyOf(m), alertText, signatureText}
	}
	if t.about.Support != "" {
		ids = append(ids, helpText)
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		if texts[i], err = w.say(id); err != nil {
			return Email{}, err
		}
	}
	paragraphs := strings.Split(strings.Join(texts[1:], "\n\n"), "\n\n")
	if t.about.Imprint != "" {
		paragraphs = append(paragraphs, t.about.Imprint)
	}
	return layout(said, texts[0], paragraphs, Grouped(v.Code), v.Link), nil
}

// layout lays out a message, plain and as HTML. The paragraph that is just the code is set large, and
// the one that is just the link is one.
func layout(l domain.Language, subject string, paragraphs []string, code, link string) Email {
	e := Email{Language: l, Subject: subject}
	var plain, rich strings.Builder
	for _, p := range paragraphs {
		plain.WriteString(wrap(p))
		plain.WriteString("\n\n")
		if p == link {
			fmt.Fprintf(&rich, "<p><a href=\"%s\">%s</a></p>\n", html.EscapeString(p), html.EscapeString(p))
			continue
		}
		style := ""
		if p == code {
			style = ` style="font-size:1.6em;font-family:monospace;letter-spacing:0.08em"`
		}
		fmt.Fprintf(&rich, "<p%s>%s</p>\n", style, html.EscapeString(p))
	}
	e.Plain = strings.TrimSuffix(plain.String(), "\n")
	e.HTML = fmt.Sprintf("<!doctype html>\n<html lang=\"%s\">\n<head><meta charset=\"utf-8\"><title>%s</title></head>\n"+
		"<body style=\"font-family:sans-serif;max-width:36em\">\n%s</body>\n</html>\n",
		l, html.EscapeString(subject), rich.String())
	return e
}
