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
	"golang.org/x/sys/unix"

	"accountledger/vault"
)

// ErrHeadMissing: the file that says how long the list is is not beside the master key.
var ErrHeadMissing = errors.New("the head of the list of destructions is missing")

// HeadPath is where the head of the list that is signed with a key lies: beside the master key, given by its
// file or the folder of its files. Rotations do not change it.
func HeadPath(masterKey string, key *vault.Key) string {
	dir := masterKey
	if info, err := os.Stat(masterKey); err != nil || !info.IsDir() {
		dir = filepath.Dir(masterKey)
	}
	return filepath.Join(dir, "destructions-"+key.ID.String()+".head")
}

// slotBytes is the size of each of the two places that a head is written to by turns, so that a loss of power leaves one whole.
const slotBytes = 256

// head is the file of a head, open and locked: one process at a time works on a list.
type head struct {
	file *os.File
	key  *vault.Key
	mark Mark
	slot int64 // that holds mark
}

type slotText struct {
	Entries int64  `json:"entries"`
	Hash    string `json:"hash"`
	MAC     string `json:"mac"`
}

// lockHead opens the head for writing and waits until no other process has it. create has it made.
func lockHead(path string, key *vault.Key, create bool) (*head, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // beside the operator's master key
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrHeadMissing, path)
	} else if err != nil {
		return nil, err
	}
	for {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	h := &head{file: f, key: key, slot: 1}
	if err == nil {
		err = h.read()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return h, nil
}

// readHead reads a head without keeping it.
func readHead(path string, key *vault.Key) (Mark, error) {
	f, err := os.Open(path) //nolint:gosec // beside the operator's master key
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, fmt.Errorf("%w: %s", ErrHeadMissing, path)
	} else if err != nil {
		return Mark{}, err
	}
	h := &head{file: f, key: key}
	err = errors.Join(h.read(), f.Close())
	return h.mark, err
}

// unlock lets others go on.
func (h *head) unlock() error { return h.file.Close() }

// read takes the slot that is whole and came last. A file without any text is a list without entries.
func (h *head) read() error {
	b := make([]byte, 2*slotBytes)
	n, err := h.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	found := len(bytes.TrimRight(b[:n], "\x00")) == 0
	for i := range int64(2) {
		m, ok := h.parse(b[i*slotBytes : (i+1)*slotBytes])
		if ok && (!found || m.Entries >= h.mark.Entries) {
			h.mark, h.slot, found = m, i, true
		}
	}
	if !found {
		return fmt.Errorf("%w: its head, beside the master key, is not of this ledger or damaged", ErrListAltered)
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

// write moves the head on, durably.
func (h *head) write(m Mark) error {
	b, err := json.Marshal(slotText{m.Entries, hex.EncodeToString(m.Hash[:]), hex.EncodeToString(h.mac(m))})
	if err != nil {
		return err
	}
	b = append(append(b, bytes.Repeat([]byte(" "), slotBytes-1-len(b))...), '\n')
	slot := 1 - h.slot
	if _, err := h.file.WriteAt(b, slot*slotBytes); err != nil {
		return err
	}
	if err := h.file.Sync(); err != nil {
		return err
	}
	h.mark, h.slot = m, slot
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of the operator's
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
