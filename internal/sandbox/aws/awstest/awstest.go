// Package awstest runs the tests of a package against package aws: one moto for
// all of them, started by the first that asks, and a sandbox with an account of
// its own for each.
package awstest

import (
	"context"
	"errors"
	"os"
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
