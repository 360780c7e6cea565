package server

import (
	"os"

	"accountledger/operate/fault"
)

// present are files and folders that are to stay what they were when they were opened.
type present struct {
	data string // the folder with the socket by which commands reach this process
	all  map[string]os.FileInfo
}

// openPresent notes those of the engines that are files.
func (s *Server) openPresent() error {
	var paths []string
	if s.cfg.Store.Engine == "embedded" {
		paths = append(paths, s.cfg.path("log"))
	}
	if s.cfg.Vault.Engine == "sqlite" {
		paths = append(paths, s.cfg.path("vault"), s.cfg.path("vault", "vault.db"))
	}
	s.present.data = s.cfg.Data
	s.present.all = make(map[string]os.FileInfo, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		s.present.all[path] = info
	}
	return nil
}

// gone names the first that was removed, or has another one in its place. What it held is still held open here, and goes when the
// process ends.
func (p *present) gone() error {
	if _, err := os.Stat(p.data); len(p.all) > 0 && os.IsNotExist(err) {
		return &fault.UnfitError{Says: p.data +
			" was removed while it is open, so no command reaches this process: stop it, and put the folder back or restore the newest backup"}
	}
	for path, was := range p.all {
		if info, err := os.Stat(path); err != nil && os.IsNotExist(err) || err == nil && !os.SameFile(was, info) {
			return &fault.UnfitError{Says: path +
				" was removed or replaced while it is open: make a backup now (accountledger backup OUT), before this process is stopped"}
		}
	}
	return nil
}
