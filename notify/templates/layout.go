package templates

import (
	"strings"
	"unicode/utf8"
)

// Grouped is a code as people read it best: 123 456, or ABCD-EFGH-JKMNP. Whoever checks codes ignores the
// spaces and dashes.
func Grouped(code string) string {
	switch len(code) {
	case 6:
		return code[:3] + " " + code[3:]
	case 13:
		return code[:4] + "-" + code[4:8] + "-" + code[8:]
	}
	return code
}

// width is where lines of plain text are broken; RFC 5322 asks for no more than 78 characters.
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
