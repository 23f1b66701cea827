package environment

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func TestParityExam(t *testing.T) {
	t.Run("Google", func(t *testing.T) {
		preflighttest.Run(t, Parity(), func(t *testing.T) preflighttest.Harness { return startOnGoogle(t, Parity()) })
	})
	t.Run("AWS", func(t *testing.T) {
		preflighttest.Run(t, Parity(), func(t *testing.T) preflighttest.Harness { return startOnAWS(t, Parity()) })
	})
}

// TestParityOfServices changes one thing of production at a time.
func TestParityOfServices(t *testing.T) {
	for want, change := range map[string]func(*runpb.RevisionTemplate){
		"memory: 512 MiB in staging, 1024 MiB in production": func(r *runpb.RevisionTemplate) { r.Containers[0].Resources.Limits["memory"] = "1Gi" },
		"cpu: 1 in staging, 2 in production":                 func(r *runpb.RevisionTemplate) { r.Containers[0].Resources.Limits["cpu"] = "2000m" },
		"concurrency: 80 in staging, 7 in production":        func(r *runpb.RevisionTemplate) { r.MaxInstanceRequestConcurrency = 7 },
		"timeout: 5m in staging, 1m in production":           func(r *runpb.RevisionTemplate) { r.Timeout = durationpb.New(time.Minute) },
		"min_instances: 0 in staging, 2 in production":       func(r *runpb.RevisionTemplate) { r.Scaling = &runpb.RevisionScaling{MinInstanceCount: 2} },
		"identity: default in staging, own in production":    func(r *runpb.RevisionTemplate) { r.ServiceAccount = "api@demo.iam.gserviceaccount.com" },
		"args: none in staging, set in production":           func(r *runpb.RevisionTemplate) { r.Containers[0].Args = []string{secret} },
		"env.B: not there in staging, plain in production": func(r *runpb.RevisionTemplate) {
			r.Containers[0].Env = append(r.Containers[0].Env, &runpb.EnvVar{Name: "B", Values: &runpb.EnvVar_Value{Value: secret}})
		},
		"env.KEY: secret in staging, not there in production": func(r *runpb.RevisionTemplate) { r.Containers[0].Env = r.Containers[0].Env[:1] },
		"env.KEY: secret in staging, plain in production": func(r *runpb.RevisionTemplate) {
			r.Containers[0].Env[1] = &runpb.EnvVar{Name: "KEY", Values: &runpb.EnvVar_Value{Value: secret}}
		},
		"secret.KEY.version: pinned in staging, latest in production": func(r *runpb.RevisionTemplate) {
			r.Containers[0].Env[1].GetValueSource().GetSecretKeyRef().Version = "latest"
		},
		"secret.KEY: stripe in staging, stripe-live in production": func(r *runpb.RevisionTemplate) {
			r.Containers[0].Env[1].GetValueSource().GetSecretKeyRef().Secret = "stripe-live"
		},
		"session_affinity: no in staging, yes in production": func(r *runpb.RevisionTemplate) { r.SessionAffinity = true },
	} {
		t.Run(want, func(t *testing.T) {
			w := startOnGoogle(t, Parity(), sandbox.With(func(s *runpb.Service) {
				s.Template.Containers[0].Resources = &runpb.ResourceRequirements{Limits: map[string]string{}, CpuIdle: true}
				change(s.Template)
				if len(s.Template.Containers[0].Resources.Limits) == 0 {
					s.Template.Containers[0].Resources = nil
				}
			}))
			preflighttest.Expect(t, w.Run(), "failed: what is live differs:\n  - "+want)
		})
	}
}

func TestParityOfAll(t *testing.T) {
	w := startOnGoogle(t, Parity())
	preflighttest.Expect(t, w.Run(), "passed: all of 31 settings are the same")
}

