package configsync

import (
	"slices"
	"strings"
)

// deployment is what one command of gcloud or aws sets up.
type deployment struct {
	sort   string // run, job, function, lambda, build
	target string
	lists  []list
	opaque []string
}

// list is a list of settings that a command is given.
type list struct {
	flag   string
	text   string
	secret bool
}

// switches are flags of gcloud that have no value.
var switches = []string{
	"-q", "--quiet", "--async", "--allow-unauthenticated", "--wait", "--execute-now", "--cpu-boost", "--use-http2", "--session-affinity", "--cpu-throttling",
	"--deploy-health-check", "--invoker-iam-check", "--gen2", "--trigger-http", "--retry", "--log-http", "--user-output-enabled", "--default-url",
}

// gcloud reads a command. It returns false for one that sets up no app.
func gcloud(words []word) (deployment, bool) {
	var positional []word
	d := deployment{}
	for i := 1; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w.text, "-") {
			positional = append(positional, w)
			continue
		}
		name, v, given := strings.Cut(w.text, "=")
		of := word{v, w.opaque}
		switch {
		case given || strings.HasPrefix(name, "--no-") || strings.HasPrefix(name, "--clear-") || slices.Contains(switches, name):
		case i+1 < len(words) && !strings.HasPrefix(words[i+1].text, "--"):
			i++
			of = words[i]
		}
		d.flag(name, of)
	}
	return d, d.named(positional)
}

func (d *deployment) flag(name string, v word) {
	switch name {
	case "--set-env-vars", "--update-env-vars", "--set-secrets", "--update-secrets", "--substitutions":
		if v.opaque != "" {
			d.opaque = append(d.opaque, name+" cannot be read: "+v.opaque)
			return
		}
		d.lists = append(d.lists, list{name, v.text, strings.HasSuffix(name, "-secrets")})
	case "--env-vars-file", "--flags-file":
		d.opaque = append(d.opaque, "its settings stand in a file of "+name)
	}
}

// named reads what the command does, and to what.
func (d *deployment) named(positional []word) bool {
	for len(positional) > 0 && slices.Contains([]string{"beta", "alpha"}, positional[0].text) {
		positional = positional[1:]
	}
	for _, verb := range []struct{ words, sort string }{
		{"run deploy", "run"},
		{"run services update", "run"},
		{"run services replace", "replace"},
		{"run jobs deploy", "job"},
		{"run jobs create", "job"},
		{"run jobs update", "job"},
		{"run jobs replace", "replace"},
		{"run worker-pools deploy", "run"},
		{"run worker-pools update", "run"},
		{"functions deploy", "function"},
		{"builds submit", "build"},
	} {
		want := strings.Fields(verb.words)
		if len(positional) < len(want) || !slices.EqualFunc(want, positional[:len(want)], func(w string, p word) bool { return w == p.text }) {
			continue
		}
		d.sort = verb.sort
		if rest := positional[len(want):]; len(rest) > 0 {
			d.target = rest[0].text
			if rest[0].opaque != "" {
				d.target = "${?}"
			}
			for _, w := range rest[1:] { // there is one name: anything else may be flags
				if w.opaque != "" || marked.MatchString(w.text) {
					d.opaque = append(d.opaque, "a part of the command is known only when it runs")
				}
			}
		}
		if d.sort == "replace" {
			d.opaque = append(d.opaque, "the service stands in a file of its own")
		}
		return true
	}
	return false
}

// lambda reads aws lambda update-function-configuration, whose settings are
// replaced as a whole.
// https://docs.aws.amazon.com/cli/latest/reference/lambda/update-function-configuration.html
func lambda(words []word) (deployment, bool) {
	if len(words) < 3 || words[1].text != "lambda" || words[2].text != "update-function-configuration" && words[2].text != "create-function" {
		return deployment{}, false
	}
	d := deployment{sort: "lambda"}
	for i := 3; i < len(words); i++ {
		name, v, given := strings.Cut(words[i].text, "=")
		of := word{v, words[i].opaque}
		if !given && i+1 < len(words) {
			of = words[i+1]
		}
		switch name {
		case "--function-name":
			d.target = of.text
		case "--environment":
			inner, short := strings.CutPrefix(of.text, "Variables={")
			inner, closed := strings.CutSuffix(inner, "}")
			if !short || !closed || of.opaque != "" {
				d.opaque = append(d.opaque, "--environment cannot be read: only Variables={KEY=VALUE,…} is")
				continue
			}
			d.lists = append(d.lists, list{flag: name, text: inner})
		case "--cli-input-json", "--cli-input-yaml":
			d.opaque = append(d.opaque, "its settings stand in a file of "+name)
		}
	}
	return d, true
}
