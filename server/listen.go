package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// doors are the listeners of a server. They are there before it does anything, so that an address that is taken
// stops a start that has changed nothing.
type doors struct {
	public   *connections // the API
	control  net.Listener // operators' commands
	internal *connections // metrics, details of readiness, profiles; nil where there is none
}

func (s *Server) listen(ctx context.Context) (*doors, error) {
	var d doors
	files := fileLimit()
	public, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.HTTP)
	if err != nil {
		return nil, notListening("http", s.cfg.HTTP, err)
	}
	d.public = limitConnections(public, s.cfg.publicConnections(files), s.log)
	if err := d.public.measure(s.metrics); err != nil {
		return nil, errors.Join(err, d.close())
	}
	internal, err := s.listenInternal(ctx)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	if internal != nil {
		d.internal = limitConnections(internal, internalConnections(files), s.log)
	}
	if d.control, err = listenSocket(ctx, &s.cfg); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return &d, nil
}

// notListening says why a setting's address cannot be listened on, and what to do.
func notListening(key, address string, err error) error {
	flag := Setting{Key: key}.Flag()
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: %s: %w: choose another with --%s", key, address, syscall.EADDRINUSE, flag)
	case errors.As(err, &unknown), errors.Is(err, syscall.EADDRNOTAVAIL):
		return wrong(key, "this machine has no such address")
	}
	return fmt.Errorf("%s: %w", key, err)
}

// close closes what is open, where nothing serves it.
func (d *doors) close() error {
	var errs []error
	if d.public != nil {
		errs = append(errs, d.public.Close())
	}
	if d.internal != nil {
		errs = append(errs, d.internal.Close())
	}
	if d.control != nil {
		errs = append(errs, d.control.Close())
	}
	return errors.Join(errs...)
}

// reachedFromOutside reports whether other machines can connect to a listener's address.
func reachedFromOutside(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}
