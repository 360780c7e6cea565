package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/labstack/echo/v4"
)

// request is what the clients of a control send.
type request struct {
	method, path, body string
	answer             map[string]string
	// size is how many bytes are appended before the answer.
	size int
}

// bareHTTP is the control for answers that wait for durability: a bare echo handler that appends as many bytes to a file with the
// same grouping before it answers.
func bareHTTP(ctx context.Context, dir string, d time.Duration, r request) (rate Rate, err error) {
	file, err := openPlainFile(filepath.Join(dir, "bare"))
	if err != nil {
		return rate, err
	}
	e := echo.New()
	event := payload(r.size)
	e.Add(r.method, r.path, func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		file.append(event, make(chan struct{}, 1))
		return c.JSON(http.StatusOK, r.answer)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return rate, errors.Join(err, file.close())
	}
	s := &http.Server{Handler: e, ReadHeaderTimeout: time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	h := client()
	url, body := "http://"+l.Addr().String()+r.path, []byte(r.body)
	rate, err = load(ctx, clients, d, func(ctx context.Context, _, _ int) error {
		_, err := send(ctx, h, r.method, url, "token", body)
		return err
	})
	err = errors.Join(err, s.Shutdown(context.WithoutCancel(ctx)), file.close())
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return rate, err
}
