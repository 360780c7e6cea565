package embedded

import (
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/internal/witness"
)

// witnessName is the file beside Pebble's folder that records the position up to which appends have been acknowledged. Pebble
// takes damage at the end of its newest write-ahead file for a write cut short by a crash, and silently drops
// acknowledged events; with the witness, Open notices that they are missing. A second one (Options.Witness) is kept where it is
// not replaced or deleted together with the log's folder.
const witnessName = "acknowledged"

// witnesses are the witnesses of one log.
type witnesses []*witness.Witness

// witnessFiles are the paths of the witnesses.
func (o *Options) witnessFiles() []string {
	files := []string{o.FS.PathJoin(o.Dir, witnessName)}
	if o.Witness != "" {
		files = append(files, o.Witness)
	}
	return files
}

// openWitnesses opens or creates the files.
func openWitnesses(fs vfs.FS, files []string, log uuid.UUID, head uint64) (_ witnesses, err error) {
	said, _, err := readWitnesses(fs, files, log)
	if err != nil {
		return nil, err
	}
	var all witnesses
	defer func() {
		if err != nil {
			err = errors.Join(err, all.close())
		}
	}()
	for _, name := range files {
		file, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			return nil, fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
		}
		w, err := witness.Begin(file, log, max(said, head))
		if err != nil {
			return nil, fmt.Errorf("embedded: %s: %w", name, err)
		}
		all = append(all, w)
	}
	return all, nil
}

// readWitnesses returns the greatest position recorded in the files, and which file has it.
func readWitnesses(fs vfs.FS, files []string, log uuid.UUID) (head uint64, by string, err error) {
	for _, name := range files {
		file, err := fs.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, "", fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
		}
		said, err := witness.Read(file, log)
		if err = errors.Join(err, file.Close()); err != nil {
			return 0, "", fmt.Errorf("embedded: %s: %w", name, err)
		}
		if said > head {
			head, by = said, name
		}
	}
	return head, by, nil
}

// set records that everything up to head has been acknowledged.
func (w witnesses) set(head uint64) error {
	return w.each(func(one *witness.Witness) error { return one.Set(head) })
}

func (w witnesses) sync() error { return w.each((*witness.Witness).Sync) }

func (w witnesses) close() error { return w.each((*witness.Witness).Close) }

func (w witnesses) each(do func(*witness.Witness) error) error {
	var errs []error
	for _, one := range w {
		if err := do(one); err != nil {
			errs = append(errs, fmt.Errorf("embedded: %w", err))
		}
	}
	return errors.Join(errs...)
}
