package server

// layers are where settings come from.
type layers struct {
	path             string // of the file
	file, env, flags map[string]any
}

// source says where a setting was given: the flag, the environment variable or the file; "" where it was not.
func (l layers) source(key string) string {
	s := Setting{Key: key}
	switch {
	case has(l.flags, key):
		return "--" + s.Flag()
	case has(l.env, key):
		return s.Env()
	case has(l.file, key):
		return l.path
	}
	return ""
}

func has(m map[string]any, key string) bool {
	_, ok := m[key]
	return ok
}
