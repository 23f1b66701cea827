package provider_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tooled returns a PATH that begins with the tools of a policy author: opa, and
// gojq under the name of jq.
func tooled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, as := range map[string]string{"opa": "opa", "gojq": "jq"} {
		cmd := exec.CommandContext(t.Context(), "go", "tool", "-n", name)
		cmd.Dir = "../tools/policies"
		out, err := cmd.Output() // builds it
		if err != nil {
			t.Fatalf("go tool -n %s: %v\n%s", name, err, stderrOf(err))
		}
		if err := os.Symlink(strings.TrimSpace(string(out)), filepath.Join(dir, as)); err != nil {
			t.Fatal(err)
		}
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

func stderrOf(err error) []byte {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // it comes from exec as it is
		return exit.Stderr
	}
	return nil
}

// shell runs a line as a reviewer would: in the root of the repository.
func shell(t *testing.T, path, line string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "PATH="+path)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// TestPoliciesOfTheirOwn: the policies pass their own tests, and are written as
// opa writes them.
func TestPoliciesOfTheirOwn(t *testing.T) {
	path := tooled(t)
	for _, line := range []string{"opa check --strict examples/policies", "opa fmt --fail --diff examples/policies", "opa test examples/policies"} {
		out, code := shell(t, path, line)
		if code != 0 {
			t.Errorf("%s:\n%s", line, out)
		}
		if strings.HasPrefix(line, "opa test") && !regexp.MustCompile(`^PASS: (\d{2,})/`).MatchString(out) {
			t.Errorf("it ran %q", out)
		}
	}
}

// guideLine is the one line of the guide that begins with a command, with the
// name of the plan's file in place of the guide's.
func guideLine(t *testing.T, command, file string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/templates/guides/reviewing.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, command) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "plan.json") {
		t.Fatalf("the guide has %q for %s", lines, command)
	}
	return strings.ReplaceAll(lines[0], "plan.json", file)
}

const (
	errorGate = `
  gate {
    name       = "errors"
    fail_above = 5
    cloud_monitoring {
      metric = "error_rate"
    }
  }
`
	healthGate = `
  gate {
    name = "health"
    http {
      request {
        path = "/"
      }
    }
  }
`
)

// TestPolicies plans deployments that keep and that break each policy, and asks
// the policies what they say of `terraform show -json`, in the guide's words.
func TestPolicies(t *testing.T) {
	path := tooled(t)
	ladder := func(weights ...string) string {
		out := ""
		for _, w := range weights {
			out += "  step {\n    weight = " + w + "\n    bake   = \"10m\"\n  }\n"
		}
		return out
	}
	three := ladder("0", "10", "50")
	const undecided = api + " cannot be decided: its preview is not known before apply, or not in version 1"
	for _, c := range []struct {
		name, body string
		says       []string
		// long: the jq line of the guide looks at the length alone.
		long bool
	}{
		{name: "good", body: three + healthGate + errorGate},
		{
			name: "two steps in production", body: ladder("10", "50") + errorGate,
			says: []string{api + " has 2 steps, and production has at least 3"},
		},
		{name: "two steps elsewhere", body: ladder("10", "50") + errorGate + environment("staging")},
		{
			name: "two steps, and an environment that nobody knows", body: ladder("10", "50") + errorGate + environment("live"),
			says: []string{api + " has 2 steps, and production has at least 3"},
		},
		{
			name: "no error gate", body: three + "watch = \"10m\"" + healthGate,
			says: []string{api + " has no error gate at 10 %", api + " has no error gate at 100 %", api + " has no error gate at 50 %"},
		},
		{
			name: "an error gate that only measures", body: three + healthGate + strings.Replace(errorGate, "fail_above", "dry_run = true\n fail_above", 1),
			says: []string{api + " has no error gate at 10 %", api + " has no error gate at 50 %"},
		},
		{
			name: "everything at once", body: errorGate,
			says: []string{api + " has 0 steps, and production has at least 3", api + " has no error gate: users get the candidate unwatched"},
		},
		{
			name: "longer than an hour", body: three + "watch = \"31m\"" + healthGate + errorGate, long: true,
			says: []string{api + " takes up to 61 minutes, and a rollout may take 60"},
		},
		{
			name: "longer than an hour if data are late", body: three + healthGate + strings.Replace(errorGate, "fail_above", "wait_for = \"30m\"\n fail_above", 1), long: true,
			says: []string{api + " takes up to 70 minutes, and a rollout may take 60"},
		},
		{
			name: "waits for a person", body: three + "hold_at = 10" + healthGate + errorGate, long: true,
			says: []string{api + " cannot be decided: it waits for a person at hold_at"},
		},
		{
			name: "one step an apply", body: three + "advance = \"one_step\"" + healthGate + errorGate, long: true,
			says: []string{api + " cannot be decided: with one_step it takes as long as the applies are apart"},
		},
		{
			name: "not known before apply", body: three + "watch = terraform_data.later.output" + healthGate + errorGate, long: true,
			says: []string{undecided},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			body, more, _ := strings.Cut(c.body, "OUTSIDE")
			w.write("resource \"terraform_data\" \"later\" {\n  input = \"10m\"\n}\n" + more +
				"resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = \"@v2\"\n  }\n" + body + "}\n")
			w.judged(path, c.says, c.long)
		})
	}
}

func environment(name string) string {
	return "OUTSIDE\nvariable \"environment\" {\n  default = \"" + name + "\"\n}\n"
}

// judged fails the test unless the policies say this of the world's next plan.
// long: the jq line refuses it too.
func (w *world) judged(path string, says []string, long bool) {
	w.Helper()
	file := w.shown()
	line := guideLine(w.T, "opa eval --fail", file)
	out, code := shell(w.T, path, line)
	if (code == 0) != (len(says) == 0) {
		w.Errorf("%s ends with %d:\n%s", line, code, out)
	}
	out, _ = shell(w.T, path, "opa eval --format raw --data examples/policies --input "+file+" data.rollout.deny")
	var got []string
	if err := json.Unmarshal([]byte(out), &got); err != nil || !slices.Equal(got, says) {
		w.Errorf("it is denied for %v, want %v: %v", out, says, err)
	}
	if out, code := shell(w.T, path, guideLine(w.T, "jq ", file)); (code == 0) != !long {
		w.Errorf("jq ends with %d:\n%s", code, out)
	}
}

// TestPoliciesOverTime: a deployment that stays as it is is judged in every
// plan, and one that goes is not.
func TestPoliciesOverTime(t *testing.T) {
	t.Parallel()
	w, path := newWorld(t), tooled(t)
	w.deploys(w.V2, "")
	w.applies()
	w.judged(path, []string{api + " has no error gate at 10 %", api + " has no error gate at 100 %", api + " has no error gate at 50 %"}, false)
	w.write("")
	w.judged(path, nil, false)
}
