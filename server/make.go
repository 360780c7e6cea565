package server

import (
	"context"
	"errors"
	"os"

	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/vault"
)

// Import makes a ledger from a file of an export in an empty data folder, and for other engines in an empty log and vault: see
// restore.Maker.
func Import(ctx context.Context, cfg Config, path string, withVault bool, o SideOptions) (restore.Imported, error) {
	return cfg.maker(o).Import(ctx, path, withVault)
}

// Restore makes a ledger of a backup in an empty data folder, and for other engines in an empty log and vault: see restore.Maker.
func Restore(ctx context.Context, cfg Config, dir string, in restore.Options, o SideOptions) (restore.Restored, error) {
	return cfg.maker(o).Restore(ctx, dir, in)
}

func (c *Config) maker(o SideOptions) *restore.Maker {
	return &restore.Maker{Folder: c.Data, List: c.Backup.List, UID: os.Getuid(), Tell: operate.Stages(o.Progress),
		Keys: func() (vault.KeyFiles, error) {
			files, err := keyFiles(c)
			if errors.Is(err, ErrNoMasterKeyGiven) {
				err = restore.ErrNoKey
			}
			return files, err
		},
		Open: func(ctx context.Context) (*restore.Target, error) {
			s, err := openSide(ctx, *c, o, true)
			if err != nil {
				return nil, err
			}
			t, err := s.target()
			if err != nil {
				return nil, errors.Join(err, s.Close())
			}
			return t, nil
		}}
}

// target is the server's ledger as one that is made.
func (s *Server) target() (*restore.Target, error) {
	v, err := s.portable()
	return &restore.Target{Parts: s.parts(), Vault: v, Menu: s.openMenu, Now: s.now, Close: s.Close}, err
}
