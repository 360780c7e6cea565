package server_test

import (
	"reflect"
	"testing"

	"accountledger/commands"
	"accountledger/server"
)

// TestUsualLimits: without settings of one's own the limits are those by default, and a person's bucket holds as many periods at any rate.
func TestUsualLimits(t *testing.T) {
	cfg, err := server.LoadConfig("", map[string]any{"data": t.TempDir(), "dev": true})
	fatal(t, err)
	if have, want := cfg.Abuse.Limits(), commands.DefaultLimits(); !reflect.DeepEqual(have, want) {
		t.Errorf("%+v, want %+v", have, want)
	}
	day := commands.DefaultLimits().SignUps[1].Window
	for _, n := range []int{1, 7, 1_000_000} {
		cfg.Abuse.ChangesMinute, cfg.Abuse.SignInsHour, cfg.Abuse.SignUpsHour, cfg.Abuse.SignUpsDay = n, n, 0, n
		have := cfg.Abuse.Limits()
		if have.Changes.Burst != 6*n || have.Starts.Burst != 2*n || len(have.SignUps) != 1 || have.SignUps[0] != (commands.Limit{Events: n, Window: day}) {
			t.Errorf("%d: %+v", n, have)
		}
	}
	cfg.Abuse = server.AbuseConfig{}
	if have := cfg.Abuse.Limits(); have.Changes != (commands.Bucket{}) || have.Starts != (commands.Bucket{}) || have.SignUps != nil || have.Recoveries != nil {
		t.Errorf("without limits: %+v", have)
	}
}
