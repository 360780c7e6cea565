package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accountledger/api"
	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/notify"
)

// Times of the HTTP server. Bodies and answers are small.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	// stopTimeout bounds how long a stop waits for requests under way.
	stopTimeout = 20 * time.Second
)

// ErrNoMessages: the server would have no way to send a code to anybody.
var ErrNoMessages = errors.New("messages cannot be sent: configure a mail server (--smtp-host and --smtp-from), or give --dev for a local mailbox")

// ErrNoController: nobody would stand behind the notices that people decide on.
var ErrNoController = errors.New("say who decides on the use of people's data (--controller NAME): every notice names it")

// publish publishes the notices of this program's catalogue that nobody has published yet. Where the log takes nothing
// now, the server starts all the same and can be read.
func (s *Server) publish(ctx context.Context) error {
	_, err := s.menu.PublishNotices(ctx, commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "publishNotices"}, struct{}{})
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.Unavailable {
		s.log.Error("notices could not be published: the log takes no appends", "error", errors.Unwrap(known).Error())
		return nil
	}
	return err
}

// Run serves until ctx ends, then stops gracefully: requests and pages under way are finished. started is told the
// address once the API answers.
func (s *Server) Run(ctx context.Context, started func(address string)) error {
	err := s.run(ctx, started)
	s.undo, s.unserved = s.unserved, nil // set where the first start did not come to serve
	return err
}

func (s *Server) run(ctx context.Context, started func(address string)) error {
	if s.cfg.SMTP.Host == "" && !s.cfg.Dev && s.cfg.Role != RoleAPI {
		return ErrNoMessages
	}
	if s.cfg.Controller == "" && !s.cfg.Dev {
		return ErrNoController
	}
	s.tellClock()
	if err := s.publish(ctx); err != nil {
		return err
	}
	if s.leases != nil { // whatever is asked for from here on is sent, whoever sends it
		if err := notify.MarkStart(ctx, s.journal, s.leases); err != nil {
			return err
		}
	}
	a, err := s.api(ctx)
	if err != nil {
		return err
	}
	tcp, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	unix, err := listenSocket(&s.cfg)
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	public := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: quiet()}
	control := s.controlServer()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	goes := func(name string, run func() error) {
		all.Go(func() {
			if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	goes("consumers", func() error { return s.runConsumers(background) })
	goes("binding", func() error { return s.keepBound(background) })
	goes("processes", func() error { return s.settle(background) })
	goes("http", func() error { return public.Serve(tcp) })
	goes("socket", func() error { return control.Serve(unix) })
	address := tcp.Addr().String()
	s.address.Store(&address)
	s.log.Info("serving", "address", address)
	s.unserved = nil
	if started != nil {
		started(address)
	}

	<-ctx.Done()
	s.log.Info("stopping")
	err = errors.Join(shutdown(public), shutdown(control))
	stopBackground()
	err = errors.Join(err, s.closeConsumers())
	all.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// shutdown waits for requests under way, and then no longer.
func shutdown(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return errors.Join(err, h.Close())
	}
	return nil
}

func (s *Server) api(ctx context.Context) (*api.API, error) {
	id, err := s.journal.LogID(ctx)
	if err != nil {
		return nil, err
	}
	return api.New(api.Deps{
		Menu: s.menu, Views: s, Ready: s.Ready, Log: s.log, LogID: id, Now: s.now, Version: Version(), Dev: s.cfg.Dev,
		HealthOnly: s.cfg.Role == RoleConsumers,
		Head: func(ctx context.Context) (journal.Position, error) {
			head, err := s.journal.Head(ctx)
			return head.Position, err
		},
		Metrics: promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}), Registry: s.metrics,
	})
}

// quiet drops what net/http would log: it can hold callers' addresses and what they sent.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