func TestExpected(t *testing.T) {
	more := func(r *runpb.RevisionTemplate) {
		r.MaxInstanceRequestConcurrency = 7
		r.Containers[0].Env[1].GetValueSource().GetSecretKeyRef().Secret = "stripe-live"
	}
	const (
		concurrency = "\n  - concurrency: 80 in staging, 7 in production"
		key         = "\n  - secret.KEY: stripe in staging, stripe-live in production"
		because     = ", expected: production has more users"
	)
	for name, c := range map[string]struct {
		expects []any
		want    []string
	}{
		"nothing":     {nil, []string{"failed: what is live differs:" + concurrency + key}},
		"one of two":  {[]any{expectation("concurrency", nil)}, []string{"failed: what is live differs:" + key}},
		"both":        {[]any{expectation("concurrency", nil), expectation("secret.*", nil)}, []string{"passed: all of 29 settings are the same, but for what is expected:" + concurrency + because + key + because}},
		"stale":       {[]any{expectation("concurrency", nil), expectation("secret.KEY", nil), expectation("memory", nil)}, []string{"passed: all of 29 settings are the same, but for what is expected:" + concurrency + because + key + because, "failed: some differences are expected that there are not:\n  - memory: nothing of it differs"}},
		"not a part":  {[]any{expectation("secret", nil), expectation("conc*", nil)}, []string{"failed: what is live differs:" + key, "failed: some differences are expected that there are not:\n  - secret: nothing of it differs"}},
		"or there is": {[]any{expectation("concurrency", true), expectation("secret.*", nil), expectation("image", true)}, []string{"passed: all of 29 settings are the same, but for what is expected:" + concurrency + because + key + because}},
	} {
		t.Run(name, func(t *testing.T) {
			w := startOnGoogle(t, Parity(), template(more))
			w.Block["expect"] = c.expects
			found := w.Run()
			preflighttest.Expect(t, found, c.want...)
			for _, f := range found {
				if stale := strings.HasPrefix(f.Why, "some differences"); f.Advisory != stale {
					t.Errorf("advisory is %v: %s", f.Advisory, f.Why)
				}
			}
		})
	}
}

// TestDivided: what most requests get is compared, and a service that follows its
// latest revision is no other.
func TestDivided(t *testing.T) {
	w := startOnGoogle(t, Parity())
	other, err := w.Image("api", "v2", sandbox.Behaviour{Version: "v2"})
	must(t, err)
	first := w.Service("production").Newest
	moves(t, w, "production", other)
	second := w.Service("production").Newest
	for percent, differs := range map[int]bool{0: false, 30: false, 70: true, 100: true} {
		must(t, w.Meddle("production", map[string]int{first: 100 - percent, second: percent}, nil))
		if got := strings.Contains(said(w.Run()), "image: "); got != differs {
			t.Errorf("%d %%: %s", percent, said(w.Run()))
		}
	}
}

