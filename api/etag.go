package api

import "strings"

// etag quotes a tag for a header (RFC 9110, section 8.8.3).
func etag(tag string) string { return `"` + tag + `"` }

// matches reports whether If-None-Match names the tag, by weak comparison as the RFC requires.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// ifMatch reads If-Match: the tag to compare with, or "" for none and for *, since the resource always exists.
func ifMatch(header string) (string, error) {
	header = strings.TrimSpace(header)
	if header == "" || header == "*" {
		return "", nil
	}
	if weak, ok := strings.CutPrefix(header, "W/"); ok && quoted(weak) {
		return header, nil // strong comparison: a weak tag never matches
	}
	if !quoted(header) {
		return "", errIfMatch
	}
	if tag := strings.Trim(header, `"`); tag != "" {
		return tag, nil
	}
	return header, nil // we never give an empty tag
}

func quoted(s string) bool {
	return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && !strings.ContainsAny(s[1:len(s)-1], "\" \t,")
}
