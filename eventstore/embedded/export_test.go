package embedded

// ReadChunk reads all events of a stored chunk, as a reader of the log does, and returns their number.
func ReadChunk(key, value []byte) (n int, err error) {
	c, err := parseChunk(key, value)
	if err != nil {
		return 0, err
	}
	for at := c.first; at < c.end(); at++ {
		if err := c.seek(at); err != nil {
			return n, err
		}
		body, sum, _, err := c.body()
		if err != nil {
			return n, err
		}
		if _, reason := decode(at, body, sum, nil); reason != "" {
			return n, damaged(at, reason)
		}
		n++
	}
	return n, nil
}
