package commands

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"accountledger/domain"
)

// raisedBy is the factor by which a profile raises the limits.
const raisedBy = 1000

// profile says whether a profile is in force.
type profile struct {
	raising sync.Mutex  // one profile at a time
	raised  atomic.Bool // a profile is in force
}

// RaiseLimits puts a profile in force in this process, until RestoreLimits or the end of the process. Both are operators'
// commands and are recorded.
type RaiseLimits struct {
	Profile domain.LimitProfile `json:"profile"`
}

// errRaised: a profile is already in force.
var errRaised = &domain.Error{Kind: domain.Conflict, Code: "limits_raised", Message: "Another simulation has already raised the limits. Wait until it ends."}

// raiseLimits records the profile before it takes effect.
func (k *call) raiseLimits(ctx context.Context, in RaiseLimits) (domain.EventID, error) {
	if in.Profile.Validate() != nil {
		return domain.EventID{}, errors.New("commands: no such limit profile")
	}
	k.profile.raising.Lock()
	defer k.profile.raising.Unlock()
	if k.profile.raised.Load() {
		return domain.EventID{}, errRaised
	}
	id, err := k.limitsChanged(ctx, in.Profile, true)
	if err == nil {
		k.profile.raised.Store(true)
	}
	return id, err
}

// restoreLimits restores the ordinary limits, whether or not that can be recorded.
func (k *call) restoreLimits(ctx context.Context, in RaiseLimits) (domain.EventID, error) {
	k.profile.raising.Lock()
	defer k.profile.raising.Unlock()
	if !k.profile.raised.Swap(false) {
		return domain.EventID{}, nil
	}
	return k.limitsChanged(ctx, in.Profile, false)
}

func (k *call) limitsChanged(ctx context.Context, p domain.LimitProfile, inForce bool) (domain.EventID, error) {
	f, err := k.note(ctx, k.operations(domain.OperationsStream), domain.LimitsChanged{Profile: p, UID: k.Caller.UID, InForce: inForce})
	return f.ID, err
}

// inForce is a limit under the profile in force.
func (c *core) inForce(limit Limit) Limit {
	if c.profile.raised.Load() {
		limit.Events *= raisedBy
	}
	return limit
}
