package configsync

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

var (
	// buildVariable is a substitution: those of users begin with an underscore.
	buildVariable = lazyregexp.New(`\$\{([A-Z_][A-Z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*)`)
	builtin       = []string{
		"PROJECT_ID", "PROJECT_NUMBER", "BUILD_ID", "LOCATION", "TRIGGER_NAME", "TRIGGER_BUILD_CONFIG_PATH", "COMMIT_SHA", "REVISION_ID", "SHORT_SHA", "REPO_NAME",
		"REPO_FULL_NAME", "BRANCH_NAME", "TAG_NAME", "REF_NAME", "SERVICE_ACCOUNT", "SERVICE_ACCOUNT_EMAIL",
	}
)

// dollar stands for one that Cloud Build leaves to the shell, written as two.
const dollar = "\x01"

// cloudBuild reads a build of Cloud Build.
// https://cloud.google.com/build/docs/build-config-file-schema
func (r *read) cloudBuild() error {
	root, err := tree(r.Text)
	if err != nil {
		return err
	}
	if at(root, "steps") == nil {
		return errNoBuild
	}
	b := &build{read: r, available: map[string]bool{}, seen: map[*yaml.Node]bool{}}
	r.wants, r.has = map[string]int{}, map[string]int{}
	for _, p := range pairs(at(root, "substitutions")) {
		r.has[p.key] = p.line
	}
	r.loose = strings.EqualFold(text(at(root, "options", "substitutionOption")), "ALLOW_LOOSE") || strings.EqualFold(text(at(root, "options", "substitution_option")), "ALLOW_LOOSE")
	for _, from := range []string{"secretManager", "inline"} {
		for _, s := range items(at(root, "availableSecrets", from), false) {
			if name := text(at(s, "env")); name != "" {
				b.available[name] = true
			}
			for _, p := range pairs(at(s, "envMap")) {
				b.available[p.key] = true
			}
		}
	}
	b.uses(root)
	whole := b.env(nil, at(root, "options"))
	for _, step := range items(at(root, "steps"), false) {
		b.step(step, b.env(whole, step))
	}
	return nil
}

var errNoBuild = fmt.Errorf("it has no steps: %w", errYAML)

// build is what is known of one so far.
type build struct {
	*read
	script
	available map[string]bool
	seen      map[*yaml.Node]bool // what was looked through for substitutions
}

// uses notes every substitution that the build mentions, wherever that is.
func (b *build) uses(n *yaml.Node) {
	if n = plainNode(n); n == nil || b.seen[n] {
		return
	}
	b.seen[n] = true
	for _, p := range pairs(n) {
		if p.key != "substitutions" {
			b.uses(p.value)
		}
	}
	for _, i := range items(n, false) {
		b.uses(i)
	}
	if n.Kind != yaml.ScalarNode {
		return
	}
	for i, line := range strings.Split(strings.ReplaceAll(n.Value, "$$", dollar), "\n") {
		for _, m := range buildVariable.FindAllStringSubmatch(line, -1) {
			name := m[1] + m[2]
			if _, seen := b.wants[name]; !seen && strings.HasPrefix(name, "_") {
				b.wants[name] = lineOf(n) + i
			}
		}
	}
}

// env are the variables of a step: its own, and those of all steps.
func (b *build) env(above map[string]word, of *yaml.Node) map[string]word {
	out := maps.Clone(above)
	if out == nil {
		out = map[string]word{}
	}
	for _, e := range items(at(of, "env"), false) {
		if name, v, ok := strings.Cut(b.substituted(text(e)), "="); ok {
			out[name] = word{text: strings.ReplaceAll(v, dollar, "$")}
		}
	}
	for _, s := range items(at(of, "secretEnv"), false) {
		out[text(s)] = word{text: b.put(variable, text(s))}
	}
	return out
}

// substituted puts marks in the place of substitutions.
func (b *build) substituted(of string) string {
	return buildVariable.ReplaceAllStringFunc(strings.ReplaceAll(of, "$$", dollar), func(v string) string {
		name := strings.Trim(v, "${}")
		if !strings.HasPrefix(name, "_") && !slices.Contains(builtin, name) {
			return dollar + strings.TrimPrefix(v, "$") // of the shell: Cloud Build refuses what it does not know
		}
		return b.put(substitution, name)
	})
}

func (b *build) step(step *yaml.Node, env map[string]word) {
	entry, args := text(at(step, "entrypoint")), items(at(step, "args"), false)
	from := b.origin(env)
	if script := at(step, "script"); script != nil {
		b.bash(script, strings.ReplaceAll(text(script), "$", dollar), env, from)
		return
	}
	shell := slices.Contains([]string{"bash", "sh", "/bin/bash", "/bin/sh"}, entry)
	if shell && len(args) > 0 {
		last := args[len(args)-1]
		if len(args) > 1 && strings.HasPrefix(text(args[0]), "-") && strings.Contains(text(args[0]), "c") {
			b.bash(last, b.substituted(text(last)), env, from)
		} else {
			b.unknowns = append(b.unknowns, unknown{last.Line, text(args[0]) + " is called, and not read"})
		}
		return
	}
	var words []word
	switch {
	case entry != "":
		words = append(words, word{text: entry})
	case strings.Contains(text(at(step, "name")), "gcloud"), strings.Contains(text(at(step, "name")), "cloud-sdk"):
		if len(args) == 0 || text(args[0]) != "gcloud" {
			words = append(words, word{text: "gcloud"})
		}
	default:
		return
	}
	line := 0
	for _, a := range args {
		words = append(words, word{text: strings.ReplaceAll(b.substituted(text(a)), dollar, "$")})
		if strings.Contains(text(a), "env-vars") {
			line = a.Line
		}
	}
	if d, ok := deploys(words); ok {
		d.target = b.shown(d.target)
		b.set(d, max(line, step.Line), from, "FLAG=…,KEY=${_KEY}")
	}
}

// bash reads the script of a step.
func (b *build) bash(n *yaml.Node, script string, env map[string]word, from origin) {
	commands, err := b.commands(strings.ReplaceAll(script, dollar, "$"), maps.Clone(env))
	if err != nil {
		b.unknowns = append(b.unknowns, unknown{lineOf(n), "the script is none that bash would take"})
		return
	}
	for _, c := range commands {
		line := lineOf(n) + c.line - 1
		if d, ok := deploys(c.words); ok {
			d.target = b.shown(d.target)
			b.set(d, line, from, "FLAG=…,KEY=${_KEY}")
			continue
		}
		if other, calls := callsScript(c.words); calls {
			b.unknowns = append(b.unknowns, unknown{line, b.shown(other) + " is called, and not read"})
		}
	}
}

// origin says where a value comes from.
func (b *build) origin(env map[string]word) origin {
	return func(of string) value {
		v := value{from: literal}
		for _, m := range b.within(of) {
			switch {
			case m.sort == substitution && strings.HasPrefix(m.text, "_"):
				v.refs, v.from = append(v.refs, m.text), m.text
			case m.sort == substitution:
				v.from = m.text
			case b.available[m.text]:
				v.from, v.secret = "availableSecrets "+m.text, true
			case env[m.text].text != "": // secretEnv of a secret that is not available
				v.from, v.wrong = "$"+m.text, m.text+" is in secretEnv, and no availableSecrets have it"
			default:
				v.from, v.opaque = "$"+m.text, "$"+m.text+" is set by something that is not read"
			}
		}
		return v
	}
}
