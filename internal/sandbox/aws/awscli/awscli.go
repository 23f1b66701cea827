// Package awscli finds the AWS CLI that tests run as somebody else's client, and lets it reach a sandbox and nothing else.
package awscli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// ErrNone says that there is no aws.
var ErrNone = errors.New("aws is not on the PATH: `make moto` installs it beside moto where PyPI can be reached")

// oneCommand is how long a command may take.
const oneCommand = 2 * time.Minute

// CLI is an aws whose requests end at one sandbox.
type CLI struct {
	path, dir, endpoint string
	env                 []string
}

var program = sync.OnceValues(func() (string, error) { return aws.Program(context.Background(), "aws") })

// For returns the CLI for a sandbox, as who has a key of it. It runs in a folder, in which also stands what it remembers.
func For(s *aws.Sandbox, k aws.Key, dir string) (CLI, error) {
	path, err := program()
	if err != nil {
		return CLI{}, ErrNone
	}
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(e), "=")
		return strings.HasPrefix(name, "AWS_") || strings.HasSuffix(name, "_PROXY")
	})
	env = append(env,
		"AWS_REGION="+s.Region(), "AWS_DEFAULT_REGION="+s.Region(),
		"AWS_ACCESS_KEY_ID="+k.ID, "AWS_SECRET_ACCESS_KEY="+k.Secret, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "credentials"),
	)
	if k.Token != "" {
		env = append(env, "AWS_SESSION_TOKEN="+k.Token)
	}
	return CLI{path, dir, s.URL(), env}, nil
}

// Run runs a command. What is returned is its standard output, and what it complained about where it failed.
func (c CLI) Run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, oneCommand)
	defer cancel()
	// Not by AWS_ENDPOINT_URL, which the queues of version 1 do not know.
	cmd := exec.CommandContext(ctx, c.path, slices.Concat(args, []string{"--endpoint-url", c.endpoint})...) //nolint:gosec // it is what the caller wants to be run
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, &out, &errs
	if err := cmd.Run(); err != nil {
		return errs.String(), err
	}
	return out.String(), nil
}