func TestParityOfFunctions(t *testing.T) {
	w := startOnAWS(t, Parity())
	live := pair(values{ofLambda: "shop:live"}, values{ofLambda: w.ARN("lambda", "function:shop-production:live")})
	w.Block = live
	preflighttest.Expect(t, w.Run(), "passed: all of 20 settings are the same")
	_, err := w.Publish("shop-production", []byte("v2"), map[string]string{"A": secret, "B": secret})
	must(t, err)
	preflighttest.Expect(t, w.Run(), "passed: all of 20 settings are the same") // $LATEST is nobody's
	must(t, w.SetAlias("shop-production", "live", "2", nil))
	must(t, w.Provision("shop-production", "live", 3))
	got := said(w.Run())
	for _, want := range []string{"failed: what is live differs:\n  - code: ", "\n  - env.B: not there in staging, plain in production", "\n  - provisioned_concurrency: none in staging, 3 in production"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	if strings.Count(got, "\n") != 3 || strings.Contains(got, secret) {
		t.Error(got)
	}
	for given, want := range map[string]string{
		"shop:none": "failed: there is no function, version or alias shop:none, which is staging", "shop:7": "failed: there is no function, version or alias shop:7, which is staging",
	} {
		w.Block = pair(values{ofLambda: given}, values{ofLambda: "shop-production"})
		if got := said(w.Run()); got != want {
			t.Errorf("%s: %s", given, got)
		}
	}
}

// TestParityOfTasks compares services behind a listener, alone, and task
// definitions.
func TestParityOfTasks(t *testing.T) {
	w := startBalanced(t, Parity())
	behind := values{ofListener: w.front.Listener, "ecs_cluster": "main"}
	alone := func(name string) values { return values{ofService: w.serviceARN(name)} }
	definition := func(name any) values { return values{ofDefinition: name} }
	image := "failed: what is live differs:\n  - image: " + brief(digestA) + " in staging, " + brief(digestB) + " in production"
	for name, c := range map[string]struct {
		a, b values
		want string
	}{
		"behind a listener and alone": {behind, alone("blue"), "passed: all of 28 settings are the same"},
		"two services":                {alone("blue"), alone("green"), image},
		"task definitions":            {definition("blue"), definition("green:1"), image},
		"no service":                  {alone("none"), alone("green"), "failed: there is no service of Amazon ECS " + w.serviceARN("none") + ", which is staging"},
		"no task definition":          {definition("none"), alone("green"), "failed: there is no task definition none, which is staging"},
		"no cluster":                  {values{ofListener: w.front.Listener, "ecs_cluster": "none"}, alone("green"), "failed: there is no cluster none where staging is"},
		"no container":                {values{ofService: w.serviceARN("blue"), "container": "web"}, alone("green"), "failed: blue:1, which is live in staging, has no container web"},
	} {
		t.Run(name, func(t *testing.T) {
			w.Block = pair(c.a, c.b)
			if got := said(w.Run()); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
	w.forward(t, 10, 90)
	w.Block = pair(values{ofListener: w.front.Listener, "ecs_cluster": "main"}, alone("green"))
	preflighttest.Expect(t, w.Run(), "passed: all of 28 settings are the same")
	w.forward(t, 0, 0)
	preflighttest.Expect(t, w.Run(), "failed: nobody is served in staging, so that there is nothing to compare with")
}

func TestContainers(t *testing.T) {
	w := startBalanced(t, Parity())
	sealedFrom := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/stripe-AbCdEf:key::"
	first := w.registers("one", container1("app", "shop@"+digestA, values{
		"secrets": []any{map[string]any{"name": "KEY", "valueFrom": sealedFrom}}, "command": []any{"serve", "--key=" + secret},
	}), container1("proxy", "nginx:1", nil))
	second := w.registers("two", container1("app", "shop:1", values{"memory": 256, "command": []any{"serve", "--key=other"}, "environmentFiles": []any{map[string]any{"type": "s3", "value": "arn:aws:s3:::b/f.env"}}}))
	w.Block = pair(values{ofDefinition: first}, values{ofDefinition: second}, values{"key": "environment_files", "reason": "x"})
	got := said(w.Run())
	want := "failed: what is live differs:" +
		"\n  - command: set otherwise in staging than in production" +
		"\n  - container.proxy: there in staging, not there in production" +
		"\n  - container_memory: 128 MiB in staging, 256 MiB in production" +
		"\n  - env.KEY: secret in staging, not there in production" +
		"\nskipped: of some settings nobody can tell whether they are the same:" +
		"\n  - image: " + brief(digestA) + " in staging, shop:1 in production: it is named by a tag, and a tag may be moved"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	w.Block = pair(values{ofDefinition: first, "container": "proxy"}, values{ofDefinition: second})
	if got := said(w.Run()); !strings.Contains(got, "container.app: there in staging") || !strings.Contains(got, "image: nginx:1 in staging, shop:1 in production") {
		t.Error(got)
	}
}

// TestTwoPlatforms: what only one of them has is left out, and counted.
func TestTwoPlatforms(t *testing.T) {
	google, amazon := startOnGoogle(t, Parity()), startOnAWS(t, Parity())
	ofGoogle, unread := place{name: "staging", sort: ofCloudRun, at: service1("staging")}.read(t.Context(), google.Clients())
	if unread != nil {
		t.Fatal(unread(t.Context(), rollout.Finding{}))
	}
	p := place{name: "production", sort: ofLambda, at: "shop"}
	p.function.Given, p.function.Name = "shop", "shop"
	ofAmazon, unread := p.read(t.Context(), amazon.Clients())
	if unread != nil {
		t.Fatal(unread(t.Context(), rollout.Finding{}))
	}
	got := map[string]status{}
	for _, e := range compare(ofGoogle, ofAmazon, nil) {
		got[e.key] = e.status
	}
	for key, want := range map[string]status{
		"memory": different, "timeout": different, "identity": different, "env.A": same, "env.KEY": different, "secret.KEY": "", "image": notCompared, "runtime": notCompared, "concurrency": notCompared,
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

func TestReport(t *testing.T) {
	w := startOnGoogle(t, Parity(), template(func(r *runpb.RevisionTemplate) { r.MaxInstanceRequestConcurrency = 7 }))
	read := func() (map[string]any, *rollout.Problem) {
		return Parity().Report.Read(t.Context(), preflighttest.Block(t, Parity(), w.Block), w.Clients())
	}
	got, problem := read()
	if problem != nil || got["in_parity"] != false {
		t.Fatalf("%+v, %v", got, problem)
	}
	records, _ := got["settings"].([]record)
	i := slices.IndexFunc(records, func(r record) bool { return r.Key == "concurrency" })
	if i < 0 || len(records) != 31 || fmt.Sprint(records[i]) != "{concurrency different map[production:7 staging:80]  }" {
		t.Errorf("%+v", records)
	}
	if want := map[string]string{"staging": w.Service("staging").Newest, "production": w.Service("production").Newest}; fmt.Sprint(got["live"]) != fmt.Sprint(want) {
		t.Errorf("live is %v, want %v", got["live"], want)
	}
	for name := range got {
		if _, ok := Parity().Report.Attributes[name]; !ok {
			t.Errorf("%s is no attribute", name)
		}
	}
	w.Block["expect"] = []any{expectation("concurrency", nil), expectation("memory", nil)}
	if got, _ = read(); got["in_parity"] != true || !strings.Contains(fmt.Sprint(got["settings"]), "{memory expects_nothing map[]  production has more users}") {
		t.Errorf("%+v", got)
	}
	w.Gone()
	if got, problem = read(); got != nil || problem == nil || problem.What != "staging, production cannot be compared" {
		t.Errorf("%+v, %v", got, problem)
	}
}

func TestManyDifferences(t *testing.T) {
	w := startOnGoogle(t, Parity(), template(func(r *runpb.RevisionTemplate) {
		for i := range mostLines + 5 {
			r.Containers[0].Env = append(r.Containers[0].Env, &runpb.EnvVar{Name: fmt.Sprintf("N%02d", i), Values: &runpb.EnvVar_Value{Value: secret}})
		}
	}))
	if got := said(w.Run()); strings.Count(got, "\n") != mostLines+1 || !strings.HasSuffix(got, "\n  - and 5 more, which data.rollout_environment_parity lists") {
		t.Error(got)
	}
}

// TestAnotherRole: an environment of another account is asked for as a role there,
// and the other one as before.
func TestAnotherRole(t *testing.T) {
	w := startOnAWS(t, Parity())
	const ofProduction = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:*","Resource":"%s"}]}`
	role, err := w.Role("reader", fmt.Sprintf(ofProduction, w.ARN("lambda", "function:shop-production")))
	must(t, err)
	key, err := w.User("ci", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"},`+
		strings.TrimPrefix(fmt.Sprintf(ofProduction, w.ARN("lambda", "function:shop")), `{"Version":"2012-10-17","Statement":[`))
	must(t, err)
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
	compared := func(staging, production values) string {
		c, err := Parity().Open(t.Context(), preflighttest.Block(t, Parity(), pair(staging, production)), w.Clients())
		must(t, err)
		return said(c.Run(t.Context(), nil, nil))
	}
	const denied = ": lambda:GetFunctionConfiguration is denied" // of two places it says which
	if got := compared(values{ofLambda: "shop"}, values{ofLambda: "shop-production"}); !strings.HasPrefix(got, "skipped: in production (shop-production)"+denied) {
		t.Error(got)
	}
	if got := compared(values{ofLambda: "shop"}, values{ofLambda: "shop-production", "role_arn": role}); got != "passed: all of 20 settings are the same" {
		t.Error(got)
	}
	if got := compared(values{ofLambda: "shop", "role_arn": role}, values{ofLambda: "shop-production"}); !strings.HasPrefix(got, "skipped: in staging (shop)"+denied) || !strings.Contains(got, "reader") {
		t.Error(got)
	}
	nobody := strings.Replace(role, "reader", "nobody", 1)
	if got := compared(values{ofLambda: "shop"}, values{ofLambda: "shop-production", "role_arn": nobody}); !strings.HasPrefix(got, "skipped: the role for production cannot be assumed: "+nobody+": ") {
		t.Error(got)
	}
}

// TestOddAnswers: what says nothing of the place is no answer, whoever gives it.
func TestOddAnswers(t *testing.T) {
	const odd = "skipped: something else was answered than what is live in staging"
	service := "arn:aws:ecs:eu-west-1:123456789012:service/main/api"
	for name, c := range map[string]struct{ sort, at, body, want string }{
		"another function":    {ofLambda, "shop", `{"FunctionName":"other"}`, odd},
		"hidden":              {ofLambda, "shop", `{"FunctionName":"shop","Environment":{"Error":{"ErrorCode":"AccessDenied","Message":"key"}}}`, "skipped: Lambda does not show which variables there are in staging, because their key may not be used"},
		"no alias":            {ofLambda, "shop:live", `{"Name":"other"}`, odd},
		"no task definition":  {ofDefinition, "shop", `{}`, odd},
		"no containers":       {ofDefinition, "shop", `{"taskDefinition":{"taskDefinitionArn":"x"}}`, odd},
		"no service":          {ofService, service, `{}`, odd},
		"a missing service":   {ofService, service, `{"services":[],"failures":[{"arn":"x","reason":"MISSING"}]}`, "failed: there is no service of Amazon ECS " + service + ", which is staging"},
		"a service that left": {ofService, service, `{"services":[{"serviceArn":"` + service + `","status":"INACTIVE"}]}`, "failed: there is no service of Amazon ECS " + service + ", which is staging"},
		"nothing is deployed": {ofService, service, `{"services":[{"serviceArn":"` + service + `","status":"ACTIVE"}]}`, "failed: nobody is served in staging, so that there is nothing to compare with"},
		"no JSON":             {ofService, service, preflighttest.InBody, "skipped: in staging (" + service + "): AWS gave no answer that could be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", preflighttest.Answering(t, http.StatusOK, c.body))
			t.Setenv("AWS_ACCESS_KEY_ID", "test")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			clients := cloud.New(cloud.Config{AWS: cloud.AWS{Region: "eu-west-1"}, Clock: clocktest.New(time.Unix(0, 0))})
			check, err := Parity().Open(t.Context(), preflighttest.Block(t, Parity(), pair(values{c.sort: c.at}, values{c.sort: c.at})), clients)
			must(t, err)
			if got := said(check.Run(t.Context(), nil, nil)); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}
