package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"accountledger/api"
	"accountledger/commands"
	"accountledger/consumers/effects"
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
	// stopTimeout is how long a stop waits for requests in progress.
	stopTimeout = 20 * time.Second
	// stopViews is how long it then waits for the views' engine.
	stopViews = 5 * time.Second
)

// publish publishes the notices of this program's catalogue that are not published yet. Where the log takes no appends now,
// the server starts anyway and can be read.
func (s *Server) publish(ctx context.Context) error {
	_, err := s.menu.PublishNotices(ctx, commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "publishNotices"}, struct{}{})
	var known *domain.Error
	if errors.Is(err, domain.ErrOtherController) && errors.As(err, &known) {
		if s.archive { // nobody decides anything in it
			return nil
		}
		return known.Because(errSetController)
	}
	if errors.As(err, &known) && known.Kind == domain.Unavailable {
		s.log.Error("notices could not be published: the log takes no appends", "error", errors.Unwrap(known).Error())
		return nil
	}
	return err
}

// checkParty refuses to serve people whose passkeys were made for another host. An archive is signed in to by nobody.
func (s *Server) checkParty(ctx context.Context, origin string) error {
	_, err := s.menu.CheckParty(ctx, commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "checkParty"},
		commands.CheckParty{Origin: origin})
	var known *domain.Error
	if errors.Is(err, domain.ErrOtherParty) && errors.As(err, &known) {
		if s.archive {
			return nil
		}
		return known.Because(errSetOrigin)
	}
	return err
}

// errSetOrigin says what to do about domain.ErrOtherParty.
var errSetOrigin = errors.New("set origin to an address of that host")

// errSetController says what to do about domain.ErrOtherController.
var errSetController = errors.New("to put this configuration's controller in force, run controller set with it; else configure the one before")

// Run serves until ctx ends and during the drain after it, then stops gracefully: requests and pages in progress are finished.
// started is called with the address once the API answers.
func (s *Server) Run(ctx context.Context, started func(address string)) error {
	err := s.run(ctx, started)
	s.undo, s.unserved = s.unserved, nil // set where the first start did not come to serve
	return err
}

func (s *Server) run(ctx context.Context, started func(address string)) error {
	if err := s.cfg.Servable(); err != nil {
		return err
	}
	s.tellClock()
	encryption, err := s.tlsConfig()
	if err != nil {
		return err
	}
	doors, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.warnOfClearText(doors.public.Addr())
	a, err := s.begin(ctx, s.cfg.OriginAt(doors.public.Addr().String()))
	if err != nil {
		return errors.Join(err, doors.close())
	}
	public := &http.Server{Handler: s.draining.Handler(a.Handler()), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: quiet(), ConnState: doors.public.state, TLSConfig: encryption}
	control, internal := s.controlServer(), s.internalServer()

	failed, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	defer fail(nil)
	var all sync.WaitGroup
	goes := func(name string, run func() error) {
		all.Go(func() {
			if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
				fail(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	goes("consumers", func() error { return s.runConsumers(background) })
	goes("binding", func() error { return s.keepBound(background) })
	goes("processes", func() error { return s.settle(background) })
	goes("http", func() error {
		if encryption != nil {
			return public.ServeTLS(doors.public, "", "")
		}
		return public.Serve(doors.public)
	})
	goes("socket", func() error { return control.Serve(doors.control) })
	if doors.internal != nil {
		internal.ConnState = doors.internal.state
		goes("internal", func() error { return internal.Serve(doors.internal) })
	}
	address := doors.public.Addr().String()
	s.address.Store(&address)
	s.log.Info("serving", "address", address, "internal", s.Internal())
	s.unserved = nil
	if started != nil {
		started(address)
	}

	select {
	case <-ctx.Done():
		s.linger(failed.Done())
	case <-failed.Done():
	}
	cause := context.Cause(failed)
	s.log.Info("stopping")
	err = errors.Join(shutdown(ctx, public), shutdown(ctx, control))
	stopBackground()
	if e, ok := s.engine.(interface{ GiveUp() }); ok {
		defer time.AfterFunc(stopViews, e.GiveUp).Stop()
	}
	err = errors.Join(err, s.closeConsumers())
	err = errors.Join(err, internal.Close()) // the last one: metrics are served until the end
	all.Wait()
	return errors.Join(cause, err)
}

// begin does what must come before the first answer: messages asked for from here on are sent, by this process or another.
func (s *Server) begin(ctx context.Context, origin string) (*api.API, error) {
	if err := errors.Join(s.checkParty(ctx, origin), s.publish(ctx)); err != nil {
		return nil, err
	}
	if s.leases != nil {
		if err := effects.MarkStart(ctx, s.journal, s.leases, notify.Name); err != nil {
			return nil, err
		}
	}
	return s.api(ctx, origin)
}

// linger drains, unless something fails meanwhile.
func (s *Server) linger(failed <-chan struct{}) {
	s.draining.Begin()
	if s.cfg.HTTPDrain == 0 {
		return
	}
	s.log.Info("draining: not ready any more, and serving on; a second signal ends it", "for", s.cfg.HTTPDrain.String())
	s.draining.Linger(s.cfg.HTTPDrain, failed)
}

// EndDrain ends the drain of a stop now, or does away with it if it has not begun. Requests under way are finished all the same.
func (s *Server) EndDrain() { s.draining.End() }

// shutdown waits for requests in progress, for at most stopTimeout.
func shutdown(ctx context.Context, h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return errors.Join(err, h.Close())
	}
	return nil
}

func (s *Server) api(ctx context.Context, origin string) (*api.API, error) {
	id, err := s.journal.LogID(ctx)
	if err != nil {
		return nil, err
	}
	proxies, err := s.cfg.proxies()
	if err != nil {
		return nil, err
	}
	return api.New(api.Deps{ //nolint:contextcheck // its handlers have their requests' contexts
		Menu: s.menu, Views: s, Ready: func(ctx context.Context) bool { return s.health.NotReady(ctx) == "" }, Log: s.log, Failed: s.requestFailed, LogID: id,
		Now: s.now, Version: Version(), Dev: s.cfg.Dev, Origin: origin,
		HealthOnly: s.cfg.Role == RoleConsumers, Proxies: proxies, HSTS: s.cfg.TLS.Own(),
		Head: func(ctx context.Context) (journal.Position, error) {
			head, err := s.journal.Head(ctx)
			return head.Position, err
		},
		Registry: s.metrics,
	})
}

// quiet drops what net/http would log: it can contain callers' addresses and input.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
