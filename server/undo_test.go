package server_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var undoLinks = regexp.MustCompile(`https://accounts\.test/undo#[A-Za-z0-9_-]+`)

// Somebody goes to another address; who reads the mail at the one before puts it back with what the mail says, by the real program, through a
// restart.
func TestARemovalIsUndoneByTheMail(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Origin = "https://accounts.test"
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada's band")
	r.attach(mail, ada, "ada@example.net")
	list := r.want(200, "GET", "/v1/me/contacts", ada.token, "")
	one := func(at int) string {
		all, _ := list.fields["contacts"].([]any)
		first, _ := all[at].(map[string]any)
		return fmt.Sprint(first["id"])
	}
	before := len(mail.Taken())
	r.want(204, "POST", "/v1/me/contacts/"+one(1)+"/primary", ada.token, "")
	r.want(200, "DELETE", "/v1/me/contacts/"+one(0), ada.token, "")
	text := ""
	for _, m := range mail.Wait(t, before+3)[before:] {
		if body := m.Parts(t)["text/plain"]; undoLinks.MatchString(body) {
			if text = body; m.To != "ada@example.com" {
				t.Errorf("the link went elsewhere")
			}
		}
	}
	link := undoLinks.FindString(text)
	code := strings.ReplaceAll(sixDigits.FindString(strings.Replace(text, link, "", 1)), " ", "")
	r.stop()
	r = start(t, cfg)
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, ada.email, password))
	r.want(204, "POST", "/v1/undos", "", fmt.Sprintf(`{"token":%q,"code":%q}`, link, code))
	r.want(401, "GET", "/v1/me", ada.token, "")
	if me := r.want(200, "GET", "/v1/me", r.signIn(ada.email), ""); me.str(t, "email") != ada.email {
		t.Error("it is not primary again")
	}
}
