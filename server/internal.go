package server

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Internal is the address of the internal listener; "" where there is none, or before the server serves.
func (s *Server) Internal() string {
	if address := s.internal.Load(); address != nil {
		return *address
	}
	return ""
}

// listenInternal listens where operators look; nil where they set no address. It is for them alone: counts of bytes and events
// tell what others did.
func (s *Server) listenInternal(ctx context.Context) (net.Listener, error) {
	if s.cfg.Internal.HTTP == "" {
		return nil, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Internal.HTTP)
	if err != nil {
		return nil, notListening("internal.http", s.cfg.Internal.HTTP, err)
	}
	address := l.Addr().String()
	if reachedFromOutside(l.Addr()) {
		s.log.Warn("metrics and profiles can be had from other machines: see that only operators reach internal.http", "address", address)
	}
	s.internal.Store(&address)
	return l, nil
}

// internalServer shows operators what the public is not shown. Profiles take as long as they are asked to, so answers have no
// deadline.
func (s *Server) internalServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready := s.health.Ready(r.Context())
		status := http.StatusOK
		if !ready.Ready {
			status = http.StatusServiceUnavailable
		}
		answerJSON(w, status, ready)
	})
	// All profiles but the command line: settings on it can be secrets.
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	return &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: quiet()}
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, v) // the caller has gone
}
