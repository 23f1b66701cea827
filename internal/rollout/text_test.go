package rollout_test

import (
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestOneLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"as it is":              {"bad cart: 40 %", "bad cart: 40 %"},
		"nothing":               {"", ""},
		"blanks are nothing":    {" \t\n ", ""},
		"several lines":         {"one\r\n  two", "one two"},
		"a terminal's commands": {"a\x1b[31mred\x07", "a [31mred"},
		"turned round":          {"api\u202edlo", "api dlo"},
		"not text":              {"a\xffb", "a b"},
		"too long":              {strings.Repeat("ä", 21), strings.Repeat("ä", 19) + "…"},
		"just right":            {strings.Repeat("ä", 20), strings.Repeat("ä", 20)},
		"cut at a blank":        {strings.Repeat("a", 18) + " " + "bcd", strings.Repeat("a", 18) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rollout.OneLine(c.text, 20); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
