package configsync

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

const (
	inBody  = "the body holds a key"
	secret  = "s3cr3t-value"
	service = "projects/demo/locations/us-central1/services/backend"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExamOnGoogle(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestExamOnAWS(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return startOnAWS(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), startOnAWS) }

// harness is a service of Cloud Run with a setting and a secret.
type harness struct {
	*sandbox.Sandbox
	clock    *clocktest.Clock
	endpoint string
	block    values
	// calls and writes are those that made the service.
	calls, writes int
}

func start(t *testing.T) *harness {
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	image, err := h.Image("backend", "v1", sandbox.Behaviour{Version: "v1"})
	if err == nil {
		err = s.CreateService(t.Context(), "backend", image)
	}
	if err != nil {
		t.Fatal(err)
	}
	client, err := h.clients().CloudRunServices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: service})
	if err != nil {
		t.Fatal(err)
	}
	found.Template.Containers[0].Env = []*runpb.EnvVar{{Name: "A", Values: &runpb.EnvVar_Value{Value: secret}}, {Name: "B", Values: &runpb.EnvVar_Value{Value: secret}}}
	if _, err := client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: found, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"template"}}}); err != nil {
		t.Fatal(err)
	}
	h.calls, h.writes = len(s.Calls()), s.Writes()
	h.block = values{"needs": []any{"A", "B", "PORT"}, "place": []any{values{"cloud_run_service": service}}}
	return h
}

func (h *harness) clients() *cloud.Clients {
	return cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), h.clients())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.block["needs"] = []any{"A", "C"}
	case preflighttest.Denied:
		h.Deny(getService)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "run.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "run."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Babbling(t, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return getService }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) - h.calls }
func (h *harness) Writes() int        { return h.Sandbox.Writes() - h.writes }
func (h *harness) Secrets() []string  { return []string{inBody, secret} }

// startOnAWS is an account with a function.
func startOnAWS(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	if err := w.CreateFunction(aws.FunctionSpec{Name: "shop", Zip: []byte("v1"), Environment: map[string]string{"A": secret, "B": secret}}); err != nil {
		t.Fatal(err)
	}
	registers(w, "shop", []any{setting("A"), setting("B"), setting("AWS_REGION")}, nil)
	w.Fill["function"] = "shop"
	w.Block = values{"needs": []any{"A", "B", "AWS_REGION"}, "place": []any{values{"lambda_function": "shop"}, values{ofECS: "shop", "target": "app", "name": "tasks"}}}
	w.Gone = func() { w.Block["place"], w.Fill["function"] = []any{values{"lambda_function": "none"}}, "none" }
	return w
}

