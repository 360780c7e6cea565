package journal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/vault"
)

// ErrUnreadable: the part's key is destroyed. That is normal after an erasure.
var ErrUnreadable = errors.New("journal: the part's key is gone")

// ErrKeyUnknown: the vault has neither the part's key nor its tombstone, so it is not the one that the log was written with, or an
// older copy of it. Nothing may be taken for erased then.
var ErrKeyUnknown = errors.New("journal: the vault does not know a key that the log names")

// ErrForged: the part does not fit the place it stands in, or was changed.
var ErrForged = errors.New("journal: the part does not belong here or was changed")

// Names of algorithms in stored parts.
const (
	algGCM  = "A256GCM"
	algXAES = "XA256GCM"
)

// Keys is what sealing needs of the vault.
type Keys interface {
	CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error)
	Key(ctx context.Context, name string) (*vault.Key, error)
	Keys(ctx context.Context, names ...string) ([]*vault.Key, error)
	DestroyKeys(ctx context.Context, names ...string) error
}

// binding is what a part is bound to: moved anywhere else, it does not open.
type binding struct {
	stream string
	event  domain.EventID
	typ    string // as stored
}

// sealing seals and opens parts. It keeps nothing that opens a part: keys are asked of the vault each time, and what is
// derived from them goes when the vault lets them go. So a key that another process destroyed opens nothing here either,
// from the moment at which the vault refuses it.
type sealing struct {
	registry *Registry
	keys     Keys
	rand     io.Reader
}

func newSealing(registry *Registry, keys Keys) *sealing {
	return &sealing{registry: registry, keys: keys, rand: rand.Reader}
}

// seal puts the sealed form in place of each clear part of an event, making the keys that are missing. It
// gives the event back as a new value.
func (s *sealing) seal(ctx context.Context, at binding, t Type, event any) (any, error) {
	if len(t.shape.parts) == 0 {
		return event, nil
	}
	sealed := reflect.New(t.goType).Elem()
	sealed.Set(reflect.ValueOf(event))
	for _, f := range t.shape.parts {
		field := sealed.FieldByIndex(f.index)
		value, names := field.Interface().(part).Clear()
		if value == nil {
			continue
		}
		p, err := s.sealPart(ctx, at, f.name, value, names)
		if err != nil {
			return nil, fmt.Errorf("journal: sealing part %s of %s: %w", f.name, t.name, err)
		}
		field.Addr().Interface().(sealer).Seal(p)
	}
	return sealed.Interface(), nil
}

func (s *sealing) sealPart(ctx context.Context, at binding, name string, value any, names []string) (*domain.Sealed, error) {
	if len(names) == 0 {
		return nil, errors.New("a part needs a key")
	}
	keys, err := s.ensure(ctx, names)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return nil, errors.New("the value cannot be written") // the cause could repeat it
	}
	p := &domain.Sealed{Name: name, Version: s.registry.parts[name].version, Keys: names, Alg: algFor(names)}
	aead, err := cipherOf(p.Alg, keys)
	if err != nil {
		return nil, err
	}
	p.Nonce = make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(s.rand, p.Nonce); err != nil {
		return nil, fmt.Errorf("no randomness: %w", err)
	}
	p.Bytes = aead.Seal(nil, p.Nonce, pad(plain), additional(at, p))
	return p, nil
}

func (s *sealing) ensure(ctx context.Context, names []string) ([]*vault.Key, error) {
	keys, err := s.keys.Keys(ctx, names...)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k == nil {
			return s.keys.CreateKeys(ctx, names...)
		}
	}
	return keys, nil
}

// open reads a part into a new value of its type.
func (s *sealing) open(ctx context.Context, at binding, p *domain.Sealed, into any) error {
	keys, err := s.keys.Keys(ctx, p.Keys...)
	if err != nil {
		return err
	}
	return s.openWith(ctx, at, p, keys, into)
}

// openWith is open with the part's keys; those that the vault did not give are nil.
func (s *sealing) openWith(ctx context.Context, at binding, p *domain.Sealed, keys []*vault.Key, into any) error {
	for i, k := range keys {
		if k == nil {
			return s.gone(ctx, at, p.Keys[i])
		}
	}
	if len(keys) == 0 {
		return ErrForged
	}
	aead, err := cipherOf(p.Alg, keys)
	if err != nil {
		return err
	}
	if len(p.Nonce) != aead.NonceSize() {
		return ErrForged
	}
	padded, err := aead.Open(nil, p.Nonce, p.Bytes, additional(at, p))
	if err != nil {
		return ErrForged
	}
	plain, ok := unpad(padded)
	if !ok {
		return ErrForged
	}
	return s.registry.decodePart(p, plain, into)
}

