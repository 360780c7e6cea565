package health

import (
	"os"

	"accountledger/operate/fault"
)

// Present are files and folders that are to stay what they were when they were opened.
type Present struct {
	data string // the folder with the socket by which commands reach this process
	all  map[string]os.FileInfo
}

// NewPresent notes what there is at paths, in the data folder or elsewhere.
func NewPresent(data string, paths ...string) (*Present, error) {
	p := &Present{data: data, all: make(map[string]os.FileInfo, len(paths))}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		p.all[path] = info
	}
	return p, nil
}

// Gone names the first that was removed, or has another one in its place: *fault.UnfitError. What it held is still held open here, and
// goes when the process ends.
func (p *Present) Gone() error {
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
