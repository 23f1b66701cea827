package aws_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMotoThatIsNotThereIsSaid(t *testing.T) {
	t.Setenv("MOTO_SERVER", filepath.Join(t.TempDir(), "none"))
	_, err := aws.StartMoto(t.Context())
	if !errors.Is(err, aws.ErrNoMoto) || !strings.Contains(err.Error(), "make moto") {
		t.Fatalf("got %v", err)
	}
}

func TestMotoThatEndsShowsItsLog(t *testing.T) {
	script := filepath.Join(t.TempDir(), "moto_server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho no module named flask >&2\nexit 1\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	t.Setenv("MOTO_SERVER", script)
	_, err := aws.StartMoto(t.Context())
	if err == nil || errors.Is(err, aws.ErrNoMoto) || !strings.Contains(err.Error(), "no module named flask") {
		t.Fatalf("got %v", err)
	}
}

func TestSandboxesHaveAnAccountEach(t *testing.T) {
	t.Parallel()
	a, b := newWorld(t, aws.Options{}), newWorld(t, aws.Options{})
	if a.Account() == b.Account() {
		t.Fatal("they share one")
	}
	if err := a.CreateLogGroup(t.Context(), "/mine"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.json(b.Admin(), "logs", "Logs_20140328.FilterLogEvents", `{"logGroupName":"/mine"}`); code(err) != "ResourceNotFoundException" {
		t.Errorf("the other's log group: %v", err)
	}
}

func TestLogKeepsWhatFailed(t *testing.T) {
	t.Parallel()
	m := awstest.Moto(t)
	ask := func(path string) {
		resp, err := http.Get(m.URL() + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	ask("/moto-api/")
	for range 1000 { // moto writes its line when it has answered
		if ask("/moto-api/nothing-of-the-kind"); strings.Contains(m.Log(), "nothing-of-the-kind") {
			break
		}
	}
	if log := m.Log(); strings.Contains(log, `/moto-api/ HTTP/1.1" 200`) || !strings.Contains(log, "nothing-of-the-kind") {
		t.Errorf("the log:\n%s", log)
	}
}
