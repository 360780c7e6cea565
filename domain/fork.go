package domain

import "maps"

// States that decisions rest on are shared by all who read them, so nobody changes them: facts are applied to a Fork. A fork
// shares maps with its origin until it changes them, and replaces what a map points to instead of changing it. Once a state
// has been forked or handed out, Apply must not be called on it any more.

// forked returns a state's map to write to: the state's own, copied first if a fork shares it.
func forked[K comparable, V any](m *map[K]V, own *bool) map[K]V {
	switch {
	case *own:
	case *m == nil:
		*m = map[K]V{}
	default:
		*m = maps.Clone(*m)
	}
	*own = true
	return *m
}
