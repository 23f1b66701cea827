package configsync

import (
	"bytes"
	"errors"
	"strings"

	"github.com/joho/godotenv"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// errDotenv does not say where: the parser quotes the line, which may hold a value.
var errDotenv = errors.New("it is no file of settings: a line is not like KEY=value")

var setting = lazyregexp.New(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]`)

// List reads the names of a file such as .env.example, in their order. A line that
// is commented out names something that is not needed.
func List(file string, text []byte) ([]Need, error) {
	known, err := godotenv.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, errDotenv
	}
	var out []Need
	seen := map[string]bool{}
	for i, line := range strings.Split(string(text), "\n") {
		m := setting.FindStringSubmatch(line)
		if len(m) == 0 || seen[m[1]] {
			continue
		}
		if _, is := known[m[1]]; is { // and no line within a value of several
			seen[m[1]] = true
			out = append(out, Need{Name: m[1], File: file, Line: i + 1})
		}
	}
	if len(out) != len(known) {
		return nil, errDotenv
	}
	return out, nil
}

func (r *read) dotenv() error {
	needs, err := List(r.File, r.Text)
	if err != nil {
		return err
	}
	t := r.target(r.Target)
	t.form = "KEY="
	for _, n := range needs {
		t.settings[n.Name] = value{line: n.Line, from: literal}
	}
	return nil
}
