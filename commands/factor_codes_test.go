package commands_test

import (
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

func withRecoveryCode(p *commands.PendingSignIn, code string) commands.ContinueSignIn {
	return commands.ContinueSignIn{ID: p.ID, Handle: p.Handle, Evidence: commands.Evidence{RecoveryCode: code}}
}

// Recovery codes come with the first factor, pass once each in place of it, and end with another set, and with the last factor.
func TestRecoveryCodes(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	c := w.signedIn(ada)
	refused(w, w.MakeCodes, c, struct{}{}, domain.ErrNoFactor)
	offer := do(w, w.OfferTOTP, c, struct{}{})
	phone := app{w: w, seed: seedOf(t, offer)}
	confirm := commands.ConfirmTOTP{Continuation: offer.Continuation, Code: phone.code(), Name: "my phone"}
	r := keyed(c, "confirm")
	one, err := w.ConfirmTOTP(t.Context(), r, confirm)
	if err != nil || len(one.Value.Codes) != 10 {
		t.Fatalf("%d codes: %v", len(one.Value.Codes), err)
	}
	phone.id = one.Value.Factor.ID
	w.restart()
	if two, err := w.ConfirmTOTP(t.Context(), r, confirm); err != nil || two.Value.Codes[9] != one.Value.Codes[9] {
		t.Errorf("a repeat: %v", err)
	}
	codes := one.Value.Codes
	p := w.begin()
	in := do(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, " "+strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))))
	c = w.authenticated(in.Token)
	if c.Level != domain.LevelTwo {
		t.Error("a lower level")
	}
	w.restart()
	p = w.begin()
	refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, codes[3]), domain.ErrRecoveryCode)
	refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, codes[4][:15]), domain.ErrRecoveryCode)
	refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, "Z"+codes[4][1:]), domain.ErrRecoveryCode)
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != 2 || all[1].Kind != domain.FactorRecoveryCodes || all[1].Left != 9 {
		t.Errorf("%d factors", len(all))
	}
	told := 0
	for i := 0; i < 10; i++ {
		if i != 3 {
			c = w.authenticated(do(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{RecoveryCode: codes[i]}}).Token)
		}
	}
	for _, f := range w.log() {
		if alert, ok := f.Alert(); ok && alert.Kind == domain.MessageFewCodes {
			told++
		}
	}
	if told != 3 {
		t.Errorf("the owner is told %d times that hardly any are left", told)
	}
	made := do(w, w.MakeCodes, c, struct{}{})
	if len(made.Codes) != 10 || made.Codes[0] == codes[0] || made.Factor.Left != 10 {
		t.Errorf("%d other codes", len(made.Codes))
	}
	p = w.begin()
	refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, codes[5]), domain.ErrRecoveryCode)
	do(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, made.Codes[5]))
	do(w, w.RemoveFactor, c, commands.RemoveFactor{ID: phone.id})
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != 0 || w.signedIn(ada).Reach != domain.LevelOne {
		t.Errorf("%d factors, with the last gone", len(all))
	}
}

// A restore may bring back codes that were used: none passes any more.
func TestRecoveryCodesAfterARestore(t *testing.T) {
	w, phone := factorWorld(t)
	c := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next())).Token)
	codes := do(w, w.MakeCodes, c, struct{}{}).Codes
	w.restore()
	for range 2 {
		p := w.begin()
		if len(p.Needs) != 1 || p.Needs[0] != domain.MethodTOTP {
			t.Errorf("it needs %v", p.Needs)
		}
		refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, codes[0]), domain.ErrNotAWay)
		w.restart()
	}
	w.clock.forward(100 * 30e9)
	c = w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next())).Token)
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != 2 || !all[1].Void {
		t.Errorf("%d factors", len(all))
	}
	if made := do(w, w.MakeCodes, c, struct{}{}); len(made.Codes) != 10 {
		t.Errorf("%d codes", len(made.Codes))
	}
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != 2 || all[1].Void {
		t.Errorf("%d factors", len(all))
	}
}
