package configsync

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

var githubExpression = lazyregexp.New(`\$\{\{(.*?)\}\}`)

// workflow reads a workflow of GitHub Actions.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
func (r *read) workflow() error {
	root, err := tree(r.Text)
	if err != nil {
		return err
	}
	w := &workflow{read: r}
	whole := w.env(nil, at(root, "env"))
	for _, job := range pairs(at(root, "jobs")) {
		env := w.env(whole, at(job.value, "env"))
		w.shell = first(text(at(job.value, "defaults", "run", "shell")), text(at(root, "defaults", "run", "shell")))
		if runner := text(at(job.value, "runs-on")); w.shell == "" && strings.HasPrefix(runner, "windows") {
			w.shell = "pwsh"
		}
		w.may = ""
		if uses := text(at(job.value, "uses")); uses != "" {
			r.unknowns = append(r.unknowns, unknown{job.line, "the job " + job.key + " is another workflow, " + uses})
		}
		for _, step := range items(at(job.value, "steps"), false) {
			w.step(step, w.env(env, at(step, "env")))
		}
	}
	return nil
}

// workflow is what is known of one so far.
type workflow struct {
	*read
	script
	shell string // of the job's scripts; "" is bash
	may   string // an action of the job that may set variables
}

// env adds the variables of one level to those above it.
func (w *workflow) env(above map[string]word, n *yaml.Node) map[string]word {
	out := maps.Clone(above)
	if out == nil {
		out = map[string]word{}
	}
	for _, p := range pairs(n) {
		out[p.key] = word{text: w.expressions(text(p.value))}
	}
	return out
}

// expressions puts marks in the place of ${{ … }}.
func (w *workflow) expressions(of string) string {
	return githubExpression.ReplaceAllStringFunc(of, func(e string) string {
		return w.put(expression, strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(e, "${{"), "}}")))
	})
}

func (w *workflow) step(step *yaml.Node, env map[string]word) {
	uses, run := at(step, "uses"), at(step, "run")
	switch {
	case run != nil:
		w.run(run, env, first(text(at(step, "shell")), w.shell))
	case strings.HasPrefix(text(uses), "./"):
		w.unknowns = append(w.unknowns, unknown{uses.Line, "the action " + text(uses) + " is one of your own"})
	case strings.HasPrefix(text(uses), "google-github-actions/deploy-cloudrun@"):
		w.deployAction(step, uses.Line, env)
	case uses != nil && !quiet(text(uses)):
		w.may = first(w.may, text(uses))
	}
}

// quiet tells the actions that set no variables but their own, such as those of
// credentials: any other may, as a script may, by $GITHUB_ENV.
func quiet(action string) bool {
	owner, _, _ := strings.Cut(action, "/")
	return slices.Contains([]string{"actions", "docker", "google-github-actions", "aws-actions", "azure", "hashicorp"}, owner)
}

// run reads the script of a step.
func (w *workflow) run(run *yaml.Node, env map[string]word, shell string) {
	from := lineOf(run)
	opaque := func(line int, why string) { w.unknowns = append(w.unknowns, unknown{line, why}) }
	if shell != "" && shell != "bash" && shell != "sh" {
		if strings.Contains(run.Value, "gcloud ") || strings.Contains(run.Value, "aws ") {
			opaque(from, "the script is for "+shell)
		}
		return
	}
	commands, err := w.commands(w.expressions(run.Value), maps.Clone(env))
	if err != nil {
		opaque(from, "the script is none that bash would take")
		return
	}
	for _, c := range commands {
		line := from + c.line - 1
		if d, ok := deploys(c.words); ok {
			d.target = w.resolved(d.target, env)
			w.set(d, line, w.origin(env), "FLAG=…,KEY=${{ vars.KEY }}")
			continue
		}
		if other, calls := callsScript(c.words); calls {
			opaque(line, w.shown(other)+" is called, and not read")
		}
	}
}

// deploys reads a command that sets up an app, or starts a build of one.
func deploys(words []word) (deployment, bool) {
	switch words[0].text {
	case "sudo":
		if len(words) > 1 {
			return deploys(words[1:])
		}
	case "gcloud":
		return gcloud(words)
	case "aws":
		return lambda(words)
	}
	return deployment{}, false
}

