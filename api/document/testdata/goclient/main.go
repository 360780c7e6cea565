// Command goclient signs in with a generated client and reads the permissions of whoever that is.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"client/ledger"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, email, password string) error {
	c, err := ledger.NewClientWithResponses(url)
	if err != nil {
		return err
	}
	wrong, err := c.SignInWithResponse(ctx, nil, ledger.SignInBody{Email: email, Password: "another-walrus"})
	if err != nil || wrong.ApplicationproblemJSON401 == nil || wrong.ApplicationproblemJSON401.Code != "wrong_credentials" {
		return fmt.Errorf("a wrong password: %v, %w", wrong, err)
	}
	in, err := c.SignInWithResponse(ctx, nil, ledger.SignInBody{Email: email, Password: password})
	if err != nil || in.JSON201 == nil {
		return fmt.Errorf("signing in: %v, %w", in, err)
	}
	all, err := c.ListPermissionsWithResponse(ctx, nil, func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+in.JSON201.Token)
		return nil
	})
	if err != nil || all.JSON200 == nil || len(all.JSON200.Permissions) == 0 {
		return fmt.Errorf("reading permissions: %v, %w", all, err)
	}
	return nil
}
