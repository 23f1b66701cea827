package rollout

import (
	"strings"
	"unicode"
)

// OneLine returns a text that somebody else wrote, fit to be shown in a sentence:
// on one line, of what can be printed alone, and of at most as many characters.
// It is "" where nothing is left.
func OneLine(text string, most int) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, " "))
	out := []rune(strings.Join(strings.Fields(plain), " "))
	if len(out) > most {
		return strings.TrimSpace(string(out[:most-1])) + "…"
	}
	return string(out)
}