// gone says why a key is not given: ErrUnreadable where it is destroyed, ErrKeyUnknown where it never was here.
func (s *sealing) gone(ctx context.Context, at binding, name string) error {
	_, err := s.keys.Key(ctx, name)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return fmt.Errorf("%w: %q, in event %s of %s", ErrKeyUnknown, name, at.event, at.stream)
	case err == nil, errors.Is(err, vault.ErrDestroyed): // one that was made meanwhile is not the one that sealed
		return ErrUnreadable
	}
	return err
}

// decodePart reads a part's clear value through its upcasters.
func (r *Registry) decodePart(p *domain.Sealed, plain []byte, into any) error {
	current := r.parts[p.Name].version
	if p.Version > current || r.parts[p.Name].goType != reflect.TypeOf(into).Elem() {
		return &UnknownTypeError{Type: fmt.Sprintf("part %s version %d", p.Name, p.Version)}
	}
	if p.Version < current {
		var fields map[string]jsontext.Value
		if err := json.Unmarshal(plain, &fields); err != nil {
			return ErrForged
		}
		for v := p.Version; v < current; v++ {
			if err := r.partUp[p.Name][v].Up(fields); err != nil {
				return fmt.Errorf("journal: upcasting part %s from version %d failed", p.Name, v)
			}
		}
		var err error
		if plain, err = json.Marshal(fields); err != nil {
			return ErrForged
		}
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return ErrForged // the cause could repeat the value
	}
	return nil
}

// cipherOf gives the cipher of a part, derived from all of its keys: with one missing, the others are useless.
func cipherOf(alg string, keys []*vault.Key) (cipher.AEAD, error) {
	return vault.Derive(alg, keys, func() (cipher.AEAD, error) { return derive(alg, keys) })
}

func derive(alg string, keys []*vault.Key) (cipher.AEAD, error) {
	var ikm, info []byte
	info = append(info, "accountledger/part/1"...)
	for _, k := range keys {
		m := k.Material()
		ikm = append(ikm, m[:]...)
		info = eventstore.AppendField(info, []byte(k.Name))
	}
	key, err := hkdf.Key(sha256.New, ikm, nil, string(info), 32)
	if err != nil {
		return nil, fmt.Errorf("journal: deriving a part's key: %w", err)
	}
	return newCipher(alg, key)
}

func newCipher(alg string, key []byte) (cipher.AEAD, error) {
	switch alg {
	case algGCM:
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		return cipher.NewGCM(block)
	case algXAES:
		return NewXAES(key)
	}
	return nil, &UnknownTypeError{Type: "sealing algorithm " + alg}
}

// algFor takes the extended nonce where many people share all of the keys.
func algFor(names []string) string {
	for _, n := range names {
		if !strings.HasPrefix(n, "month/") && !strings.HasPrefix(n, "ledger/") {
			return algGCM
		}
	}
	return algXAES
}

// additional is what the seal covers besides the value, each field with its length before it.
func additional(at binding, p *domain.Sealed) []byte {
	b := make([]byte, 0, 256)
	b = eventstore.AppendField(b, []byte("accountledger/sealed/1"))
	b = eventstore.AppendField(b, []byte(at.stream))
	b = eventstore.AppendField(b, at.event.UUID[:])
	b = eventstore.AppendField(b, []byte(at.typ))
	b = eventstore.AppendField(b, []byte(p.Name))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Version)) //nolint:gosec // versions are small
	b = eventstore.AppendField(b, []byte(p.Alg))
	for _, k := range p.Keys {
		b = eventstore.AppendField(b, []byte(k))
	}
	return b
}

// padBlock hides how long a value is, up to its multiple.
const padBlock = 64

// pad is ISO/IEC 7816-4: one 0x80, then zeros up to a multiple of padBlock.
func pad(b []byte) []byte {
	out := make([]byte, (len(b)/padBlock+1)*padBlock)
	copy(out, b)
	out[len(b)] = 0x80
	return out
}

func unpad(b []byte) ([]byte, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case 0:
		case 0x80:
			return b[:i], true
		default:
			return nil, false
		}
	}
	return nil, false
}
