package templates

import (
	"strings"
	"unicode/utf8"
)

// Grouped formats a code for reading: 123 456, or ABCD-EFGH-JKMNP. Spaces and dashes are ignored when a code is checked.
func Grouped(code string) string {
	switch len(code) {
	case 6:
		return code[:3] + " " + code[3:]
	case 13:
		return code[:4] + "-" + code[4:8] + "-" + code[8:]
	}
	return code
}

// width is where plain text is wrapped; RFC 5322 recommends at most 78 characters.
const width = 72

func wrap(paragraph string) string {
	if utf8.RuneCountInString(paragraph) <= width {
		return paragraph
	}
	var out strings.Builder
	column := 0
	for i, word := range strings.Fields(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}
