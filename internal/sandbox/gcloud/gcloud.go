// Package gcloud finds the gcloud that tests run as somebody else's client, and lets it reach a sandbox and nothing
// else: its hosts do not exist, and the sandbox answers for them as an HTTP proxy.
package gcloud

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNone says that gcloud is not on the PATH.
var ErrNone = errors.New("gcloud is not on the PATH")

// oneCommand is how long a command may take.
const oneCommand = 2 * time.Minute

// CLI is a gcloud whose requests end at one sandbox.
type CLI struct {
	path string
	env  []string
}

// For returns the gcloud on the PATH for a sandbox at an address, in its project and region. What it remembers stands
// in a folder, not in the user's own.
func For(address, project, region, dir string) (CLI, error) {
	path, err := exec.LookPath("gcloud")
	if err != nil {
		return CLI{}, ErrNone
	}
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("sandbox-token"), 0o600); err != nil {
		return CLI{}, err
	}
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(e), "=")
		return strings.HasPrefix(name, "CLOUDSDK_") || strings.HasSuffix(name, "_PROXY")
	})
	return CLI{path: path, env: append(env,
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=http://run.sandbox.test/",
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER=http://secretmanager.sandbox.test/",
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE=http://serviceusage.sandbox.test/",
		"http_proxy="+address, "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE="+token, "CLOUDSDK_CONFIG="+filepath.Join(dir, "gc"),
		"CLOUDSDK_CORE_PROJECT="+project, "CLOUDSDK_RUN_REGION="+region, "CLOUDSDK_CORE_DISABLE_PROMPTS=1",
		"CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=1", "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=1",
	)}, nil
}

// Run runs a command. What is returned is its standard output, and what it complained about where it failed.
func (c CLI) Run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, oneCommand)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, args...) //nolint:gosec // it is what the caller wants to be run
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String() + errs.String(), err
	}
	return out.String(), nil
}
