package mailbox

// SetMax lowers the bound, so that a test need not write a thousand files.
func SetMax(b *Mailbox, n int) { b.max = n }
