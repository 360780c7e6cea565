package commands_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// Who may ask what. y: allowed; s: sign in first; k: a service's key is needed; n: not allowed to this caller; c: not while the account closes.
const authorisation = `
                   guest person closing service admin compliance analyst operator system
SignUp             y     y      y       y       y     y          y       y        y
CheckCode          y     y      y       y       y     y          y       y        y
Resend             y     y      y       y       y     y          y       y        y
Recover            y     y      y       y       y     y          y       y        y
CheckRecovery      y     y      y       y       y     y          y       y        y
WaitRecovery       y     y      y       y       y     y          y       y        y
CompleteRecovery   y     y      y       y       y     y          y       y        y
SignIn             y     y      y       y       y     y          y       y        y
AskSignIn          y     y      y       y       y     y          y       y        y
SignInByPasskey    y     y      y       y       y     y          y       y        y
ContinueSignIn     y     y      y       y       y     y          y       y        y
Enrol              y     y      y       y       y     y          y       y        y
Catalogue          y     y      y       y       y     y          y       y        y
ReadNotice         y     y      y       y       y     y          y       y        y
ListNotices        y     y      y       y       y     y          y       y        y
SeeErasure         y     y      y       y       y     y          y       y        y
ListSessions       s     y      y       s       y     y          y       s        s
ListSignIns        s     y      y       n       n     n          n       n        n
EndSession         s     y      y       s       y     y          y       s        s
SignOutEverywhere  s     y      y       s       y     y          y       s        s
Me                 s     y      y       n       n     n          n       n        n
SetLanguage        s     y      c       n       n     n          n       n        n
ChangePassword     s     y      c       n       n     n          n       n        n
AddContact         s     y      c       n       n     n          n       n        n
ListContacts       s     y      y       n       n     n          n       n        n
MakePrimary        s     y      c       n       n     n          n       n        n
RemoveContact      s     y      c       n       n     n          n       n        n
NotMe              y     y      y       y       y     y          y       y        y
Undo               y     y      y       y       y     y          y       y        y
CorrectBirth       s     y      c       n       n     n          n       n        n
History            s     y      y       n       n     n          n       n        n
ListPermissions    s     y      y       n       n     n          n       n        n
SetPermission      s     y      c       n       n     n          n       n        n
ListFactors        s     y      y       n       n     n          n       n        n
OfferTOTP          s     y      c       n       n     n          n       n        n
ConfirmTOTP        s     y      c       n       n     n          n       n        n
OfferPasskey       s     y      c       n       n     n          n       n        n
ConfirmPasskey     s     y      c       n       n     n          n       n        n
RemovePassword     s     y      c       n       n     n          n       n        n
AskRaise           s     y      y       n       n     n          n       n        n
MakeCodes          s     y      c       n       n     n          n       n        n
RenameFactor       s     y      c       n       n     n          n       n        n
RemoveFactor       s     y      c       n       n     n          n       n        n
ListDevices        s     y      y       n       n     n          n       n        n
LinkDevice         s     y      c       n       n     n          n       n        n
RenameDevice       s     y      c       n       n     n          n       n        n
UnlinkDevice       s     y      c       n       n     n          n       n        n
RequestErasure     s     y      y       n       n     n          n       n        n
CancelErasure      s     y      y       n       n     n          n       n        n
DecideAccess       k     n      n       y       n     n          n       n        n
LookUp             s     n      n       n       n     y          n       n        n
Reveal             s     n      n       n       n     y          n       n        n
RecordQuery        s     n      n       n       n     y          y       n        n
RevealQuestion     s     n      n       n       n     y          n       n        n
ShowAccount        s     n      n       n       n     y          n       n        n
AddStaff           n     n      n       n       n     n          n       y        n
EndStaff           n     n      n       n       n     n          n       y        n
EndStaffRole       n     n      n       n       n     n          n       y        n
ResetStaff         n     n      n       n       n     n          n       y        n
AddService         n     n      n       n       n     n          n       y        n
ListServices       n     n      n       n       n     n          n       y        n
RenameService      n     n      n       n       n     n          n       y        n
AllowService       n     n      n       n       n     n          n       y        n
SuspendService     n     n      n       n       n     n          n       y        n
ResumeService      n     n      n       n       n     n          n       y        n
EndService         n     n      n       n       n     n          n       y        n
AddServiceKey      n     n      n       n       n     n          n       y        n
EndServiceKey      n     n      n       n       n     n          n       y        n
Operate            n     n      n       n       n     n          n       y        n
SkipEvent          n     n      n       n       n     n          n       y        n
ConfirmClock       n     n      n       n       n     n          n       y        n
CheckParty         n     n      n       n       n     n          n       n        y
NoteClock          n     n      n       n       n     n          n       n        y
RaiseLimits        n     n      n       n       n     n          n       y        n
RestoreLimits      n     n      n       n       n     n          n       y        n
DescribeController n     n      n       n       n     n          n       y        n
PublishNotices     n     n      n       n       n     n          n       n        y
SettleVerification n     n      n       n       n     n          n       n        y
SettleFactor       n     n      n       n       n     n          n       n        y
SettleUnlinked     n     n      n       n       n     n          n       n        y
SettlePassword     n     n      n       n       n     n          n       n        y
SettleRemoval      n     n      n       n       n     n          n       n        y
SettleErasure      n     n      n       n       n     n          n       n        y
Retain             n     n      n       n       n     n          n       n        y
Alerts             n     n      n       n       n     n          n       n        y
Message            n     n      n       n       n     n          n       n        y
RecordDelivery     n     n      n       n       n     n          n       n        y
Raise              s     y      y       s       y     y          y       s        s
EraseRestored      n     n      n       n       n     n          n       n        y
DropClaim          n     n      n       n       n     n          n       n        y
RecordRestore      n     n      n       n       n     n          n       y        n
RecordImport       n     n      n       n       n     n          n       y        n`