// registers makes a task definition of the containers app and proxy, of which the
// first has settings.
func registers(w *preflighttest.OnAWS, family string, environment []any, more values) {
	app := values{"name": "app", "image": "app", "memory": 128, "cpu": 1, "environment": environment}
	maps.Copy(app, more)
	proxy := values{"name": "proxy", "image": "nginx", "memory": 128, "cpu": 1, "environment": []any{setting("OF_PROXY")}}
	w.JSON("ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]any{"family": family, "containerDefinitions": []any{app, proxy}}, nil)
}

func setting(name string) any { return map[string]any{"name": name, "value": secret} }

func TestTasks(t *testing.T) {
	w := startOnAWS(t)
	registers(w, "api", []any{setting("A")}, values{"secrets": []any{map[string]any{"name": "KEY", "valueFrom": "prod/stripe"}}})
	registers(w, "files", nil, values{"environmentFiles": []any{map[string]any{"type": "s3", "value": "arn:aws:s3:::b/f.env"}}})
	const (
		all  = "passed: all of 3 settings are declared"
		more = "failed: some settings are worth a look:\n  - OF_PROXY in tasks: nobody needs it"
		gone = "failed, may pass: there is no such task definition in eu-central-1"
	)
	for name, c := range map[string]struct {
		place values
		want  []string
	}{
		"all containers":  {values{ofECS: "api"}, []string{all, more}},
		"one of them":     {values{ofECS: "api:1", "target": "app"}, []string{all}},
		"by its ARN":      {values{ofECS: w.ARN("ecs", "task-definition/api:1"), "target": "app"}, []string{all}},
		"the other":       {values{ofECS: "api", "target": "proxy"}, []string{"failed: what the app needs is not declared everywhere:\n  - A in tasks: it is not set here\n  - KEY in tasks: it is not set here", more}},
		"none of them":    {values{ofECS: "api", "target": "web"}, []string{"failed: tasks has no container web"}},
		"no such family":  {values{ofECS: "none"}, []string{gone}},
		"no such number":  {values{ofECS: "api:7"}, []string{gone}},
		"files":           {values{ofECS: "files"}, []string{"skipped: the container app of tasks takes variables from files in a bucket, which are not read"}},
		"files of others": {values{ofECS: "files", "target": "proxy"}, []string{"failed: what the app needs is not declared everywhere:\n  - A in tasks: it is not set here\n  - KEY in tasks: it is not set here", more}},
	} {
		t.Run(name, func(t *testing.T) {
			c.place["name"] = "tasks"
			w.Block = values{"needs": []any{"A", "KEY", "ECS_CONTAINER_METADATA_URI_V4"}, "place": []any{c.place}}
			preflighttest.Expect(t, w.Run(), c.want...)
		})
	}
}

func TestLive(t *testing.T) {
	h := start(t)
	h.block = values{"needs": []any{"A"}, "place": []any{values{"cloud_run_service": service, "name": "production"}}}
	preflighttest.Expect(t, h.Open(t).Run(t.Context(), nil, nil), "passed: all of 1 settings are declared", "failed: some settings are worth a look:\n  - B in production: nobody needs it")
	h.block["place"] = []any{values{"cloud_run_service": strings.Replace(service, "backend", "none", 1)}}
	preflighttest.Expect(t, h.Open(t).Run(t.Context(), nil, nil), "failed, may pass: there is no such service: projects/demo/locations/us-central1/services/none")
}

// TestOneOfTwo: of several places the finding says which could not be seen.
func TestOneOfTwo(t *testing.T) {
	h := start(t)
	h.block = values{"needs": []any{"A"}, "place": []any{values{"names": []any{"A"}, "name": "local"}, values{"cloud_run_service": service, "name": "production"}}}
	defer h.Deny(getService)()
	preflighttest.Expect(t, h.Open(t).Run(t.Context(), nil, nil), "skipped: production: run.services.get is denied on it, or it does not exist")
}

func TestLambda(t *testing.T) {
	w := startOnAWS(t)
	w.Fill["function"] = "*"
	for given, want := range map[string]string{
		"shop": "passed: all of 1 settings are declared", w.ARN("lambda", "function:shop"): "passed: all of 1 settings are declared",
		"none": "failed, may pass: there is no such function in eu-central-1", "shop:live": "failed, may pass: there is no such function in eu-central-1",
	} {
		w.Block = values{"needs": []any{"A"}, "place": []any{values{"lambda_function": given}}, "allow": []any{values{"name": "B", "reason": "an old one"}}}
		if found := w.Run(); found[0].Status == rollout.Passed {
			want += ", but for what is allowed:\n  - B in " + given + ": nobody needs it, allowed: an old one"
			preflighttest.Expect(t, found, want)
		} else {
			preflighttest.Expect(t, found, want)
		}
	}
}

// says is what a check finds where Lambda answers so.
func says(t *testing.T, answer string) []rollout.Finding {
	t.Helper()
	clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: preflighttest.Answering(t, 200, answer), Region: "eu-west-1"}, Clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), values{"needs": []any{"A"}, "place": []any{values{"lambda_function": "shop:live"}}}), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c.Run(t.Context(), nil, nil)
}

func TestHidden(t *testing.T) {
	preflighttest.Expect(t, says(t, `{"FunctionName":"shop","Environment":{"Error":{"ErrorCode":"AccessDenied","Message":"key"}}}`), "skipped: Lambda does not show the variables of shop:live, because its key may not be used")
	preflighttest.Expect(t, says(t, `{"FunctionName":"shop"}`), "failed: what the app needs is not declared everywhere:\n  - A in shop:live: it is not set here")
}

func TestAnother(t *testing.T) {
	preflighttest.Expect(t, says(t, `{"FunctionName":"other","Environment":{"Variables":{"A":"`+secret+`"}}}`), "skipped: Lambda answered with something else than that function")
}

