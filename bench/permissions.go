package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/passwords"
	"accountledger/server"
)

// clients are those who change a permission at the same time, each of an account of its own.
const clients = 64

// permissionRows measures permission changes over HTTP, durable and answered.
func permissionRows(c config) ([]Row, error) {
	ours, size, err := permissionsOurs(c)
	if err != nil {
		return nil, fmt.Errorf("bench: permissions: %w", err)
	}
	control, err := permissionsControl(c, size)
	if err != nil {
		return nil, fmt.Errorf("bench: permissions: %w", err)
	}
	return []Row{newRow(fmt.Sprintf("permission change over HTTP, %d clients", clients), "changes/s", ours, control, 0.4)}, nil
}

// client is a connection pool that keeps one connection a client.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}}
}

// permissionsOurs runs the real server on a new folder, and gives as well how many bytes a change is in the log.
func permissionsOurs(c config) (rate Rate, size int, err error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return rate, 0, err
	}
	cfg, err := server.LoadConfig("", map[string]any{"data": dir, "http": "127.0.0.1:0", "dev": true, "log.level": "warn"})
	if err != nil {
		return rate, 0, err
	}
	s, err := server.Open(context.Background(), cfg, server.Options{Hashing: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		return rate, 0, err
	}
	ctx, stop := context.WithCancel(context.Background())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(a string) { address <- a }) }()
	rate, err = changePermissions(c, cfg, "http://"+<-address)
	stop()
	if err = errors.Join(err, <-ended, s.Close()); err != nil {
		return rate, 0, err
	}
	size, err = changeSize(filepath.Join(dir, "log"))
	return rate, size, err
}

func changePermissions(c config, cfg server.Config, url string) (Rate, error) {
	h := client()
	var tokens [clients]string
	for i := range tokens {
		var err error
		if tokens[i], err = join(h, cfg, url, "client"+strconv.Itoa(i)+"@example.invalid"); err != nil {
			return Rate{}, err
		}
	}
	notice, err := noticeOf(h, url)
	if err != nil {
		return Rate{}, err
	}
	grant := []byte(`{"purpose":"navigation","state":"granted","notice":"` + notice + `"}`)
	withdraw := []byte(`{"purpose":"navigation","state":"withdrawn"}`)
	return load(clients, time.Duration(c.rounds)*c.length, func(ctx context.Context, w, n int) error {
		body := grant
		if n%2 == 1 {
			body = withdraw
		}
		_, err := send(ctx, h, http.MethodPut, url+"/v1/me/permissions/location", tokens[w], body)
		return err
	})
}

// join signs up, proves the address from the local mailbox, and signs in.
func join(h *http.Client, cfg server.Config, url, email string) (string, error) {
	ctx := context.Background()
	const password = "correct-horse-battery"
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
		messages, err := console.Mailbox(ctx)
		if err != nil {
			return "", err
		}
		for _, m := range messages {
			if m.To == email {
				return m.Code, nil
			}
		}
	}
	return "", errors.New("no message came")
}

func noticeOf(h *http.Client, url string) (string, error) {
	answer, err := send(context.Background(), h, http.MethodGet, url+"/v1/catalogue", "", nil)
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

// changeSize is the size of the last decision on a permission in the log, names included.
func changeSize(dir string) (size int, err error) {
	store, err := embedded.Open(embedded.Options{Dir: dir})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for after := (eventstore.Position{}); ; {
		page, err := store.ReadAll(context.Background(), after, 1000)
		if err != nil {
			return 0, err
		}
		for _, e := range page.Events {
			if strings.HasPrefix(e.Type, "permission.") {
				size = len(e.Data) + len(e.Metadata) + len(e.Stream) + len(e.Type) + len(e.ID)
			}
		}
		if page.Checkpoint.Position == after {
			return size, nil
		}
		after = page.Checkpoint.Position
	}
}

// permissionsControl is a bare echo handler that appends as many bytes to a file with the same grouping before it answers.
func permissionsControl(c config, size int) (rate Rate, err error) {
	file, err := openPlainFile(filepath.Join(c.dir, "permissions"))
	if err != nil {
		return rate, err
	}
	e := echo.New()
	event := payload(size)
	e.PUT("/v1/me/permissions/:permission", func(ctx echo.Context) error {
		if _, err := io.Copy(io.Discard, ctx.Request().Body); err != nil {
			return err
		}
		file.append(event, make(chan struct{}, 1))
		return ctx.JSON(http.StatusOK, map[string]string{"permission": ctx.Param("permission"), "state": "granted"})
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return rate, errors.Join(err, file.close())
	}
	s := &http.Server{Handler: e, ReadHeaderTimeout: time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	h := client()
	body := []byte(`{"purpose":"navigation","state":"withdrawn"}`)
	url := "http://" + l.Addr().String() + "/v1/me/permissions/location"
	rate, err = load(clients, time.Duration(c.rounds)*c.length, func(ctx context.Context, _, _ int) error {
		_, err := send(ctx, h, http.MethodPut, url, "token", body)
		return err
	})
	err = errors.Join(err, s.Shutdown(context.Background()), file.close())
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return rate, err
}
