package environment

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

const secret = "s3cr3t-value"

var (
	digestA = "sha256:" + strings.Repeat("a", 64)
	digestB = "sha256:" + strings.Repeat("b", 64)
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func service1(name string) string { return "projects/demo/locations/us-central1/services/" + name }

// onGoogle is a project with the service api twice, as staging and as production,
// of which options change one alone.
type onGoogle struct {
	*preflighttest.OnGoogle
	image  string
	writes int
}

func (w *onGoogle) Writes() int       { return w.Sandbox.Writes() - w.writes }
func (w *onGoogle) Secrets() []string { return []string{preflighttest.InBody, secret} }

func (w *onGoogle) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2", Facts: map[string]string{"image": w.image}}, &rollout.Subject{Revision: "api-1"}
}

func startOnGoogle(t *testing.T, k preflight.Kind, production ...sandbox.ServiceOption) *onGoogle {
	t.Helper()
	w := &onGoogle{OnGoogle: preflighttest.NewOnGoogle(t, k, sandbox.Options{})}
	w.API, w.Needs, w.GRPC = "run.", []string{getService}, true
	image, err := w.Image("api", "v1", sandbox.Behaviour{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	w.image = image
	for _, name := range []string{"stripe", "stripe-live"} {
		w.Secret(name, sandbox.Enabled)
		for _, who := range []string{"481516234200-compute@developer.gserviceaccount.com", "api@demo.iam.gserviceaccount.com"} {
			must(t, w.Grant(name, "roles/secretmanager.secretAccessor", "serviceAccount:"+who))
		}
	}
	w.ServiceAccount("api@demo.iam.gserviceaccount.com", false)
	both := []sandbox.ServiceOption{sandbox.Env("A", secret), sandbox.SecretEnv("KEY", "stripe", "1")}
	for name, more := range map[string][]sandbox.ServiceOption{"staging": nil, "production": production} {
		if err := w.CreateService(t.Context(), name, image, append(both, more...)...); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Hour)
	w.writes = w.Sandbox.Writes()
	w.Block = values{ofCloudRun: service1("staging")}
	w.Gone = func() { w.Block[ofCloudRun] = service1("none") }
	if k.Name == parityName {
		w.Block = pair(values{ofCloudRun: service1("staging")}, values{ofCloudRun: service1("production")})
		w.Gone = func() { w.Block = pair(values{ofCloudRun: service1("staging")}, values{ofCloudRun: service1("none")}) }
	}
	return w
}

// pair are two environments, with what is expected to differ.
func pair(staging, production values, expects ...any) values {
	staging["name"], production["name"] = "staging", "production"
	return values{"environment": []any{staging, production}, "expect": expects}
}

func expectation(key string, sometimes any) values {
	return values{"key": key, "reason": "production has more users", "sometimes": sometimes}
}

// template changes what a service of Cloud Run is made of.
func template(change func(*runpb.RevisionTemplate)) sandbox.ServiceOption {
	return sandbox.With(func(s *runpb.Service) { change(s.GetTemplate()) })
}

// onAWS is an account with the function shop and its alias live twice, the second as
// "shop-production".
type onAWS struct {
	*preflighttest.OnAWS
	permission string
}

func (w *onAWS) Permission() string { return w.permission }
func (w *onAWS) Secrets() []string  { return []string{preflighttest.InBody, secret} }

func (w *onAWS) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "2", Facts: map[string]string{"code": sumOf("v1")}}, &rollout.Subject{Revision: "1"}
}

// sumOf is the hash of an archive, as Lambda has it.
func sumOf(zip string) string {
	sum := sha256.Sum256([]byte(zip))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func startOnAWS(t *testing.T, k preflight.Kind) *onAWS {
	t.Helper()
	w := &onAWS{preflighttest.NewOnAWS(t, k), getConfiguration}
	for _, name := range []string{"shop", "shop-production"} {
		must(t, w.CreateFunction(aws.FunctionSpec{Name: name, Zip: []byte("v1"), Environment: map[string]string{"A": secret}}))
		_, err := w.Publish(name, []byte("v1"), map[string]string{"A": secret})
		must(t, err)
		must(t, w.SetAlias(name, "live", "1", nil))
	}
	w.Fill["function"], w.Fill["cluster"] = "*", "main"
	w.Block = pair(values{ofLambda: "shop"}, values{ofLambda: w.ARN("lambda", "function:shop-production")})
	w.Gone = func() { w.Block = pair(values{ofLambda: "shop"}, values{ofLambda: "none"}) }
	if k.Name == promotedName {
		w.permission = getAlias
		w.Block = values{ofLambda: "shop:live"}
		w.Gone = func() { w.Block[ofLambda] = "shop:none" }
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// container1 is a container of a task definition, as it is registered.
func container1(name, image string, more values) map[string]any {
	out := map[string]any{"name": name, "image": image, "memory": 128, "cpu": 1, "environment": []any{map[string]any{"name": "A", "value": secret}}}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// balancer is an account with a load balancer before services of ECS: of blue, and
// of green, which is attached at weight 0.
type balancer struct {
	*onAWS
	front aws.Balancer
}

func (w *balancer) ecs(action string, in, out any) {
	w.JSON("ecs", ecsAPI+action, in, out)
}

// registers a revision of a family, and returns its ARN.
func (w *balancer) registers(family string, containers ...any) string {
	var out struct {
		Definition struct {
			Arn string `json:"taskDefinitionArn"`
		} `json:"taskDefinition"`
	}
	w.ecs("RegisterTaskDefinition", map[string]any{"family": family, "containerDefinitions": containers, "cpu": "256", "memory": "512"}, &out)
	return out.Definition.Arn
}

func (w *balancer) serviceARN(name string) string { return w.ARN("ecs", "service/main/"+name) }

func startBalanced(t *testing.T, k preflight.Kind) *balancer {
	t.Helper()
	w := &balancer{onAWS: &onAWS{preflighttest.NewOnAWS(t, k), describeListeners}}
	w.Fill["function"], w.Fill["cluster"] = "none", "main"
	var err error
	w.front, err = w.CreateBalancer(t.Context(), "front", "blue", "green")
	must(t, err)
	w.forward(t, 100, 0)
	w.ecs("CreateCluster", map[string]any{"clusterName": "main"}, nil)
	for i, name := range []string{"blue", "green"} {
		arn := w.registers(name, container1("app", "shop@"+[]string{digestA, digestB}[i], values{"portMappings": []any{map[string]any{"containerPort": 8080}}}))
		w.ecs("CreateService", map[string]any{
			"cluster": "main", "serviceName": name, "taskDefinition": arn, "desiredCount": 2,
			"loadBalancers": []any{map[string]any{"targetGroupArn": w.front.Groups[name], "containerName": "app", "containerPort": 8080}},
		}, nil)
	}
	w.Clock.Advance(time.Hour)
	w.Block = values{ofListener: w.front.Listener, "ecs_cluster": "main"}
	return w
}

func (w *balancer) forward(t *testing.T, blue, green int) {
	t.Helper()
	must(t, w.Forward(t.Context(), w.front.Listener, aws.Share{Group: w.front.Groups["blue"], Weight: blue}, aws.Share{Group: w.front.Groups["green"], Weight: green}))
}

// said are the findings in few words.
func said(findings []rollout.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s: %s", f.Status, f.Why))
	}
	return strings.Join(out, "\n")
}
