package consumers

import "errors"

// trouble reports what keeps the consumer from going on, unless it passes by itself.
func (w *worker) trouble(err error) {
	for _, passes := range []error{ErrPasses, errAgain, errStop} {
		if errors.Is(err, passes) {
			return
		}
	}
	w.runner.Trouble(w.consumer.Name, err)
}
