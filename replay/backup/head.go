package backup

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"accountledger/vault"
)

var (
	// ErrHeadMissing: the file that records the list's length is not beside the master key.
	ErrHeadMissing = errors.New("the head of the list of destructions is missing")
	// ErrHeadEmpty: that file has lost its content. A head records its list's length from the moment it has its name, so
	// no crash leaves it empty. Put back a copy of it that is as new as the list.
	ErrHeadEmpty = errors.New("the head of the list of destructions is empty, so something emptied it: put back a copy of it")
)

// HeadPath is the path of the head of the list signed with a key: beside the master key, given by its
// file or the folder of its files. Rotations do not change it.
func HeadPath(masterKey string, key *vault.Key) string {
	dir := masterKey
	if info, err := os.Stat(masterKey); err != nil || !info.IsDir() {
		dir = filepath.Dir(masterKey)
	}
	return filepath.Join(dir, "destructions-"+key.ID.String()+".head")
}

// slotBytes is the size of each of the two slots of a head. Both have the same content, except during a write, which changes
// one after the other: a loss of power leaves one whole, and a damaged one does not restore its earlier content.
const slotBytes = 256

// head is the file of a head, open and locked: one process at a time works on a list.
type head struct {
	file file
	key  *vault.Key
	mark Mark
	slot int64 // holds mark
	both bool  // slots hold it
}

type slotText struct {
	Entries int64  `json:"entries"`
	Hash    string `json:"hash"`
	MAC     string `json:"mac"`
}

// lockHead opens the head for writing and waits until no other process has it.
func lockHead(disk files, path string, key *vault.Key) (*head, error) {
	f, err := disk.Open(path, os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrHeadMissing, path)
	} else if err != nil {
		return nil, err
	}
	h := &head{file: f, key: key}
	if err = flock(f); err == nil {
		err = h.read(path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return h, nil
}

// readHead reads a head without keeping it open.
func readHead(disk files, path string, key *vault.Key) (Mark, error) {
	f, err := disk.Open(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, fmt.Errorf("%w: %s", ErrHeadMissing, path)
	} else if err != nil {
		return Mark{}, err
	}
	h := &head{file: f, key: key}
	err = errors.Join(h.read(path), f.Close())
	return h.mark, err
}

// unlock lets other processes continue.
func (h *head) unlock() error { return h.file.Close() }

// read takes the intact slot with the most entries.
func (h *head) read(path string) error {
	b := make([]byte, 2*slotBytes)
	n, err := h.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(bytes.TrimRight(b[:n], "\x00")) == 0 {
		return fmt.Errorf("%w: %s", ErrHeadEmpty, path)
	}
	found := false
	for i := range int64(2) {
		m, ok := h.parse(b[i*slotBytes : (i+1)*slotBytes])
		if !ok {
			continue
		}
		h.both = found && m == h.mark
		if !found || m.Entries >= h.mark.Entries {
			h.mark, h.slot = m, i
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%w: its head, %s, belongs to another ledger or is damaged", ErrListAltered, path)
	}
	return nil
}

func (h *head) parse(slot []byte) (m Mark, ok bool) {
	var t slotText
	if err := json.Unmarshal(bytes.TrimRight(slot, " \n\x00"), &t, json.RejectUnknownMembers(true)); err != nil {
		return m, false
	}
	m.Entries = t.Entries
	sum, err := hex.DecodeString(t.Hash)
	if err != nil || copy(m.Hash[:], sum) != len(m.Hash) {
		return m, false
	}
	mac, err := hex.DecodeString(t.MAC)
	return m, err == nil && hmac.Equal(mac, h.mac(m))
}

func (h *head) mac(m Mark) []byte {
	sum := h.key.MAC([]byte("accountledger/destructions/head"), number(m.Entries), m.Hash[:])
	return sum[:]
}

// write advances the head durably, one slot after the other.
func (h *head) write(m Mark) error {
	b, err := json.Marshal(slotText{m.Entries, hex.EncodeToString(m.Hash[:]), hex.EncodeToString(h.mac(m))})
	if err != nil {
		return err
	}
	b = append(append(b, bytes.Repeat([]byte(" "), slotBytes-1-len(b))...), '\n')
	h.both = false
	for _, slot := range []int64{1 - h.slot, h.slot} {
		if _, err := h.file.WriteAt(b, slot*slotBytes); err != nil {
			return err
		}
		if err := h.file.Sync(); err != nil {
			return err
		}
		h.mark, h.slot = m, slot
	}
	h.both = true
	return nil
}
