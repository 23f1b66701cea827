// Package sandboxtest starts package sandbox for tests of those who ask Google.
package sandboxtest

import (
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// New starts a sandbox that ends with the test. What violated its rules, such as
// a question for what is in a secret, fails the test.
func New(t testing.TB, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("the sandbox saw: %s", v)
		}
	})
	return s
}
