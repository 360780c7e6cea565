package esdb

import (
	"slices"
	"sync"
)

// subscriptionsPerLink leaves room for other calls: servers take 100 at a time over one connection; further
// ones wait for one to end, and a subscription never does.
const subscriptionsPerLink = 32

// readers are the links of the subscriptions, apart from the leader's.
type readers struct {
	make func() *link

	mu    sync.Mutex
	links []*sharedLink
	past  uint64 // connections of links that are gone
}

type sharedLink struct {
	*link
	subscriptions int
}

// take returns a link with room; it must be given back.
func (r *readers) take() *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.links, func(l *sharedLink) bool { return l.subscriptions < subscriptionsPerLink })
	if i < 0 {
		i = len(r.links)
		r.links = append(r.links, &sharedLink{link: r.make()})
	}
	r.links[i].subscriptions++
	return r.links[i].link
}

// giveBack closes the link when nobody has it any more, but keeps one spare.
func (r *readers) giveBack(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.links, func(s *sharedLink) bool { return s.link == l })
	if r.links[i].subscriptions--; r.links[i].subscriptions == 0 && len(r.links) > 1 {
		r.links = slices.Delete(r.links, i, i+1)
		r.past += l.found.Load()
		l.close()
	}
}

// cutAt gives up the nodes at an address that was found silent.
func (r *readers) cutAt(address string) {
	r.mu.Lock()
	links := slices.Clone(r.links)
	r.mu.Unlock()
	for _, l := range links {
		l.cutAt(address)
	}
}

// close closes what is left, once nobody has a link.
func (r *readers) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.links {
		l.close()
	}
}

func (r *readers) found() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.past
	for _, l := range r.links {
		n += l.found.Load()
	}
	return n
}
