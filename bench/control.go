package main

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// plainFile is the control for a durable append: a bare file to which waiting
// writers' bytes are appended with one write and one fdatasync for all of them, the least
// that a program with the same promise can do.
type plainFile struct {
	file    *os.File
	mu      sync.Mutex
	waiting []plainWrite
	wake    chan struct{}
	done    chan struct{}
	err     error
}

type plainWrite struct {
	bytes []byte
	ready chan struct{}
}

func openPlainFile(name string) (*plainFile, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bench: control: %w", err)
	}
	f := &plainFile{file: file, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go f.run()
	return f, nil
}

// append returns when the bytes are durable.
func (f *plainFile) append(b []byte, ready chan struct{}) {
	f.mu.Lock()
	f.waiting = append(f.waiting, plainWrite{b, ready})
	first := len(f.waiting) == 1
	f.mu.Unlock()
	if first {
		f.ring()
	}
	<-ready
}

func (f *plainFile) ring() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *plainFile) run() {
	defer close(f.done)
	var taken []plainWrite
	var buffer []byte
	for range f.wake {
		f.mu.Lock()
		taken, f.waiting = f.waiting, taken[:0]
		f.mu.Unlock()
		buffer = buffer[:0]
		for i := range taken {
			buffer = append(buffer, taken[i].bytes...)
		}
		if f.err == nil {
			_, f.err = f.file.Write(buffer)
		}
		if f.err == nil {
			f.err = unix.Fdatasync(int(f.file.Fd()))
		}
		for i := range taken {
			taken[i].ready <- struct{}{}
		}
	}
}

// close closes the file when no append is under way; the error is that of any write.
func (f *plainFile) close() error {
	close(f.wake)
	<-f.done
	if err := f.file.Close(); f.err == nil {
		f.err = err
	}
	return f.err
}
