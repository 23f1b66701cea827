// Package terraformbin finds the Terraform or OpenTofu that tests, the demo and the documentation run against.
//
// In this order: what TF_ACC_TERRAFORM_PATH names, terraform on the PATH, tofu on the PATH, a Terraform that an earlier
// call has put into the user's cache folder. Whatever is older than Oldest is passed over, except where it was named:
// then it is an error. FindOrInstall fetches Terraform where nothing was found.
package terraformbin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

const (
	// Oldest is the oldest Terraform and the oldest OpenTofu that the provider supports.
	Oldest = "1.8.0"
	// Installs is the Terraform that FindOrInstall fetches.
	Installs = "1.11.4"

	pathVariable = "TF_ACC_TERRAFORM_PATH"
)

// ErrNone says that there is neither a Terraform nor an OpenTofu that could be used. What was passed over is in the error.
var ErrNone = errors.New("neither terraform nor tofu " + Oldest + " or newer was found")

// CLI is one Terraform or OpenTofu that was asked for its version.
type CLI struct {
	Path     string
	OpenTofu bool
	Version  *version.Version
}

// String is the product and its version, such as "Terraform 1.11.4".
func (c CLI) String() string {
	if c.OpenTofu {
		return "OpenTofu " + c.Version.String()
	}
	return "Terraform " + c.Version.String()
}

// Environ returns base, changed so that acceptance tests run, and run on c.
func (c CLI) Environ(base []string) []string {
	// A configuration file belongs to the person, not to the tests. Where the variable names a missing one, OpenTofu prints
	// a warning that terraform-plugin-testing takes for the version.
	env := slices.DeleteFunc(slices.Clone(base), func(entry string) bool {
		return strings.HasPrefix(entry, "TF_CLI_CONFIG_FILE=")
	})
	env = append(env, "TF_ACC=1", pathVariable+"="+c.Path, "CHECKPOINT_DISABLE=1")
	if c.OpenTofu {
		env = append(env, "TF_ACC_PROVIDER_HOST=registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE=hashicorp")
	}
	return env
}

// Find returns the first usable CLI, without the network. Its error is ErrNone unless TF_ACC_TERRAFORM_PATH names one that
// cannot be used.
func Find(ctx context.Context) (CLI, error) {
	if named := os.Getenv(pathVariable); named != "" {
		cli, err := inspect(ctx, named)
		if err != nil {
			return CLI{}, fmt.Errorf("%s: %w", pathVariable, err)
		}
		return cli, nil
	}
	none := ErrNone
	for _, name := range []string{"terraform", "tofu", cached()} {
		cli, err := inspect(ctx, name)
		if err == nil {
			return cli, nil
		}
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, fs.ErrNotExist) {
			none = fmt.Errorf("%w (%w)", none, err)
		}
	}
	return CLI{}, none
}

// Others returns what else is on the PATH beside found: an OpenTofu where that is a Terraform, and the other way around. It
// is nothing where TF_ACC_TERRAFORM_PATH names the one to use. What is passed over is told to log, a line each.
func Others(ctx context.Context, found CLI, log io.Writer) []CLI {
	if os.Getenv(pathVariable) != "" {
		_, _ = fmt.Fprintf(log, "%s names the one to use\n", pathVariable)
		return nil
	}
	var out []CLI
	for _, name := range []string{"terraform", "tofu"} {
		cli, err := inspect(ctx, name)
		switch {
		case errors.Is(err, exec.ErrNotFound):
		case err != nil:
			_, _ = fmt.Fprintf(log, "passed over: %v\n", err)
		case cli.OpenTofu != found.OpenTofu:
			out = append(out, cli)
		}
	}
	return out
}

// FindOrInstall is Find, and where nothing is found it downloads Terraform into the user's cache folder. What it does
// goes to log, a line each.
func FindOrInstall(ctx context.Context, log io.Writer) (CLI, error) {
	cli, err := Find(ctx)
	if !errors.Is(err, ErrNone) {
		return cli, err
	}
	target := cached()
	if target == "" {
		return CLI{}, fmt.Errorf("%w, and there is no cache folder to install one into", err)
	}
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return CLI{}, err
	}
	_, _ = fmt.Fprintf(log, "%v: installing Terraform %s into %s\n", err, Installs, folder)
	source := releases.ExactVersion{Product: product.Terraform, Version: version.Must(version.NewVersion(Installs)), InstallDir: folder}
	path, installErr := source.Install(ctx)
	if installErr != nil {
		return CLI{}, fmt.Errorf("%w, and Terraform %s could not be installed: %w", err, Installs, installErr)
	}
	return inspect(ctx, path)
}

// cached is where FindOrInstall puts Terraform, "" where the user has no cache folder.
func cached() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "terraform-provider-rollout", "terraform-"+Installs, product.Terraform.BinaryName())
}

// introduction is the line with which both products begin, after whatever they warn about.
var introduction = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

// inspect asks name, a command on the PATH or a file, for its version. Path is absolute: tests run in their own folders.
func inspect(ctx context.Context, name string) (CLI, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return CLI{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return CLI{}, err
	}
	command := exec.CommandContext(ctx, path, "version")
	command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE=", "CHECKPOINT_DISABLE=1")
	out, err := command.Output()
	if err != nil {
		return CLI{}, fmt.Errorf("%s version: %w", path, err)
	}
	said := introduction.FindSubmatch(out)
	if said == nil {
		return CLI{}, fmt.Errorf("%s is neither Terraform nor OpenTofu: it says %q", path, out)
	}
	v, err := version.NewVersion(string(said[2]))
	if err != nil {
		return CLI{}, fmt.Errorf("%s version: %w", path, err)
	}
	cli := CLI{Path: path, OpenTofu: string(said[1]) == "OpenTofu", Version: v}
	if v.Core().LessThan(version.Must(version.NewVersion(Oldest))) {
		return CLI{}, fmt.Errorf("%s is %s, older than %s", path, cli, Oldest)
	}
	return cli, nil
}
