package runner

import "errors"

// trouble tells what keeps the consumer from going on, unless that is only the work of somebody else, which ends by itself.
func (w *worker) trouble(err error) {
	for _, passes := range []error{errFilled, errNone, errAgain, errStop} {
		if errors.Is(err, passes) {
			return
		}
	}
	w.runner.Trouble(w.consumer.Name(), err)
}
