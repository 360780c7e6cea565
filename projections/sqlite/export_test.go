package sqlite

// SetReach changes from how many documents on words are looked up in other ways.
func (e *Engine) SetReach(rare, near, many int) { e.reach = reach{rare, near, many} }
