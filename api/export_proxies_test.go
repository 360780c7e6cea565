package api

import (
	"net/http"
	"strings"
)

// Address is the client's.
func (p Proxies) Address(r *http.Request) string { return p.address(r) }

// Separated splits at commas.
func Separated(text string) []string { return strings.Split(text, ",") }
