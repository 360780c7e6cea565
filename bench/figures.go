package main

import "context"

// figure is what can be measured on its own: one row or a few.
type figure struct {
	name    string
	about   string
	measure func(context.Context, config) ([]Row, error)
}

// figures lists all of them, the quick ones first.
func figures() []figure {
	return []figure{
		{"append", "durable appends by 64 and by 1,024 writers", appendRows},
		{"permission", "permission changes over HTTP", permissionRows},
		{"decision", "decisions on access over HTTP", decisionRows},
		{"password", "sign-ins by password, and many sign-ups at once", passwordRows},
		{"passkey", "sign-ins and raised sessions by passkeys", passkeyRows},
		{"recovery", "whether asking for a recovery tells by its time who has an address", recoveryRows},
		{"read", "reading all events, decoded", readRows},
		{"deadlines", "making the list of deadlines again", deadlineRows},
		{"open", "opening sealed parts", openRows},
		{"rebuild", "a full rebuild of all views", rebuildRows},
		{"query", "queries of every view at growing numbers of accounts", queryRows},
		{"serve", "memory and start of the server itself", serveRows},
	}
}
