package sqlite

// SetReach has words looked for in other ways from so many documents on than usual.
func (e *Engine) SetReach(rare, near, many int) { e.reach = reach{rare, near, many} }
