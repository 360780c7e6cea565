package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"accountledger/operate"
	"accountledger/server"
)

// officer enrols a compliance officer and signs them in.
func (s *serving) officer(ctx context.Context) (token string, err error) {
	console, err := server.OpenConsole(ctx, s.cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, console.Close()) }()
	const password = "seven-tall-lighthouses"
	email := fmt.Sprintf("officer-%d@example.invalid", time.Now().UnixNano())
	added, err := operate.AddStaff.Run(ctx, console, operate.StaffAdd{Email: email, Role: "compliance"}, nil)
	if err != nil {
		return "", err
	}
	if _, err := send(ctx, s.http, http.MethodPost, s.url+"/v1/enrolments", "", fmt.Appendf(nil, `{"code":%q,"password":%q}`, added.Code, password)); err != nil {
		return "", err
	}
	in, err := send(ctx, s.http, http.MethodPost, s.url+"/v1/sessions", "", fmt.Appendf(nil, `{"email":%q,"password":%q,"staff":true}`, email, password))
	if err != nil {
		return "", err
	}
	token, _ = in["token"].(string)
	return token, nil
}
