package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

// ends says for every name of a key and a secret how it ends: with the account, or otherwise.
var ends = map[string]string{
	"AccountKey": "held", "IdentifierKey": "held", "DeviceKey": "held", "FactorKey": "held", "PasswordKey": "held",
	"SignUpKey":       "by the sign-up's end", // before there is an account
	"RecoveryKey":     "by the recovery's end, a day after its request at the latest; anybody can have asked, and for any address",
	"VerificationKey": "by the verification's end; what it seals is sealed under the account's key as well",
	"MonthKey":        "by retention; what it seals of a person is sealed under the account's key as well",
	"StaffKey":        "an officer's", "StaffSecret": "an officer's",
	"LedgerKey": "nobody's",
}

// TestHoldings: every name of a key or a secret has an entry in ends, and whatever ends with the account is among its holdings.
func TestHoldings(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "streams.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && (strings.HasSuffix(f.Name.Name, "Key") || strings.HasSuffix(f.Name.Name, "Secret")) {
			named = append(named, f.Name.Name)
			if ends[f.Name.Name] == "" {
				t.Errorf("nothing says how %s ends", f.Name.Name)
			}
		}
	}
	if len(named) != len(ends) {
		t.Errorf("streams.go has %v", named)
	}

	id := uuid.New()
	account, claims, device := domain.AccountID{UUID: id}, []domain.ClaimID{{UUID: uuid.New()}, {UUID: uuid.New()}}, domain.DeviceID{UUID: uuid.New()}
	factor := domain.FactorID{UUID: uuid.New()}
	a := domain.NewAccount(account)
	if h := a.Holdings(); len(h.Keys)+len(h.Claims) > 0 {
		t.Errorf("before it is opened it has %v", h)
	}
	for _, e := range []any{domain.AccountOpened{Claim: claims[0]}, domain.ContactAttached{Claim: claims[1]}, domain.DeviceLinked{Device: device},
		domain.FactorEnrolled{Factor: factor}} {
		if err := a.Apply(domain.Fact{Stream: domain.AccountStream(account), Event: e}); err != nil {
			t.Fatal(err)
		}
	}
	held := map[string]string{"AccountKey": domain.AccountKey(account), "IdentifierKey": domain.IdentifierKey(claims[1]), "DeviceKey": domain.DeviceKey(device),
		"FactorKey":   domain.FactorKey(factor),
		"PasswordKey": domain.PasswordKey(a.Password.ID)}
	h := a.Holdings()
	for name, how := range ends {
		if has := slices.Contains(h.Keys, held[name]); has != (how == "held") {
			t.Errorf("%s is among the holdings: %v", name, has)
		}
	}
	if !slices.Equal(h.Claims, claims) || !slices.Contains(h.Keys, domain.IdentifierKey(claims[0])) {
		t.Errorf("the claims are %v", h.Claims)
	}
}
