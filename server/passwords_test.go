package server_test

import (
	"fmt"
	"testing"
)

// The names of the product, the service and the controller are no passwords.
func TestPasswordsLikeTheService(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Name, cfg.Controller.ID, cfg.Controller.Name = "Polar Phones", "nord-electronics", "Nord Appliances"
	cfg.Passwords.MinAlone = 8 // the names are short
	r := start(t, cfg)
	up := func(password string) string {
		return fmt.Sprintf(`{"email":"ada@example.com","password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, password)
	}
	for _, word := range []string{"accountledger1", "polarphones", "Polar-Phones9", "nordelectronics", "NordElectronics1", "nordappliances"} {
		if got := r.want(422, "POST", "/v1/sign-ups", "", up(word)).str(t, "code"); got != "password_like_identifier" {
			t.Errorf("%s: %s", word, got)
		}
	}
	r.want(202, "POST", "/v1/sign-ups", "", up("five quiet lighthouses"))
}
