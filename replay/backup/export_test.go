package backup

import (
	"context"
	"time"

	"accountledger/vault"
)

// Files and OpenFile are what a list needs from the file system.
type (
	Files    = files
	OpenFile = file
)

// System is the operating system's files.
func System() Files { return system{} }

// OpenListOn opens a list on files other than the operating system's.
func OpenListOn(ctx context.Context, disk Files, path, head string, v vault.Portable, key *vault.Key) (*List, error) {
	return openList(ctx, disk, path, head, v, key, time.Now)
}
