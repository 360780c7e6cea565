package server_test

import (
	"runtime/debug"
	"strings"
	"testing"

	"accountledger/server"
)

func TestBuild(t *testing.T) {
	stamped := &debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261127040353-6e156ab01234+dirty"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "6e156ab0123456789"}, {Key: "vcs.modified", Value: "true"}, {Key: "vcs.time", Value: "2026-11-27T04:03:53Z"}}}
	b := server.BuildOf(stamped)
	if b.Version != stamped.Main.Version || b.Short() != "6e156ab" || !b.Modified {
		t.Errorf("%+v", b)
	}
	if s := b.String(); !strings.HasPrefix(s, stamped.Main.Version+" (commit 6e156ab, modified, 2026-11-27T04:03:53Z, go1.") {
		t.Error(s)
	}
	for _, info := range []*debug.BuildInfo{nil, {Main: debug.Module{Version: "(devel)"}}} {
		b := server.BuildOf(info)
		if s := b.String(); b.Commit != "" || b.Short() != "unknown" || !strings.HasPrefix(s, "devel (commit unknown") {
			t.Error(s)
		}
	}
}
