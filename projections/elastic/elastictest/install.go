package elastictest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Version is the version of Elasticsearch that is fetched. It is the build that
// Elasticsearch's own integration tests use, without most modules.
const Version = "8.8.2"

const coordinates = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:" + Version + ":zip"

// cacheFolder is where downloads are kept: under the user's caches or, for
// root, where the user that the server runs as can read it.
func cacheFolder() (string, error) {
	base := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("no folder for caches: %w", err)
		}
	}
	return filepath.Join(base, "accountledger-test"), nil
}

// install returns the folder of the distribution, fetching it if necessary. Only
// one process at a time does so.
func install(ctx context.Context) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { // the server, another user, reads it
		return "", err
	}
	home := filepath.Join(cache, "elasticsearch-"+Version)
	unlock, err := lock(ctx, home+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	fetch := exec.CommandContext(ctx, "mvn", "-q", "-B", "dependency:copy", "-Dartifact="+coordinates, "-DoutputDirectory="+work) // no argument comes from outside
	fetch.Dir = work
	if output, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mvn cannot fetch Elasticsearch: %w\n%s", err, output)
	}
	if err := unzip(filepath.Join(work, "elasticsearch-"+Version+".zip"), work); err != nil {
		return "", fmt.Errorf("unpack Elasticsearch: %w", err)
	}
	return home, os.Rename(filepath.Join(work, "elasticsearch-"+Version), home)
}

// unzip unpacks an archive so that everybody can read it but only the owner can
// change it.
func unzip(archive, into string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		if !filepath.IsLocal(f.Name) {
			return errors.New("the archive contains a path outside it")
		}
		path := filepath.Join(into, f.Name) // it was checked just now
		if strings.HasSuffix(f.Name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil { // the server reads it
				return err
			}
			continue
		}
		if err := unzipFile(f, path); err != nil {
			return err
		}
	}
	return nil
}

func unzipFile(f *zip.File, path string) (err error) {
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	mode := fs.FileMode(0o644)
	if f.Mode()&0o100 != 0 {
		mode = 0o755
	}
	into, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode) // it lies in the folder given
	if err != nil {
		return err
	}
	_, err = io.Copy(into, from) // the archive is a release of known size
	return errors.Join(err, into.Close())
}