func TestAuthorisation(t *testing.T) {
	w := newWorld(t)
	staff := func(roles ...domain.Role) domain.Caller {
		c := w.officer(fmt.Sprintf("%s@example.com", roles[0]), roles[0])
		return c
	}
	head := func() journal.Checkpoint {
		at, err := w.journal.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	closing := w.person("closing@example.com")
	do(w, w.RequestErasure, closing, commands.RequestErasure{})
	closing.Closing = true
	callers := map[string]domain.Caller{"guest": domain.Guest(), "closing": closing, "service": w.service("weather-app"), "admin": staff(domain.RoleAdmin),
		"compliance": staff(domain.RoleCompliance), "analyst": staff(domain.RoleAnalyst), "operator": domain.Operator(0), "system": domain.System()}
	lines := strings.Split(strings.TrimSpace(authorisation), "\n")
	kinds := strings.Fields(lines[0])
	menu, seen := reflect.ValueOf(w.Menu).Elem(), map[string]bool{}
	for n, line := range lines[1:] {
		cells := strings.Fields(line)
		name := cells[0]
		seen[name] = true
		ask := menu.FieldByName(name)
		if len(cells) != len(kinds)+1 || !ask.IsValid() {
			t.Fatalf("row %s does not fit", name)
		}
		callers["person"] = w.person(fmt.Sprintf("person%d@example.com", n)) // a new one for each, since what is allowed is carried out
		for i, kind := range kinds {
			in := reflect.New(ask.Type().In(2)).Elem()
			if name == "DecideAccess" {
				in.Set(reflect.ValueOf(commands.DecideAccess{Permission: weather.Permission, Purpose: weather.Purpose}))
			}
			if name == "Operate" {
				in.Set(reflect.ValueOf(commands.Operate{Operation: domain.OpKeysList}))
			}
			if name == "RecordRestore" {
				in.Set(reflect.ValueOf(commands.RecordRestore{Restored: domain.LedgerRestored{Cause: domain.CauseBackup, List: domain.ListNone}}))
			}
			if name == "RaiseLimits" || name == "RestoreLimits" {
				in.Set(reflect.ValueOf(commands.RaiseLimits{Profile: domain.LimitsSimulation}))
			}
			before := head()
			told, _ := ask.MethodByName("May").Call([]reflect.Value{reflect.ValueOf(callers[kind])})[0].Interface().(error)
			if head() != before {
				t.Errorf("%s as %s: asking whether one may ask appended something", name, kind)
			}
			out := ask.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(request(callers[kind])), in})
			err, _ := out[1].Interface().(error)
			got := "y"
			for letter, refusal := range map[string]error{"s": domain.ErrSession, "k": domain.ErrServiceKey, "n": domain.ErrForbidden, "c": domain.ErrClosing} {
				if errors.Is(err, refusal) {
					got = letter
				}
			}
			if may := got == "y"; may != (told == nil) || !may && !errors.Is(err, told) {
				t.Errorf("%s as %s: %v, told %v", name, kind, err, told)
			}
			if got != cells[i+1] || errors.Is(err, domain.ErrInternal) {
				t.Errorf("%s as %s: %s, want %s (%v)", name, kind, got, cells[i+1], err)
			}
			if got != "y" && head() != before {
				t.Errorf("%s as %s: refused, and something was appended", name, kind)
			}
		}
	}
	for i := range menu.NumField() {
		if name := menu.Type().Field(i).Name; !seen[name] && !slices.Contains(noCommands, name) {
			t.Errorf("%s has no row", name)
		}
	}
}

