package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awscli"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// newLambdaWorld is a world with a function whose alias live is at version 1, and
// with three builds of its code.
func newLambdaWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyLambdaWorld(t)
	w.functionAppears()
	w.serve()
	return w
}

// newEmptyLambdaWorld has the builds alone: no function, and no provider.
func newEmptyLambdaWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.amazon = awstest.New(t, aws.Options{Now: w.clock.Now})
	for n := 1; n <= 3; n++ {
		w.must(os.WriteFile(w.zip(n), w.build(n), 0o600))
	}
	return w
}

func (w *world) functionAppears() {
	w.Helper()
	w.must(w.amazon.CreateFunction(aws.FunctionSpec{Name: shop, Zip: w.build(0)}))
	v, err := w.amazon.Publish(shop, w.build(1), map[string]string{"STAGE": "prod"})
	w.must(err)
	w.must(w.amazon.SetAlias(shop, "live", v, nil))
	w.must(w.amazon.Describe(shop, "live", "what users have"))
	w.must(w.amazon.CreateFunction(aws.FunctionSpec{Name: "packed", Image: w.packed()}))
	v, err = w.amazon.Publish("packed", nil, nil)
	w.must(err)
	w.must(w.amazon.SetAlias("packed", "live", v, nil))
}

// packed is the image that another function is made of.
func (w *world) packed() string {
	return w.amazon.Account() + ".dkr.ecr." + w.amazon.Region() + ".amazonaws.com/shop@sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51"
}

func (w *world) build(n int) []byte { return fmt.Appendf(nil, "build %d", n) }

func (w *world) zip(n int) string { return filepath.Join(w.dir, fmt.Sprintf("v%d.zip", n)) }

func sum(code []byte) string {
	s := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(s[:])
}

func (w *world) functionARN() string {
	return "arn:aws:lambda:" + w.amazon.Region() + ":" + w.amazon.Account() + ":function:" + shop
}

// onAmazon are the names of what the world has on AWS: @alias, @zip2 and the like.
func (w *world) onAmazon() []string {
	if w.amazon == nil {
		return nil
	}
	out := append(slices.Clone(w.amazonIDs), "@aws", w.amazon.URL(), "@account", w.amazon.Account(), "@packedalias", strings.Replace(w.functionARN(), shop, "packed", 1)+":live", "@packed", w.packed(), "@alias", w.functionARN()+":live", "@function", w.functionARN())
	for n := 1; n <= 3; n++ {
		out = append(out, fmt.Sprintf("@zip%d", n), w.zip(n), fmt.Sprintf("@sum%d", n), sum(w.build(n)))
	}
	return out
}

// published is a deployment that publishes the n-th build, in two steps.
func (w *world) published(n int, inside, beside string) {
	w.Helper()
	w.write(fmt.Sprintf(`
resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias       = "@alias"
    filename    = "@zip%d"
    code_sha256 = "@sum%d"
%s  }
  step {
    weight = 10
    bake   = "5m"
  }
  step {
    weight = 50
    bake   = "5m"
  }
  watch = "5m"
%s}
`, n, n, inside, beside))
}

// moves is a deployment without steps, with more in its platform block.
func (w *world) moves(inside string) {
	w.Helper()
	w.write("resource \"rollout_safe_deployment\" \"api\" {\n  lambda_alias {\n    alias = \"@alias\"\n" + inside + "  }\n}\n")
}

// shares are what users of the alias get.
func (w *world) shares() rollout.Split {
	w.Helper()
	v, _ := w.amazon.Alias(shop, "live")
	out, rest := rollout.Split{}, rollout.Whole
	for r, part := range v.Weights {
		out[rollout.Revision(r)] = rollout.Weight(part*10_000 + 0.5)
		rest -= out[rollout.Revision(r)]
	}
	if rest > 0 {
		out[rollout.Revision(v.Version)] = rest
	}
	return out
}

// atVersion fails the test unless one version has everything, and nothing of ours is
// left behind.
func (w *world) atVersion(version string) {
	w.Helper()
	v, _ := w.amazon.Alias(shop, "live")
	if v.Version != version || len(v.Weights) > 0 || v.Description != "what users have" {
		w.Fatalf("the alias is %+v, want %s alone", v, version)
	}
}

// awsCLI runs a command of AWS's own, as a person or another tool does.
func (w *world) awsCLI(args ...string) string {
	w.Helper()
	out, err := w.runAWS(args...)
	if err != nil {
		w.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// answersOf is awsCLI where the answer may be a refusal.
func (w *world) answersOf(args ...string) string {
	w.Helper()
	out, _ := w.runAWS(args...) // it stands in the output
	return out
}

func (w *world) runAWS(args ...string) (string, error) {
	w.Helper()
	cli, err := awscli.For(w.amazon, w.amazon.Admin(), w.dir)
	switch {
	case err != nil && os.Getenv("CI") != "":
		w.Fatal(err)
	case err != nil:
		w.Skip(err)
	}
	return cli.Run(w.Context(), args...)
}
