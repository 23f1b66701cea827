package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

// What follows runs the provider as Terraform runs it: a process of its own,
// on the system's clock, that can be interrupted and killed.

// patience is how long anything may take before a test gives up on it.
const patience = 2 * time.Minute

var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rollout-provider")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "terraform-provider-rollout")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "../..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	for name, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", // the sandbox's own, and nobody's account
		"PROMETHEUS_CREDENTIAL": "somebody:s3cret", "MONITORING": "Bearer s3cret", "LOGIN": "user=probe", // as messages of bad configurations say
	} {
		_ = os.Setenv(name, v)
	}
	_, _ = os.Unsetenv("AWS_SESSION_TOKEN"), os.Unsetenv("AWS_PROFILE")
	if cli, err := found(); err == nil { // where OpenTofu looks for the provider, also without make
		_ = os.Unsetenv("TF_CLI_CONFIG_FILE") // a person's, as in Environ
		for _, entry := range cli.Environ(nil) {
			name, v, _ := strings.Cut(entry, "=")
			_ = os.Setenv(name, v)
		}
	}
	code := awstest.Main(m)
	databasestest.Stop()
	if path, err := binary(); err == nil && built {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

var built bool // the binary was asked for by a test

// processWorld is a sandbox on the system's clock, and a Terraform that starts
// the provider itself.
type processWorld struct {
	*testing.T
	box     *sandbox.Sandbox
	dir     string
	cli     terraformbin.CLI
	env     []string
	v2      string
	service string
}

func newProcessWorld(t *testing.T) *processWorld {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("signals are sent as on Unix")
	}
	cli := cliOf(t)
	built = true
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	w := &processWorld{T: t, cli: cli, dir: t.TempDir()}
	w.box, err = sandbox.Start(sandbox.Options{Settle: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.box.Close)
	config := filepath.Join(w.dir, "cli.tfrc")
	w.file("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"terraform-rollout/rollout\" = %q\n  }\n  direct {}\n}\n", filepath.Dir(path)))
	w.env = append(cli.Environ(os.Environ()), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "ROLLOUT_GOOGLE_ENDPOINT="+w.box.URL())
	w.v2 = w.image("v2", sandbox.Behaviour{Version: "2"})
	if err := w.box.CreateService(t.Context(), shop, w.image("v1", sandbox.Behaviour{Version: "1"})); err != nil {
		t.Fatal(err)
	}
	w.service = fmt.Sprintf("projects/%s/locations/%s/services/%s", w.box.Project(), w.box.Location(), shop)
	return w
}

func (w *processWorld) image(tag string, b sandbox.Behaviour) string {
	w.Helper()
	ref, err := w.box.Image("shop/api", tag, b)
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

func (w *processWorld) file(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *processWorld) deploys(bake string) {
	w.Helper()
	w.file("main.tf", strings.NewReplacer("SERVICE", w.service, "IMAGE", w.v2, "BAKE", bake).Replace(`
terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "SERVICE"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "BAKE"
  }
  step {
    weight = 10
    bake   = "BAKE"
  }
  step {
    weight = 50
    bake   = "BAKE"
  }
  watch = "BAKE"
  gate {
    name     = "health"
    interval = "1s"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
`))
}

// running is a command at work.
type running struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

func (w *processWorld) start(args ...string) *running {
	w.Helper()
	r := &running{Cmd: exec.CommandContext(w.Context(), w.cli.Path, args...), done: make(chan struct{})}
	r.Dir, r.Env, r.Stdout, r.Stderr = w.dir, w.env, &r.out, &r.out
	r.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		_ = r.Wait()
		close(r.done)
	}()
	w.Cleanup(func() {
		_ = syscall.Kill(-r.Process.Pid, syscall.SIGKILL)
		<-r.done
	})
	return r
}

func (w *processWorld) apply() *running {
	w.Helper()
	return w.start("apply", "-no-color", "-auto-approve", "-input=false")
}

