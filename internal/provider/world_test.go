package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	amazon "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

// world is a sandbox with a service, a provider that runs in this process on a
// clock that moves when it sleeps, and a real Terraform that talks to it.
type world struct {
	*testing.T
	clock *clocktest.Clock
	box   *sandbox.Sandbox
	dir   string
	cli   terraformbin.CLI
	env   []string
	// V1, V2 and Bad are images by digest: good, good, and one that answers
	// half of all requests with 500.
	V1, V2, V3, Bad, NoStart string
	Service                  string // its id
	first                    string // the revision that serves at first
	desk                     *desk
	amazon                   *amazon.Sandbox   // of AWS, where the world has one
	amazonIDs                []string          // names of what the account has, in configuration, and its own
	front                    amazon.Balancer   // there, where the world has one
	ids                      map[string]string // what is random of it, and what stands for that in golden files
	role                     string            // to act as there
	objects                  []string          // the versions of a build in a bucket, or digests of images
	progress                 string            // where the provider tells what happens
	others                   map[string]string // values of variables of an example, of things outside of both
}

const shop = "shop"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.appears()
	w.serve()
	return w
}

// newEmptyWorld is a world in which there are images, and nothing else yet: no
// service, and no provider.
func newEmptyWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, cli: cliOf(t), dir: t.TempDir(), desk: newDesk(t), clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	w.box = sandboxtest.New(t, sandbox.Options{Now: w.clock.Now})
	w.V1 = w.image("v1", sandbox.Behaviour{Version: "1"})
	w.V2 = w.image("v2", sandbox.Behaviour{Version: "2"})
	w.V3 = w.image("v3", sandbox.Behaviour{Version: "3"})
	w.Bad = w.image("bad", sandbox.Behaviour{Version: "bad", ErrorShare: 0.5})
	w.NoStart = w.image("nostart", sandbox.Behaviour{Version: "nostart", FailStart: sandbox.FailListen})
	w.Service = fmt.Sprintf("projects/%s/locations/%s/services/%s", w.box.Project(), w.box.Location(), shop)
	return w
}

var found = sync.OnceValues(func() (terraformbin.CLI, error) { return terraformbin.Find(context.Background()) })

// cliOf is the Terraform of all tests.
func cliOf(t *testing.T) terraformbin.CLI {
	t.Helper()
	cli, err := found()
	if err != nil {
		t.Fatal(err)
	}
	return cli
}

// appears makes the service, and whom it runs as.
func (w *world) appears() {
	w.Helper()
	if err := w.box.CreateService(w.Context(), shop, w.V1, sandbox.RunAs("api@demo.iam.gserviceaccount.com")); err != nil {
		w.Fatal(err)
	}
	w.box.ServiceAccount("api@demo.iam.gserviceaccount.com", false)
	w.first = w.box.Service(shop).Newest
}