// deployAction reads google-github-actions/deploy-cloudrun.
// https://github.com/google-github-actions/deploy-cloudrun#inputs
func (w *workflow) deployAction(step *yaml.Node, line int, env map[string]word) {
	with := at(step, "with")
	d := deployment{sort: "run", target: w.resolved(w.expressions(first(text(at(with, "service")), text(at(with, "job")))), env)}
	from := w.origin(env)
	form := "          KEY=${{ vars.KEY }}"
	w.set(d, line, from, form)
	t := w.target(d.target)
	for _, name := range []string{"env_vars_file", "metadata"} {
		if text(at(with, name)) != "" {
			t.unknowns = append(t.unknowns, unknown{line, "its settings stand in a file of " + name})
		}
	}
	for _, name := range []string{"env_vars", "secrets"} {
		n := at(with, name)
		if n == nil {
			continue
		}
		for i, l := range strings.Split(w.expressions(text(n)), "\n") {
			if name == "env_vars" {
				t.line = lineOf(n) + i
			}
			entries, _ := dictionary(l)
			if strings.HasPrefix(strings.TrimSpace(l), "#") {
				continue
			}
			for _, e := range entries {
				t.entry(e, name == "secrets", lineOf(n)+i, from)
			}
		}
	}
	if flags := text(at(with, "flags")); flags != "" {
		commands, err := w.commands("gcloud run deploy "+w.expressions(strings.ReplaceAll(flags, "\n", " ")), maps.Clone(env))
		if err != nil || len(commands) != 1 {
			t.unknowns = append(t.unknowns, unknown{line, "its flags cannot be read"})
			return
		}
		more, _ := gcloud(commands[0].words)
		more.target = d.target
		w.set(more, line, from, form)
	}
}

// resolved is a text with the variables of the workflow that are written there.
func (w *workflow) resolved(of string, env map[string]word) string {
	for range deepest {
		before := of
		for i, m := range w.marks {
			name, is := strings.CutPrefix(m.text, "env.")
			if known, there := env[name]; is && there {
				of = strings.ReplaceAll(of, markOf(i), known.text)
			}
		}
		if of == before || len(of) > longest {
			break
		}
	}
	return w.shown(of)
}

// origin says where a value comes from.
func (w *workflow) origin(env map[string]word) origin {
	return func(of string) value { return w.comes(of, env, map[string]*value{}) }
}

// comes says where a text comes from. seen are the variables that were looked at on
// the way, each once: they may refer to each other in circles.
func (w *workflow) comes(of string, env map[string]word, seen map[string]*value) value {
	v := value{from: literal}
	for _, m := range w.within(of) {
		var by value
		switch {
		case m.sort == variable:
			by = w.named(m.text, "$"+m.text, env, seen)
		case strings.HasPrefix(m.text, "env."):
			by = w.named(strings.TrimPrefix(m.text, "env."), m.text, env, seen)
		default:
			by = value{from: m.text, secret: strings.HasPrefix(m.text, "secrets.")}
		}
		v.from, v.secret = by.from, v.secret || by.secret
		v.wrong, v.opaque = first(v.wrong, by.wrong), first(v.opaque, by.opaque)
	}
	return v
}

// named is a variable of the workflow.
func (w *workflow) named(name, written string, env map[string]word, seen map[string]*value) value {
	known, there := env[name]
	switch {
	case seen[name] != nil:
		return *seen[name]
	case there:
		seen[name] = &value{from: written}
		v := w.comes(known.text, env, seen)
		if v.from != literal {
			v.from = written + " <- " + v.from
		}
		seen[name] = &v
		return v
	case slices.ContainsFunc([]string{"GITHUB_", "RUNNER_", "CLOUDSDK_", "GOOGLE_", "GCLOUD_", "GCP_", "AWS_"}, func(by string) bool { return strings.HasPrefix(name, by) }), name == "CI", name == "HOME":
		return value{from: written} // of the runner, or of an action that logs in
	case w.sets:
		return value{from: written, opaque: written + " may be set by an earlier step, by $GITHUB_ENV"}
	}
	if w.may != "" {
		return value{from: written, opaque: written + " may be set by the action " + w.may}
	}
	return value{from: written, wrong: written + " is set nowhere in the workflow"}
}
