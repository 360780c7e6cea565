package server

import (
	"context"
	"net/http"
)

// handleKeys adds the commands on master keys to the control protocol.
func handleKeys(s *Server, mux *http.ServeMux) {
	handle(s, mux, "keys-list", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) ([]MasterKey, error) {
		return o.KeysList(ctx)
	})
	handle(s, mux, "keys-rotate", func(ctx context.Context, o operator, in KeysRotate, progress func(Progress)) (KeysRotated, error) {
		return o.KeysRotate(ctx, in, progress)
	})
	handle(s, mux, "keys-destroyed", func(ctx context.Context, o operator, in KeysDestroyed, _ func(Progress)) (MasterKey, error) {
		return o.KeysDestroyed(ctx, in)
	})
}

func (r *remote) KeysList(ctx context.Context) ([]MasterKey, error) {
	return ask[[]MasterKey](ctx, r, "keys-list", struct{}{}, nil)
}

func (r *remote) KeysRotate(ctx context.Context, in KeysRotate, progress func(Progress)) (KeysRotated, error) {
	return ask[KeysRotated](ctx, r, "keys-rotate", in, progress)
}

func (r *remote) KeysDestroyed(ctx context.Context, in KeysDestroyed) (MasterKey, error) {
	return ask[MasterKey](ctx, r, "keys-destroyed", in, nil)
}
