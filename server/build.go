package server

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Build is what this program was built from.
type Build struct {
	// Version is the module's: a tag, a pseudo-version that ends in the commit (and +dirty), or "devel" where the build knows neither.
	Version string `json:"version"`
	// Commit is the whole hash; none where the build did not see the repository, as with go run or a source archive.
	Commit string `json:"commit,omitzero"`
	// Modified says that the tree held changes that were not committed.
	Modified bool `json:"modified"`
	// Time is the commit's, RFC 3339.
	Time string `json:"time,omitzero"`
	// Go is the version of the toolchain and the platform.
	Go string `json:"go"`
}

// BuildOf reads what the linker recorded.
func BuildOf(info *debug.BuildInfo) Build {
	b := Build{Version: "devel", Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
}

// ThisBuild is the running program's.
func ThisBuild() Build {
	info, _ := debug.ReadBuildInfo()
	return BuildOf(info)
}

// Short is the commit in 7 digits; "unknown" where the build has none.
func (b Build) Short() string {
	if b.Commit == "" {
		return "unknown"
	}
	return b.Commit[:min(7, len(b.Commit))]
}

// String is the build in a line.
func (b Build) String() string {
	parts := []string{"commit " + b.Short()}
	if b.Commit == "" {
		parts[0] = "commit unknown: built without version control"
	}
	if b.Modified {
		parts = append(parts, "modified")
	}
	if b.Time != "" {
		parts = append(parts, b.Time)
	}
	return b.Version + " (" + strings.Join(append(parts, b.Go), ", ") + ")"
}

// Version is the program's version as status, metrics, the API and backups name it.
func Version() string { return ThisBuild().Version }