func (w *world) image(tag string, b sandbox.Behaviour) string {
	w.Helper()
	ref, err := w.box.Image("shop/api", tag, b)
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

// serve runs the provider in this process, and lets Terraform reach it.
func (w *world) serve() {
	w.Helper()
	t := w.T // that of a table's row comes and goes
	ctx, cancel := context.WithCancel(context.Background())
	config, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	own := provider.NewOn("test", w.clock)()
	open := func() tfprotov6.ProviderServer { return provider.Server(own) }
	go func() {
		err := tf6server.Serve(provider.Address, open, tf6server.WithDebug(ctx, config, closed),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithLoggingSink(w.T))
		if err != nil && !errors.Is(err, context.Canceled) {
			w.Errorf("serve: %v", err)
		}
	}()
	c := <-config
	w.Cleanup(func() {
		cancel()
		<-closed
		hangUp(t, own)
	})
	at := map[string]any{
		"Protocol": string(c.Protocol), "ProtocolVersion": c.ProtocolVersion, "Pid": c.Pid, "Test": true,
		"Addr": map[string]string{"Network": c.Addr.Network(), "String": c.Addr.String()},
	}
	_, source, _ := strings.Cut(provider.Address, "/")
	// OpenTofu reads a source without a host as one of its own registry.
	reattach, err := json.Marshal(map[string]any{provider.Address: at, "registry.opentofu.org/" + source: at})
	if err != nil {
		w.Fatal(err)
	}
	w.env = append(w.cli.Environ(os.Environ()), "TF_REATTACH_PROVIDERS="+string(reattach), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}

// hangUp ends the connections of a provider that served in this process: those
// of many worlds would fill its memory.
func hangUp(t *testing.T, own any) {
	t.Helper()
	c, ok := own.(io.Closer)
	if !ok {
		t.Fatal("the provider cannot be closed")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// write puts a configuration into the folder, in place of the one before. There
// is nothing to install: the provider runs already.
func (w *world) write(hcl string) {
	w.Helper()
	text := "terraform {\n  required_providers {\n    rollout = {\n      source = \"terraform-rollout/rollout\"\n    }\n  }\n}\n\n" + w.expand(w.configured()+hcl)
	if err := os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// installs is for configurations with modules and other providers.
func (w *world) installs() {
	w.Helper()
	if out, code := w.terraform("init", "-no-color", "-input=false"); code != 0 {
		w.Fatalf("init: %s", out)
	}
}

// configured is the provider of the world.
func (w *world) configured() string {
	aws := ""
	if w.amazon != nil {
		aws = "  aws {\n    endpoint = \"@aws\"\n    region   = \"" + w.amazon.Region() + "\"\n"
		if w.role != "" {
			aws += "    role_arn = \"" + w.role + "\"\n"
		}
		aws += "  }\n"
	}
	progress := ""
	if w.progress != "" {
		progress = fmt.Sprintf("  progress_file = %q\n", w.progress)
	}
	return "provider \"rollout\" {\n" + progress + "  google {\n    endpoint = \"@endpoint\"\n  }\n" + aws + "}\n"
}

// expand puts the world's own names into a configuration: @service, @v1 and the like.
func (w *world) expand(hcl string) string {
	return strings.NewReplacer(append(append(w.onAmazon(), w.onALB()...), "@endpoint", w.box.URL(), "@service", w.Service, "@v1", w.V1, "@v2", w.V2, "@v3", w.V3, "@bad", w.Bad, "@nostart", w.NoStart, "@first", w.first, "@app", w.box.ServiceURL(shop), "@registry", w.box.Registry(), "@desk", w.desk.server.URL)...).Replace(hcl)
}

// terraform runs a command and returns what a person would read.
func (w *world) terraform(args ...string) (out string, code int) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), w.cli.Path, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	return buf.String(), cmd.ProcessState.ExitCode()
}

func (w *world) plan() (out string, code int) {
	w.Helper()
	return w.terraform("plan", "-no-color", "-detailed-exitcode", "-input=false")
}

func (w *world) apply() (out string, code int) {
	w.Helper()
	return w.terraform("apply", "-no-color", "-auto-approve", "-input=false")
}

// applies fails the test unless an apply succeeds.
func (w *world) applies() string {
	w.Helper()
	out, code := w.apply()
	if code != 0 {
		w.Fatalf("apply failed:\n%s", out)
	}
	return out
}

// quiet fails the test unless the next plan is empty.
func (w *world) quiet() {
	w.Helper()
	if out, code := w.plan(); code != 0 {
		w.Fatalf("the next plan is not empty:\n%s", out)
	}
}

func (w *world) has(out string, parts ...string) {
	w.Helper()
	flat := flatten(out)
	for _, p := range parts {
		if !strings.Contains(flat, flatten(p)) {
			w.Errorf("the output lacks %q:\n%s", p, out)
		}
	}
}

// flatten undoes Terraform's wrapping of messages.
func flatten(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "│", " ")), " ")
}

func (w *world) live() map[string]int { return w.box.Service(shop).Percent }

// only fails the test unless one image has all traffic.
func (w *world) only(image string) {
	w.Helper()
	v := w.box.Service(shop)
	if len(v.Percent) != 1 {
		w.Fatalf("live is %v", v.Percent)
	}
	for r := range v.Percent {
		if got := w.imageOf(r); got != image {
			w.Fatalf("%s serves %s, want %s", r, got, image)
		}
	}
}
