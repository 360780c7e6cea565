package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/server"
)

// refusedStart starts a server that must not serve, and returns why.
func refusedStart(t *testing.T, cfg server.Config) error {
	t.Helper()
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	err = s.Run(t.Context(), func(string) { t.Error("it serves") })
	fatal(t, s.Close())
	return err
}

// shown is a notice with what it says of the controller.
type shown struct {
	ID         string `json:"id"`
	Text       string `json:"text"`
	Controller struct {
		Name    string `json:"name"`
		Contact string `json:"contact"`
	} `json:"controller"`
	whole string
}

// newest is the notice of location in force, as anybody reads it.
func (r *running) newest() shown {
	r.t.Helper()
	var list struct {
		Notices []struct {
			ID string `json:"id"`
		} `json:"notices"`
	}
	fatal(r.t, json.Unmarshal([]byte(r.want(200, "GET", "/v1/notices?permission=location&language=en", "", "").body), &list))
	if len(list.Notices) == 0 {
		r.t.Fatal("no notices")
	}
	return r.byID(list.Notices[0].ID)
}

func (r *running) byID(id string) shown {
	r.t.Helper()
	s := shown{whole: r.want(200, "GET", "/v1/notices/"+id, "", "").body}
	fatal(r.t, json.Unmarshal([]byte(s.whole), &s))
	return s
}

// TestRestartWithAnotherController: the start is refused and says what to do; after the command it serves, and shows what is configured.
func TestRestartWithAnotherController(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	first := r.newest()
	if first.Controller.Name != cfg.Controller.Name || !strings.Contains(first.Text, cfg.Controller.Contact) {
		t.Errorf("what is configured is not shown: %s", first.whole)
	}
	r.stop()

	other := cfg
	other.Controller.ID, other.Controller.Name = "globex", "Globex Ltd"
	err := refusedStart(t, other)
	failure := server.FailureOf(err)
	if !errors.Is(err, domain.ErrOtherController) || failure.Exit != operate.ExitRefused || failure.Code != "other_controller" ||
		!strings.Contains(failure.Message, "controller set") || strings.Contains(failure.Message, "Globex") {
		t.Errorf("%+v", failure)
	}

	con, err := server.OpenConsole(t.Context(), other)
	fatal(t, err)
	done, err := operate.SetController.Run(t.Context(), con, other.Controller.Description(), nil)
	fatal(t, errors.Join(err, con.Close()))
	if !done.Changed || !done.Material {
		t.Errorf("%+v", done)
	}
	if err := refusedStart(t, cfg); !errors.Is(err, domain.ErrOtherController) {
		t.Errorf("the old one starts again: %v", err)
	}

	r = start(t, other)
	if now := r.newest(); now.Controller.Name != "Globex Ltd" || strings.Contains(now.whole, cfg.Controller.Name) {
		t.Errorf("%s", now.whole)
	}
	if again := r.byID(first.ID); again.whole != first.whole {
		t.Errorf("the first notice reads otherwise:\n%s\n%s", first.whole, again.whole)
	}
	// In the running server, too; its own configuration is then another one's, until it starts again.
	con, err = server.OpenConsole(t.Context(), other)
	fatal(t, err)
	_, err = operate.SetController.Run(t.Context(), con, cfg.Controller.Description(), nil)
	fatal(t, errors.Join(err, con.Close()))
	if now := r.newest(); now.Controller.Name != cfg.Controller.Name {
		t.Errorf("%s", now.whole)
	}
}

// TestRestartWithANewContact: a start puts it in force; one with the older configuration warns, and changes nothing.
func TestRestartWithANewContact(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	start(t, cfg).stop()
	newer := cfg
	newer.Controller.Contact = "data@example.com"
	r := start(t, newer)
	if got := r.newest().Controller.Contact; got != "data@example.com" {
		t.Error(got)
	}
	r.stop()
	r = start(t, cfg)
	if got := r.newest().Controller.Contact; got != "data@example.com" {
		t.Errorf("an older configuration took it back: %s", got)
	}
	if !strings.Contains(r.logs.String(), "controller set") || strings.Contains(r.logs.String(), "data@example.com") {
		t.Error("nothing warns, or the log names the contact")
	}
}

// TestBadControllers: each setting is named, and its value is not repeated.
func TestBadControllers(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{"id": "Acme Inc.", "name": strings.Repeat("a", 201), "address": "two\nlines", "contact": "a\x00b",
		"dpo": " an officer", "authority": "somebody ", "jurisdiction": "Germany", "places": "DE, DE"} {
		_, err := server.LoadConfig("", map[string]any{"dev": true, "controller." + key: value})
		var setting *server.SettingError
		if !errors.As(err, &setting) || setting.Key != "controller."+key || strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", key, err)
		}
	}
	cfg := config(t)
	cfg.Controller.Places = " , "
	if err := cfg.Servable(); !errors.Is(err, server.ErrNoController) || !strings.Contains(err.Error(), "controller.places") {
		t.Error(err)
	}
}
