package configsync

import "strings"

// compose reads a Compose file.
// https://github.com/compose-spec/compose-spec/blob/main/05-services.md
func (r *read) compose() error {
	root, err := tree(r.Text)
	if err != nil {
		return err
	}
	for _, service := range pairs(at(root, "services")) {
		t := r.target(service.key)
		t.line, t.form = service.line, "      KEY: ${KEY}"
		env := at(service.value, "environment")
		for _, p := range pairs(env) {
			t.line = p.line
			t.settings[p.key] = value{line: p.line, from: composed(text(p.value))}
		}
		for _, i := range items(env, false) {
			name, v, _ := strings.Cut(text(i), "=")
			t.line, t.form = i.Line, "      - KEY=${KEY}"
			t.settings[name] = value{line: i.Line, from: composed(v)}
		}
		for _, n := range []string{"env_file", "extends"} {
			if of := at(service.value, n); of != nil {
				t.unknowns = append(t.unknowns, unknown{of.Line, "its settings stand in another file, by " + n})
			}
		}
	}
	return nil
}

// composed says where a value comes from; the machine's environment is not known.
func composed(of string) string {
	if strings.Contains(of, "$") || of == "" {
		return "the environment"
	}
	return literal
}