// Questions and answers print nothing of what they hold.
func TestPersonalNeverPrints(t *testing.T) {
	const canary = "canary-7f3a"
	client := domain.ClientInfo{Address: canary, UserAgent: canary}
	device := commands.Device{Kind: "watch", Model: canary, Name: canary}
	for _, v := range []any{
		commands.SignUp{Email: canary, Password: passwords.New(canary), BirthMonth: canary}, commands.SignedUp{Handle: canary},
		commands.ChangePassword{Current: passwords.New(canary), New: passwords.New(canary)}, domain.PasswordHash(canary),
		commands.CheckCode{Handle: canary, Code: canary},
		commands.Resend{Handle: canary}, commands.SignIn{Email: canary, Password: passwords.New(canary)}, commands.SignedIn{Token: canary},
		commands.Enrol{Code: canary, Password: passwords.New(canary)},
		commands.Session{Client: client}, commands.Me{Email: canary, BirthMonth: canary}, commands.HistoryEntry{Details: []byte(canary)}, device,
		domain.LinkDevice{Model: canary, Name: canary},
		commands.Contact{Email: canary}, commands.AddContact{Email: canary}, commands.ContactAdding{Handle: canary},
		commands.RenameDevice{Name: canary}, commands.LookUp{Email: canary}, commands.Revealed{Emails: []string{canary}, Devices: []commands.Device{device}},
		commands.AddStaff{Email: canary, Name: canary}, commands.OfStaff{Officer: canary}, commands.StaffRole{OfStaff: commands.OfStaff{Officer: canary}},
		commands.StaffAdded{Code: canary}, commands.ServiceAdded{Key: canary}, commands.MessageToSend{To: canary, Code: canary, Link: canary},
		commands.Undo{Link: canary, Code: canary}, commands.LinkToken(canary), commands.CorrectBirth{BirthMonth: canary},
		commands.Request{Client: client, Key: canary}, commands.Token(canary),
		commands.Answer[commands.Me]{Value: commands.Me{Email: canary}}, commands.SkipEvent{Reason: canary},
		commands.AccountShown{Emails: []string{canary}, Devices: []commands.Device{device}}, commands.ShownEvent{Details: []byte(canary)},
		commands.QuestionRevealed{Query: canary},
	} {
		pointer := reflect.New(reflect.TypeOf(v))
		pointer.Elem().Set(reflect.ValueOf(v))
		for _, one := range []any{v, pointer.Interface(), []any{v}} {
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", one)
			out := fmt.Sprintf("%v %+v %#v %s %q %x %d", one, one, one, one, one, one, one) + log.String()
			if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
				t.Errorf("%T prints %s", one, out)
			}
		}
	}
}

// Tokens and sealed cursors open for their label and binding alone.
// noCommands are in the menu without a rule.
var noCommands = []string{"Authenticate", "AuthenticateErased", "Presume", "Ciphers", "PseudonymsOf", "LanguageOf", "Passwords", "Accesses"}

func TestCiphers(t *testing.T) {
	w := newWorld(t)
	cursors, err := w.Ciphers("cursor")
	if err != nil {
		t.Fatal(err)
	}
	places, err := w.Ciphers("place")
	if err != nil {
		t.Fatal(err)
	}
	token := cursors.Seal([]byte("page 2"), []byte("ada"))
	if b, err := cursors.Open(token, []byte("ada")); err != nil || string(b) != "page 2" {
		t.Errorf("%v", err)
	}
	w.restart()
	again, err := w.Ciphers("cursor")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open(token, []byte("ada")); err != nil {
		t.Errorf("in a new process: %v", err)
	}
	if _, err := cursors.Open(token, []byte("eve")); err == nil {
		t.Error("opened for somebody else")
	}
	if _, err := places.Open(token, []byte("ada")); err == nil {
		t.Error("opened under another label")
	}
	for _, bad := range []string{"", "x", token + "A", token[1:], "!" + token[1:]} {
		if _, err := cursors.Open(bad, []byte("ada")); err == nil {
			t.Errorf("%q opened", bad)
		}
	}
	if other := cursors.Seal([]byte("page 2"), []byte("ada")); other == token {
		t.Error("two tokens are the same")
	}
}

// Accesses are shown as one's own permissions are, and a view to those whom its record of queries allows.
func TestRulesOfViews(t *testing.T) {
	w := newWorld(t)
	person, compliance, analyst := w.person(ada), w.officer("grace@example.com", domain.RoleCompliance), w.officer("edsger@example.com", domain.RoleAnalyst)
	closing := person
	closing.Closing = true
	for _, c := range []domain.Caller{domain.Guest(), person, closing, compliance, analyst, domain.System()} {
		if got, want := w.Accesses(c), w.ListPermissions.May(c); !errors.Is(got, want) {
			t.Errorf("accesses as %s: %v, want %v", c.Actor.Kind, got, want)
		}
	}
	for view, officers := range map[domain.ViewName][]domain.Caller{commands.DailyView: {compliance, analyst}, "accounts": {compliance}} {
		for _, c := range officers {
			do(w, w.RecordQuery, c, commands.RecordQuery{View: view})
			if err := commands.Viewer(view)(c); err != nil {
				t.Error(err)
			}
		}
	}
	refused(w, w.RecordQuery, analyst, commands.RecordQuery{View: "accounts"}, domain.ErrForbidden)
	if !errors.Is(commands.Viewer("accounts")(analyst), domain.ErrForbidden) || !errors.Is(commands.Viewer("daily")(domain.Guest()), domain.ErrSession) {
		t.Error("another refusal")
	}
}
