package mailbox

import (
	"errors"
	"io/fs"
)

// Tail reads the messages that arrive in a mailbox. It takes each message once, in whatever order the files appear: a listing of
// a folder that is being written to may show a file and not yet one with a lower number. It is not safe for concurrent use.
type Tail struct {
	box  *Mailbox
	seen map[string]struct{} // names of files; kept while the tail is
}

// Tail begins after the messages that the mailbox has now.
func (b *Mailbox) Tail() (*Tail, error) {
	t := &Tail{box: b, seen: map[string]struct{}{}}
	_, err := t.unseen()
	return t, err
}

// Next returns the messages that appeared since the last call, the lowest number first. A message that was deleted in the
// meantime is left out. After an error the messages it could not return are returned by the next call.
func (t *Tail) Next() ([]Message, error) {
	names, err := t.unseen()
	if err != nil {
		return nil, err
	}
	var out []Message
	for i, name := range names {
		m, err := t.box.read(name)
		switch {
		case err == nil:
			out = append(out, m)
		case !errors.Is(err, fs.ErrNotExist):
			for _, again := range names[i:] {
				delete(t.seen, again)
			}
			return out, err
		}
	}
	return out, nil
}

// unseen lists the files that were not listed before.
func (t *Tail) unseen() ([]string, error) {
	names, err := t.box.names()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		if _, ok := t.seen[name]; !ok {
			t.seen[name] = struct{}{}
			out = append(out, name)
		}
	}
	return out, nil
}
