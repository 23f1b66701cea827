package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const version = "0.0.1" // a build by hand: no release has it

// site is a folder with a configuration, and a Terraform that finds one provider
// for it.
type site struct {
	cli terraformbin.CLI
	dir string
	env []string
}

// site puts a provider where init finds it, beside an empty folder.
func (b *bench) site(ctx context.Context, name, pkg string) (*site, error) {
	cli, err := terraformbin.FindOrInstall(ctx, os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("find a Terraform: %w", err)
	}
	binary, err := b.build(ctx, pkg)
	if err != nil {
		return nil, err
	}
	mirror, err := b.mirror(pkg, binary)
	if err != nil {
		return nil, err
	}
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("configure %s: %w", cli, err)
	}
	return &site{cli: cli, dir: dir, env: append(clean(), "TF_CLI_CONFIG_FILE="+config)}, nil
}

func (b *bench) mirror(pkg, binary string) (string, error) {
	mirror, err := b.folder("mirror-" + filepath.Base(pkg))
	if err != nil {
		return "", err
	}
	_, source, _ := strings.Cut(provider.Address, "/")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		path := filepath.Join(mirror, host, filepath.FromSlash(source), version, runtime.GOOS+"_"+runtime.GOARCH, executable("terraform-provider-rollout_v"+version))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", fmt.Errorf("make a mirror: %w", err)
		}
		if err := os.Link(binary, path); err != nil && !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("fill the mirror: %w", err)
		}
	}
	return mirror, nil
}

// clean is an environment without what would make a command behave other than
// the configuration says.
func clean() []string {
	var out []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_") && !strings.HasPrefix(entry, "ROLLOUT_") && !strings.HasPrefix(entry, "GOOGLE_") {
			out = append(out, entry)
		}
	}
	return append(out, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}

// writes puts a configuration into the folder, and has it initialised.
func (s *site) writes(ctx context.Context, box *sandbox.Sandbox, hcl string) error {
	text := fmt.Sprintf("terraform {\n  required_providers {\n    rollout = {\n      source = \"terraform-rollout/rollout\"\n    }\n  }\n}\n\nprovider \"rollout\" {\n  google {\n    endpoint = %q\n  }\n}\n\n", box.URL()) + hcl
	if err := os.WriteFile(filepath.Join(s.dir, "main.tf"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return s.terraform(ctx, 0, "init", "-no-color")
}

// terraform runs a command that has to end with a code.
func (s *site) terraform(ctx context.Context, want int, args ...string) error {
	cmd := exec.CommandContext(ctx, s.cli.Path, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("%s %s: %w", s.cli, args[0], err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		return fmt.Errorf("%s %s ended with %d, want %d:\n%s", s.cli, args[0], got, want, out)
	}
	return nil
}
