// Package awstest runs the tests of a package against package aws: one moto for
// all of them, started by the first that asks, and a sandbox with an account of
// its own for each.
package awstest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

var (
	once  sync.Once
	moto  *aws.Moto
	noWay error
)

// Main runs the tests of a package and stops the moto that they used:
//
//	func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	once.Do(func() {}) // nobody starts one now
	if moto != nil {
		moto.Stop()
	}
	return code
}

// Moto is the package's moto. Where there is none the test is skipped, and under
// CI it fails.
func Moto(t testing.TB) *aws.Moto {
	t.Helper()
	once.Do(func() { moto, noWay = aws.StartMoto(context.WithoutCancel(t.Context())) })
	switch {
	case noWay == nil:
	case errors.Is(noWay, aws.ErrNoMoto) && os.Getenv("CI") == "":
		t.Skipf("This test needs moto: %v.", noWay)
	default:
		t.Fatalf("This test needs moto: %v.", noWay)
	}
	return moto
}

// Nobody takes from the test what this machine knows of AWS: there is no region,
// no credential and no file.
func Nobody(t testing.TB) {
	t.Helper()
	Moto(t) // it starts in the environment as it is
	for _, name := range []string{
		"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "ROLLOUT_AWS_ENDPOINT",
	} {
		t.Setenv(name, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// New starts a sandbox that ends with the test. What violated its rules fails
// the test, and the end of moto's log is shown when a test has failed.
func New(t testing.TB, o aws.Options) *aws.Sandbox {
	t.Helper()
	m := Moto(t)
	s, err := aws.Start(m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("the sandbox was asked for what it does not know: %s", v)
		}
		if t.Failed() {
			t.Logf("moto's log ends with\n%s", m.Log())
		}
	})
	return s
}
