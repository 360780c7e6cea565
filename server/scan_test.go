package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// writings are the usual ways in which a text can stand in a file.
func writings(text string) map[string][]byte {
	var wide []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	out := map[string][]byte{
		"plain": []byte(text), "lower case": []byte(strings.ToLower(text)), "UTF-16": wide,
		"hex": []byte(hex.EncodeToString([]byte(text))), "URL": []byte(strings.ReplaceAll(text, "@", "%40")),
		"JSON": []byte(strings.ReplaceAll(text, "@", `\u0040`)),
	}
	for offset := range 3 { // base64 depends on where in a longer text it begins
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", offset) + text))
		out["base64 at "+string(rune('0'+offset))] = []byte(strings.TrimRight(b, "=")[(offset*8+5)/6 : len(strings.TrimRight(b, "="))-1])
	}
	return out
}

// found says in which files of a folder a text stands, in any of its writings.
func found(t *testing.T, dir, text string, skip ...string) []string {
	t.Helper()
	var out []string
	eachFile(t, dir, skip, func(path string, content []byte) {
		for how, bytesOf := range writings(text) {
			if bytes.Contains(content, bytesOf) {
				out = append(out, path+" ("+how+")")
			}
		}
	})
	return out
}

func foundBytes(t *testing.T, dir string, b []byte) []string {
	t.Helper()
	var out []string
	eachFile(t, dir, nil, func(path string, content []byte) {
		if bytes.Contains(content, b) {
			out = append(out, path)
		}
	})
	return out
}

func eachFile(t *testing.T, dir string, skip []string, visit func(path string, content []byte)) {
	t.Helper()
	fatal(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, s := range skip {
			if d.Name() == s && d.IsDir() {
				return fs.SkipDir
			}
		}
		if !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil {
			visit(path, content)
		}
		if err == nil && strings.HasSuffix(path, ".zst") {
			var d *zstd.Decoder
			if d, err = zstd.NewReader(nil); err != nil {
				return err
			}
			defer d.Close()
			if content, err = d.DecodeAll(content, nil); err == nil {
				visit(path+" unpacked", content)
			}
		}
		return err
	}))
}
