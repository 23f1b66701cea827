// Package stage sets up what it takes to run the provider as people run it: a
// Terraform or OpenTofu, the provider built from this tree and put where init
// finds it without a registry, and a folder for a configuration.
//
// The demo and the tests under live traffic share it.
package stage

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const (
	module  = "github.com/terraform-rollout/terraform-provider-rollout"
	version = "0.0.1" // a build by hand: no release has it
	// lastWords is how long an interrupted command may take: traffic goes home
	// at once, and Terraform writes its state.
	lastWords = 45 * time.Second
)

// A Stage is where the provider runs.
type Stage struct {
	CLI terraformbin.CLI
	env []string
}

// Open finds or installs a Terraform, and builds the provider; what it does goes
// to log. Everything is below root, which the caller removes.
func Open(ctx context.Context, root string, log io.Writer) (*Stage, error) {
	cli, err := terraformbin.FindOrInstall(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("find a Terraform: %w", err)
	}
	mirror := filepath.Join(root, "providers")
	if err := build(ctx, mirror); err != nil {
		return nil, err
	}
	config := filepath.Join(root, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("configure %s: %w", cli, err)
	}
	return &Stage{CLI: cli, env: append(clean(os.Environ()), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")}, nil
}

// build builds the provider from this tree into a mirror, once for each of the
// registries in which the two products look.
func build(ctx context.Context, mirror string) error {
	_, source, _ := strings.Cut(provider.Address, "/")
	name := filepath.Base(module) + "_v" + version
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	var first string
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		path := filepath.Join(mirror, host, filepath.FromSlash(source), version, runtime.GOOS+"_"+runtime.GOARCH, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make a mirror: %w", err)
		}
		if first != "" {
			if err := os.Link(first, path); err != nil {
				return fmt.Errorf("fill the mirror: %w", err)
			}
			continue
		}
		first = path
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", path, module).CombinedOutput(); err != nil {
			return fmt.Errorf("build the provider: %w\n%s", err, out)
		}
	}
	return nil
}

var misleading = []string{"TF_", "ROLLOUT_", "GOOGLE_", "AWS_", "PROMETHEUS_"}

// clean returns an environment without what would make a command behave other
// than the configuration says.
func clean(env []string) []string {
	var out []string
	for _, entry := range env {
		if !slices.ContainsFunc(misleading, func(prefix string) bool { return strings.HasPrefix(entry, prefix) }) {
			out = append(out, entry)
		}
	}
	return out
}

// Command is a command of Terraform in a folder. When ctx ends it is interrupted
// as a person would, and killed if that does not end it; nothing else that
// interrupts this process reaches it.
func (s *Stage) Command(ctx context.Context, folder string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.CLI.Path, args...)
	cmd.Dir, cmd.Env = folder, s.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = lastWords
	apart(cmd)
	return cmd
}
