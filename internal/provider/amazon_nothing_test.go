package provider_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestAmazonFromNothing plans a deployment beside the resources that make all that
// it names, on each platform of AWS: nobody is asked of what is not there, and the
// plan is not refused. Then everything is made, as the resources before it would, the
// plan is applied, and the second plan is empty.
func TestAmazonFromNothing(t *testing.T) {
	for name, c := range map[string]struct {
		open    func(t *testing.T) *world
		appears func(w *world)
		config  string
		then    func(w *world)
	}{
		"lambda_alias that publishes": {newEmptyLambdaWorld, (*world).functionAppears, `
  lambda_alias {
    alias       = terraform_data.alias.output
    filename    = "@zip2"
    code_sha256 = "@sum2"
    environment = { TABLE = terraform_data.alias.output }
  }
`, func(w *world) { w.atVersion("2") }},
		"lambda_alias at a version": {newEmptyLambdaWorld, (*world).functionAppears, `
  lambda_alias {
    alias   = terraform_data.alias.output
    version = terraform_data.version.output
  }
`, func(w *world) { w.atVersion("1") }},
		"alb at a listener": {newALBWorldUnserved, func(*world) {}, `
  alb {
    listener     = terraform_data.listener.output
    target_group = terraform_data.green.output
    content      = terraform_data.content.output
    ecs_cluster  = terraform_data.cluster.output
    quiet        = "1m"
  }
`, func(w *world) { w.at("green") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.open(t)
			w.serve()
			text := ""
			for name, value := range map[string]string{
				"alias": "@alias", "version": "1", "listener": "@listener", "green": "@green", "content": "shop:2", "cluster": "main",
			} {
				if strings.Contains(c.config, "terraform_data."+name+".") {
					text += fmt.Sprintf("resource \"terraform_data\" %q {\n  input = %q\n}\n", name, value)
				}
			}
			w.amazon.ForgetCalls()
			w.write(text + "resource \"rollout_safe_deployment\" \"api\" {" + c.config + "  step {\n    weight = 10\n    bake   = \"5m\"\n  }\n}\n")
			w.plansFromNothing()
			if calls := w.amazon.Calls(); len(calls) > 0 {
				t.Errorf("of what is not there the plan asked %v", calls)
			}
			c.appears(w)
			if out, code := w.terraform("apply", "-no-color", "-input=false", "plan.bin"); code != 0 {
				t.Fatalf("the apply failed:\n%s", out)
			}
			c.then(w)
			w.quiet()
		})
	}
}

// newALBWorldUnserved is newALBWorld without a provider. AWS makes up the ids in its
// ARNs, so it is there before anybody knows of it.
func newALBWorldUnserved(t *testing.T) *world {
	t.Helper()
	w := newEmptyALBWorld(t)
	w.balancerAppears()
	w.scaled()
	w.scalesFrom(4)
	return w
}
