package server

import (
	"context"
	"net"
	"net/http"
	"time"

	"accountledger/operate"
)

type peerKey struct{}

// controlServer carries out operators' commands.
func (s *Server) controlServer() *http.Server {
	stopping, stop := context.WithCancel(context.Background())
	service := &operate.Service{Failure: FailureOf, Stopping: stopping, Caller: func(r *http.Request) (*operate.Operator, bool) {
		uid, ok := r.Context().Value(peerKey{}).(int)
		return &operate.Operator{Ledger: s.ledger(), UID: uid}, ok
	}}
	srv := &http.Server{Handler: service.Handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: quiet(),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if p, ok := c.(*peerConn); ok {
				ctx = context.WithValue(ctx, peerKey{}, p.uid)
			}
			return ctx
		}}
	srv.RegisterOnShutdown(stop)
	return srv
}

// dial finds the running server. Errors are dialSocket's.
func dial(ctx context.Context, c *Config) (*operate.Remote, error) {
	cfg := *c
	conn, err := dialSocket(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	_ = conn.Close()
	return operate.NewRemote(func(ctx context.Context) (net.Conn, error) { return dialSocket(ctx, &cfg) }), nil
}