// ended waits for a command to end, and returns its exit code.
func (w *processWorld) ended(r *running) int {
	w.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		w.Fatalf("it does not end:\n%s", r.out.String())
	}
	return r.ProcessState.ExitCode()
}

// until polls for something, with patience.
func (w *processWorld) until(what string, ok func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not happen; live is %v", what, w.box.Service(shop).Percent)
		}
	}
}

// share is what the newest revision has.
func (w *processWorld) share() int {
	v := w.box.Service(shop)
	if len(v.Revisions) < 2 {
		return -1
	}
	return v.Percent[v.Newest]
}

// at waits until the candidate has a share, settled, and was made.
func (w *processWorld) at(share int) {
	w.Helper()
	w.until(fmt.Sprintf("%d %%", share), func() bool {
		v := w.box.Service(shop)
		return w.share() == share && !v.Reconciling && (share > 0 || v.Tags["ro-home"] != "")
	})
}

// provider finds the process of the provider that a Terraform has started.
func (w *processWorld) provider(of int) int {
	w.Helper()
	found := 0
	w.until("the provider's process", func() bool {
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, d := range dirs {
			name, _ := os.Readlink(filepath.Join(d, "exe"))
			stat, _ := os.ReadFile(filepath.Join(d, "stat"))
			_, rest, _ := strings.Cut(string(stat), ") ")
			fields := strings.Fields(rest)
			if strings.HasSuffix(strings.TrimSuffix(name, " (deleted)"), "terraform-provider-rollout") && len(fields) > 1 && fields[1] == strconv.Itoa(of) {
				found, _ = strconv.Atoi(filepath.Base(d))
			}
		}
		return found != 0
	})
	return found
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// stateTraffic is what Terraform's state says is live; nil without state.
func (w *processWorld) stateTraffic() map[string]float64 {
	w.Helper()
	r := w.start("show", "-json")
	if w.ended(r) != 0 {
		w.Fatal(r.out.String())
	}
	text := r.out.String()
	if i := strings.Index(text, "{"); i >= 0 {
		text = text[i:]
	}
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Values struct {
						Traffic map[string]float64 `json:"traffic"`
					} `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		w.Fatalf("%v: %s", err, text)
	}
	if len(state.Values.RootModule.Resources) == 0 {
		return nil
	}
	return state.Values.RootModule.Resources[0].Values.Traffic
}

// promoted fails the test unless a further apply ends promoted, and is quiet
// afterwards.
func (w *processWorld) promotes() {
	w.Helper()
	w.deploys("1s")
	r := w.apply()
	if w.ended(r) != 0 {
		w.Fatalf("the next apply:\n%s", r.out.String())
	}
	v := w.box.Service(shop)
	if v.Percent[v.Newest] != 100 || len(v.Tags) != 0 || len(v.Revisions) != 2 {
		w.Fatalf("live is %v, tags %v, revisions %v", v.Percent, v.Tags, v.Revisions)
	}
	r = w.start("plan", "-no-color", "-detailed-exitcode")
	if w.ended(r) != 0 {
		w.Fatalf("the plan after it is not empty:\n%s", r.out.String())
	}
}

var everyStep = []int{0, 10, 50, 100}

// An interrupt at each step sends one write home at once, and no other, also
// where the API is slow; the error says so, and state holds the truth.
func TestInterrupt(t *testing.T) {
	for _, share := range everyStep {
		for _, slow := range []bool{false, true} {
			t.Run(fmt.Sprintf("at %d, slow %v", share, slow), func(t *testing.T) {
				t.Parallel()
				w := newProcessWorld(t)
				w.deploys("5m")
				if share > 0 {
					w.deploys("2s")
				}
				r := w.apply()
				w.at(share)
				quicken := func() {}
				if slow {
					quicken = w.box.Fault(sandbox.Fault{Kind: sandbox.Delay, Method: "run.", D: 3 * time.Second})
				}
				before := len(w.box.Calls())
				if err := r.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
				if code := w.ended(r); code != 1 {
					t.Fatalf("exit %d:\n%s", code, r.out.String())
				}
				out := flatten(r.out.String())
				if !strings.Contains(out, "was interrupted") || !strings.Contains(strings.ToLower(out), "way home: gcloud run services update-traffic shop") {
					t.Errorf("the message:\n%s", r.out.String())
				}
				if _, ok := heard(r.out.String(), table()["todo.interrupted"]); !ok && !slow { // a slow platform may show nothing in time
					t.Errorf("it does not say what the next apply does:\n%s", r.out.String())
				}
				v := w.box.Service(shop)
				if v.Percent[v.Newest] != 0 {
					t.Fatalf("after the interrupt live is %v:\n%s", v.Percent, r.out.String())
				}
				w.oneWriteHome(before, share)
				quicken()
				if got := w.stateTraffic(); got != nil {
					t.Errorf("a first apply that failed left state: %v", got)
				}
				w.promotes()
			})
		}
	}
}

// oneWriteHome looks at what reached the platform since the signal.
func (w *processWorld) oneWriteHome(before, share int) {
	w.Helper()
	writes := 0
	for _, c := range w.box.Calls()[before:] {
		if c.Write && c.Effect {
			writes++
		}
	}
	if want := min(share, 1); writes != want {
		w.Errorf("%d writes after the signal, want %d", writes, want)
	}
}

// The same for an update: state holds what is live, and the configuration as it
// was before.
func TestInterruptOfAnUpdateLeavesTheTruthInState(t *testing.T) {
	t.Parallel()
	w := newProcessWorld(t)
	w.promotes()
	first := w.box.Service(shop).Newest
	w.v2 = w.image("v3", sandbox.Behaviour{Version: "3"})
	w.deploys("2s")
	r := w.apply()
	w.at(50)
	if err := r.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	w.ended(r)
	if got := w.stateTraffic(); got[first] != 100 || len(got) != 1 {
		t.Errorf("state says %v, live is %v", got, w.box.Service(shop).Percent)
	}
	plan := w.start("plan", "-no-color", "-detailed-exitcode")
	if code := w.ended(plan); code != 2 {
		t.Errorf("the plan after an interrupted update: exit %d\n%s", code, plan.out.String())
	}
}

// Whoever dies, at whatever step: the next apply finishes or undoes it, with
// and without state.
func TestKilled(t *testing.T) {
	for _, share := range everyStep {
		for _, victim := range []string{"provider", "terraform"} {
			for _, forgets := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s at %d, state lost %v", victim, share, forgets), func(t *testing.T) {
					t.Parallel()
					w := newProcessWorld(t)
					w.deploys("2s")
					w.killed(victim, share)
					if forgets {
						for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
							_ = os.Remove(filepath.Join(w.dir, name))
						}
					}
					w.promotes()
				})
			}
		}
	}
}

// killed kills the provider, or Terraform, while the candidate has a share, and
// waits until nobody is left.
func (w *processWorld) killed(victim string, share int) {
	w.Helper()
	r := w.apply()
	w.at(share)
	pid := w.provider(r.Process.Pid)
	target := pid
	if victim == "terraform" {
		target = r.Process.Pid
	}
	if err := syscall.Kill(target, syscall.SIGKILL); err != nil {
		w.Fatal(err)
	}
	if code := w.ended(r); code == 0 {
		w.Fatalf("it ended with success:\n%s", r.out.String())
	}
	w.until("the end of the orphan", func() bool { return !alive(pid) })
	if live := w.box.Service(shop).Percent; total(live) != 100 {
		w.Fatalf("live is %v", live)
	}
}

func total(m map[string]int) int {
	sum := 0
	for _, v := range m {
		sum += v
	}
	return sum
}
