package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const version = "0.0.1" // a build by hand: no release has it

// site is a folder with a configuration, and a Terraform that finds the providers
// of one mirror for it.
type site struct {
	cli terraformbin.CLI
	dir string
	env []string
}

// site puts a provider where init finds it, beside an empty folder.
func (b *bench) site(ctx context.Context, name, pkg string) (*site, error) {
	binary, err := b.build(ctx, pkg)
	if err != nil {
		return nil, err
	}
	mirror, err := b.mirror(pkg, binary)
	if err != nil {
		return nil, err
	}
	return b.siteOf(ctx, name, mirror)
}

// siteOf is an empty folder beside a mirror.
func (b *bench) siteOf(ctx context.Context, name, mirror string) (*site, error) {
	cli, err := terraformbin.FindOrInstall(ctx, os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("find a Terraform: %w", err)
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
		name, _, _ := strings.Cut(entry, "_")
		if !slices.Contains([]string{"TF", "ROLLOUT", "GOOGLE", "AWS"}, name) {
			out = append(out, entry)
		}
	}
	return append(out, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}

// google is the provider's block for a sandbox.
func google(box *sandbox.Sandbox) string {
	return fmt.Sprintf("provider \"rollout\" {\n  google {\n    endpoint = %q\n  }\n}\n\n", box.URL())
}

// writes puts a configuration of our provider into the folder, and has it
// initialised.
func (s *site) writes(ctx context.Context, block, hcl string) error {
	return s.initialises(ctx, "terraform {\n  required_providers {\n    rollout = {\n      source = \"terraform-rollout/rollout\"\n    }\n  }\n}\n\n"+block+hcl)
}

func (s *site) initialises(ctx context.Context, text string) error {
	if err := s.puts("main.tf", []byte(text)); err != nil {
		return err
	}
	return s.terraform(ctx, 0, "init", "-no-color")
}

// puts writes a file into the folder.
func (s *site) puts(name string, text []byte) error {
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// takes copies what another site has applied.
func (s *site) takes(from *site) error {
	const name = "terraform.tfstate"
	state, err := os.ReadFile(filepath.Join(from.dir, name))
	if err != nil {
		return fmt.Errorf("copy the state: %w", err)
	}
	return s.puts(name, state)
}

// terraform runs a command that has to end with a code.
func (s *site) terraform(ctx context.Context, want int, args ...string) error {
	_, err := s.watched(ctx, want, args...)
	return err
}

// ended is how a command went.
type ended struct {
	said      []byte
	code      int
	took, cpu time.Duration // cpu: of Terraform and of the providers together
	held      float64       // bytes that a provider's process had at most
}

// watched is terraform, and tells how it went.
func (s *site) watched(ctx context.Context, want int, args ...string) (*ended, error) {
	e, err := s.run(ctx, args...)
	if err == nil && e.code != want {
		err = fmt.Errorf("%s %s ended with %d, want %d:\n%s", s.cli, args[0], e.code, want, e.said)
	}
	return e, err
}

// run runs a command to its end, whatever that is.
func (s *site) run(ctx context.Context, args ...string) (*ended, error) {
	cmd := exec.CommandContext(ctx, s.cli.Path, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.cli, args[0], err)
	}
	held := make(chan float64)
	until, end := context.WithCancel(ctx)
	go func() { held <- mostOfChildren(until, cmd.Process.Pid) }()
	err := cmd.Wait()
	end()
	e := &ended{took: time.Since(begun), held: <-held}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("%s %s: %w", s.cli, args[0], err)
	}
	e.said, e.code = said.Bytes(), cmd.ProcessState.ExitCode()
	e.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return e, nil
}
