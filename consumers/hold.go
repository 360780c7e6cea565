package consumers

import (
	"context"
	"sync"
)

// Hold keeps a consumer, or all that have a part in a view, from working once the page under way is finished, as while a
// rebuilt view takes the place of the old one. Its state is rebuilding meanwhile. After release it goes on from its
// checkpoint as it is then, even if it had stopped. Release can be called twice.
func (r *Runner) Hold(ctx context.Context, name string) (release func(), err error) {
	all, err := r.named(name)
	if err != nil {
		return nil, err
	}
	var releases []func()
	release = func() {
		for _, r := range releases {
			r()
		}
	}
	for _, w := range all {
		one, err := w.hold(ctx)
		if err != nil {
			release()
			return nil, err
		}
		releases = append(releases, one)
	}
	return release, nil
}

func (w *worker) hold(ctx context.Context) (release func(), err error) {
	w.mu.Lock()
	before, reason := w.state, w.reason
	w.held++
	w.become(Rebuilding, "held up")
	close(w.interrupt)
	w.interrupt = make(chan struct{})
	w.mu.Unlock()
	if err := w.take(ctx); err != nil {
		w.unhold(before, reason)
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			w.fresh = false
			w.unhold(Waiting, "it begins again at its checkpoint")
			w.give()
			w.again() // not only when the next event comes
		})
	}, nil
}

func (w *worker) unhold(state State, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held--
	w.become(state, reason)
}
