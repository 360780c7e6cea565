package vault

import (
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// Keyring holds the master keys that a process may use. The vault itself records which of
// them its rows are wrapped under; more than one is held from before a rotation begins
// until the operator drops the old one. All methods are safe for concurrent use.
type Keyring struct {
	mu   sync.RWMutex
	keys []*MasterKey // newest first
	// gone are the dropped ones, which an existing file does not bring back.
	gone map[uuid.UUID]bool

	files   KeyFiles
	reading sync.Mutex
	read    map[string]readFile // by path
}

// NewKeyring holds newest, under which a new vault is created, and older ones. It returns
// ErrInvalid if one of them is nil or two have the same id.
func NewKeyring(newest *MasterKey, older ...*MasterKey) (*Keyring, error) {
	r := &Keyring{}
	for _, m := range append([]*MasterKey{newest}, older...) {
		if m == nil {
			return nil, fmt.Errorf("%w: a nil master key", ErrInvalid)
		}
		if r.Get(m.ID) != nil {
			return nil, fmt.Errorf("%w: master key %s is given twice", ErrInvalid, m.ID)
		}
		r.keys = append(r.keys, m)
	}
	return r, nil
}

// LoadKeyring reads the files of the newest master key and older ones, with
// LoadMasterKey's errors.
func LoadKeyring(newest string, older ...string) (*Keyring, error) {
	var keys []*MasterKey
	for _, path := range append([]string{newest}, older...) {
		m, err := LoadMasterKey(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, m)
	}
	return NewKeyring(keys[0], keys[1:]...)
}

// Newest is the master key under which a new vault is created.
func (r *Keyring) Newest() *MasterKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[0]
}

// Get returns the master key with this id, or nil if it is not held.
func (r *Keyring) Get(id uuid.UUID) *MasterKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, m := range r.keys {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// All returns the master keys held, newest first.
func (r *Keyring) All() []*MasterKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.keys)
}

// Add holds m as the newest. A key that is already held keeps its place;
// a different one with its id is ErrInvalid.
func (r *Keyring) Add(m *MasterKey) error {
	if m == nil {
		return fmt.Errorf("%w: a nil master key", ErrInvalid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, held := range r.keys {
		switch {
		case held.ID != m.ID:
		case held.material == m.material:
			return nil
		default:
			return fmt.Errorf("%w: a different master key is already held as %s", ErrInvalid, m.ID)
		}
	}
	delete(r.gone, m.ID)
	r.keys = slices.Insert(r.keys, 0, m)
	return nil
}

// Drop drops a master key, which is not read from its file again. The last one cannot be dropped: ErrInvalid.
func (r *Keyring) Drop(id uuid.UUID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(r.keys), func(m *MasterKey) bool { return m.ID == id })
	if len(rest) == 0 {
		return fmt.Errorf("%w: the only master key", ErrInvalid)
	}
	r.keys = rest
	if r.gone == nil {
		r.gone = map[uuid.UUID]bool{}
	}
	r.gone[id] = true
	return nil
}
