package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/operate"
	"accountledger/server"
)

// client is an HTTP client that keeps one connection per client.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}}
}

// password is everybody's.
const password = "correct-horse-battery"

// join signs up, verifies the address from the local mailbox, and signs in.
func join(ctx context.Context, h *http.Client, cfg server.Config, url, email string) (string, error) {
	up, err := send(ctx, h, http.MethodPost, url+"/v1/sign-ups", "",
		fmt.Appendf(nil, `{"email":%q,"password":%q,"region":"DE","language":"en","birth_month":"1990-05"}`, email, password))
	if err != nil {
		return "", err
	}
	code, err := codeFor(ctx, cfg, email)
	if err != nil {
		return "", err
	}
	if _, err = send(ctx, h, http.MethodPost, url+"/v1/verifications/"+up["verification"].(string)+"/check", "",
		fmt.Appendf(nil, `{"handle":%q,"code":%q}`, up["handle"], code)); err != nil {
		return "", err
	}
	in, err := send(ctx, h, http.MethodPost, url+"/v1/sessions", "", fmt.Appendf(nil, `{"email":%q,"password":%q}`, email, password))
	if err != nil {
		return "", err
	}
	return in["token"].(string), nil
}

func codeFor(ctx context.Context, cfg server.Config, email string) (string, error) {
	console, err := server.OpenConsole(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer func() { _ = console.Close() }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		messages, err := operate.ReadMailbox.Run(ctx, console, operate.None{}, nil)
		if err != nil {
			return "", err
		}
		for _, m := range messages {
			if m.To == email {
				return m.Code, nil
			}
		}
	}
	return "", errors.New("no message arrived")
}

func noticeOf(ctx context.Context, h *http.Client, url string) (string, error) {
	answer, err := send(ctx, h, http.MethodGet, url+"/v1/catalogue", "", nil)
	if err != nil {
		return "", err
	}
	first := answer["permissions"].([]any)[0].(map[string]any)
	return first["notice"].(map[string]any)["id"].(string), nil
}

func send(ctx context.Context, h *http.Client, method, url, token string, body []byte) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := h.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s: %s: %s", method, resp.Status, answer)
	}
	var fields map[string]any
	return fields, json.Unmarshal(answer, &fields)
}