// folder holds files, and returns their paths.
func folder(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range files {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

func open(t *testing.T, v values) rollout.Check {
	t.Helper()
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), v), cloud.New(cloud.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	example  = "A=\nB=\n# C=\n"
	deploy   = "jobs:\n  deploy:\n    steps:\n      - run: gcloud run deploy api --set-env-vars=A=${{ vars.A }}\n      - run: gcloud run deploy web --set-env-vars=A=1,B=$(cat b)\n"
	missing  = "failed: what the app needs is not declared everywhere:"
	unknowns = "skipped: of some settings nobody knows without running something:"
)

func TestFiles(t *testing.T) {
	at := folder(t, map[string]string{".env.example": example, "deploy.yml": deploy, "empty": "# A=\n", "broken": "A=1\n=" + secret, "compose.yaml": "services: {web: {environment: {A: 1, B: 2}}}"})
	file := func(sort, name string, more ...string) values {
		v := values{sort: at(name), "name": sort}
		for i := 0; i+1 < len(more); i += 2 {
			v[more[i]] = more[i+1]
		}
		return v
	}
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"all there": {values{"place": []any{file("compose", "compose.yaml"), file("dotenv", ".env.example")}}, []string{"passed: all of 2 settings are declared"}},
		"one missing": {
			values{"place": []any{file("workflow", "deploy.yml", "target", "api"), file("compose", "compose.yaml")}},
			[]string{missing + "\n  - B in workflow, line 4: it is not set here; add --set-env-vars=…,B=${{ vars.B }}"},
		},
		"one allowed": {
			values{"place": []any{file("workflow", "deploy.yml", "target", "api")}, "allow": []any{values{"name": "B", "place": "workflow", "reason": "set by hand"}}},
			[]string{"passed: all of 2 settings are declared, but for what is allowed:\n  - B in workflow, line 4: it is not set here, allowed: set by hand"},
		},
		"an exception for nothing": {
			values{"place": []any{file("compose", "compose.yaml")}, "allow": []any{values{"name": "B", "reason": "set by hand"}}},
			[]string{"passed: all of 2 settings are declared", "failed: some settings are worth a look:\n  - B: allow is for nothing"},
		},
		"unknown": {
			values{"place": []any{file("workflow", "deploy.yml", "target", "web")}},
			[]string{unknowns + "\n  - A in workflow, line 5: --set-env-vars cannot be read: it is what a command gives\n  - B in workflow, line 5: --set-env-vars cannot be read: it is what a command gives"},
		},
		"more needs": {
			values{"needs": []any{"D", "A"}, "place": []any{file("compose", "compose.yaml")}},
			[]string{missing + "\n  - D in compose, line 1: it is not set here; add D: ${D}"},
		},
		"names": {
			values{"place": []any{values{"names": []any{"B"}, "name": "live"}}}, []string{missing + "\n  - A in live: it is not set here"},
		},
		"no such file":  {values{"place": []any{file("compose", "none")}}, []string{"failed: " + at("none") + " cannot be read: no such file or directory"}},
		"no YAML":       {values{"place": []any{file("compose", ".env.example")}}, []string{"failed: compose cannot be read: it is no YAML file with members"}},
		"no list":       {values{"needs_from": at("none"), "place": []any{file("compose", "compose.yaml")}}, []string{"failed: " + at("none") + " cannot be read: no such file or directory"}},
		"a broken list": {values{"needs_from": at("broken"), "place": []any{file("compose", "compose.yaml")}}, []string{"failed: " + at("broken") + " cannot be read: it is no file of settings: a line is not like KEY=value"}},
		"an empty list": {values{"needs_from": at("empty"), "place": []any{file("compose", "compose.yaml")}}, []string{"failed: " + at("empty") + " lists no setting, so that nothing could be missing"}},
	} {
		if _, other := c.block["needs_from"]; !other {
			c.block["needs_from"] = at(".env.example")
		}
		findings := open(t, c.block).Run(t.Context(), nil, nil)
		t.Run(name, func(t *testing.T) { preflighttest.Expect(t, findings, c.want...) })
		for _, f := range findings {
			if odd := strings.HasPrefix(f.Why, "some settings"); f.Advisory != odd || f.Stops() == (odd || f.Status == rollout.Passed) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestManySettings(t *testing.T) {
	var needs []any
	for i := range shown + 5 {
		needs = append(needs, fmt.Sprintf("N%02d", i))
	}
	why := open(t, values{"needs": needs, "place": []any{values{"names": []any{}, "name": "live"}}}).Run(t.Context(), nil, nil)[0].Why
	if strings.Count(why, "\n  - ") != shown+1 || !strings.HasSuffix(why, "\n  - and 5 more, which data.rollout_config_sync lists") {
		t.Error(why)
	}
}

func TestValidate(t *testing.T) {
	with := func(places ...any) values { return values{"needs": []any{"A"}, "place": places} }
	allow := func(name, place, reason any) values {
		v := with(values{"compose": "compose.yaml"})
		v["allow"] = []any{values{"name": name, "place": place, "reason": reason}}
		return v
	}
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"whole":                    {with(values{"workflow": "a.yml"}, values{"workflow": "a.yml", "target": "web"}), nil},
		"a file of needs":          {values{"needs_from": ".env", "place": []any{values{"compose": "a"}}}, nil},
		"no needs":                 {values{"place": []any{values{"compose": "a"}}}, []string{"needs"}},
		"needs that are not known": {values{"needs": preflighttest.Unknown, "place": []any{values{"compose": "a"}}}, nil},
		"a value":                  {values{"needs": []any{"A", "B=" + secret}, "place": []any{values{"compose": "a"}}}, []string{"needs"}},
		"nowhere":                  {values{"needs": []any{"A"}}, []string{"place"}},
		"nothing of a place":       {with(values{"target": "a"}), []string{"place"}},
		"two of a place":           {with(values{"compose": "a", "workflow": "b"}), []string{"place"}},
		"a place not known":        {with(values{"compose": preflighttest.Unknown}), nil},
		"one of two not known":     {with(values{"compose": preflighttest.Unknown, "workflow": "b"}), nil},
		"names":                    {with(values{"names": []any{"A"}}), nil},
		"one name":                 {with(values{"names": []any{"A"}}, values{"names": []any{"B"}}), []string{"place"}},
		"twice":                    {with(values{"compose": "a"}, values{"compose": "a"}), []string{"place"}},
		"a service":                {with(values{"cloud_run_service": service}), nil},
		"the name of a service":    {with(values{"cloud_run_service": "backend"}), []string{"place"}},
		"a function":               {with(values{"lambda_function": "shop:live"}), nil},
		"a task definition":        {with(values{ofECS: "shop:7"}), nil},
		"no task definition":       {with(values{ofECS: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop"}), []string{"place"}},
		"no function":              {with(values{"lambda_function": "arn:aws:s3:::shop"}), []string{"place"}},
		"an exception":             {allow("A", "compose.yaml", "by hand"), nil},
		"an exception everywhere":  {allow("A", nil, "by hand"), nil},
		"no reason":                {allow("A", nil, " "), []string{"allow"}},
		"another place":            {allow("A", "workflow", "by hand"), []string{"allow"}},
		"a reason not known":       {allow("A", nil, preflighttest.Unknown), nil},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for want, v := range map[string]values{
		"a.yml, a.yml web": with(values{"workflow": "a.yml"}, values{"workflow": "a.yml", "target": "web"}), "live": with(values{"names": []any{}, "name": "live"}), "": with(values{"compose": preflighttest.Unknown}),
	} {
		if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), v)); got != want {
			t.Errorf("object %q, want %q", got, want)
		}
	}
}

func TestReport(t *testing.T) {
	at := folder(t, map[string]string{".env.example": example, "deploy.yml": deploy})
	read := func(v values) (map[string]any, *rollout.Problem) {
		return Kind().Report.Read(t.Context(), preflighttest.Block(t, Kind(), v), cloud.New(cloud.Config{}))
	}
	got, problem := read(values{"needs_from": at(".env.example"), "place": []any{values{"workflow": at("deploy.yml"), "name": "ci", "target": "api"}}, "allow": []any{values{"name": "X", "reason": "x"}}})
	want := []record{
		{Name: "A", Place: "ci", Status: "declared", File: at("deploy.yml"), Line: 4, Chain: "vars.A"},
		{Name: "B", Place: "ci", Status: "missing", File: at("deploy.yml"), Line: 4, Why: "it is not set here", Add: "--set-env-vars=…,B=${{ vars.B }}"},
		{Name: "X", Status: "allows_nothing", Reason: "x"},
	}
	if records, _ := got["settings"].([]record); problem != nil || got["in_sync"] != false || !slices.Equal(records, want) || fmt.Sprint(got["needed"]) != "[A B]" {
		t.Errorf("%+v, %v", got, problem)
	}
	for name := range got {
		if _, ok := Kind().Report.Attributes[name]; !ok {
			t.Errorf("%s is no attribute", name)
		}
	}
	if got, _ = read(values{"needs": []any{"A"}, "place": []any{values{"names": []any{"A", "Z"}, "name": "live"}}}); got["in_sync"] != true {
		t.Errorf("%+v", got)
	}
	if got, _ = read(values{"needs": []any{"A"}, "place": []any{values{"workflow": at("deploy.yml"), "target": "web"}}}); got["in_sync"] != false {
		t.Errorf("what is unknown is in sync: %+v", got)
	}
	if got, problem = read(values{"needs": []any{"A"}, "place": []any{values{"compose": at("none"), "name": "compose"}}}); got != nil || problem == nil || problem.What != "compose cannot be compared" {
		t.Errorf("%+v, %v", got, problem)
	}
}
