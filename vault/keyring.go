package vault

import (
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// Keyring holds the master keys that a process may use. A vault says itself which of
// them its rows are wrapped under; more than one is held from before a rotation begins
// until the operator lets the old one go. All methods are safe for concurrent use.
type Keyring struct {
	mu   sync.RWMutex
	keys []*MasterKey // the newest first
	// gone are those let go, which a file that is still there does not bring back.
	gone map[uuid.UUID]bool

	files   KeyFiles
	reading sync.Mutex
	read    map[string]readFile // by path
}

// NewKeyring holds newest, under which a new vault is made, and older ones. It gives
// ErrInvalid when one of them is nil or two have one id.
func NewKeyring(newest *MasterKey, older ...*MasterKey) (*Keyring, error) {
	r := &Keyring{}
	for _, m := range append([]*MasterKey{newest}, older...) {
		if m == nil {
			return nil, fmt.Errorf("%w: a master key that is not there", ErrInvalid)
		}
		if r.Get(m.ID) != nil {
			return nil, fmt.Errorf("%w: master key %s is given twice", ErrInvalid, m.ID)
		}
		r.keys = append(r.keys, m)
	}
	return r, nil
}

// LoadKeyring reads the files of the newest master key and of older ones, with
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

// Newest is the master key under which a new vault is made.
func (r *Keyring) Newest() *MasterKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[0]
}

// Get gives the master key of this id, or nil when it is not held.
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

// All gives the master keys held, the newest first.
func (r *Keyring) All() []*MasterKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.keys)
}

// Add holds m as the newest from now on. A key that is held already keeps its place;
// another of its id gives ErrInvalid.
func (r *Keyring) Add(m *MasterKey) error {
	if m == nil {
		return fmt.Errorf("%w: a master key that is not there", ErrInvalid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, held := range r.keys {
		switch {
		case held.ID != m.ID:
		case held.material == m.material:
			return nil
		default:
			return fmt.Errorf("%w: another master key is held as %s", ErrInvalid, m.ID)
		}
	}
	delete(r.gone, m.ID)
	r.keys = slices.Insert(r.keys, 0, m)
	return nil
}

// Drop lets a master key go, and does not take it from its file again. The last one stays: ErrInvalid.
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
