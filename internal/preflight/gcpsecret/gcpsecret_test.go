package gcpsecret

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const (
	reader = "api@demo.iam.gserviceaccount.com"
	member = "serviceAccount:" + reader
	access = "roles/secretmanager.secretAccessor"
)

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestExamWithReader(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
		h := start(t)
		h.Block["readable_by"] = reader
		return h
	})
}

// start is a project with a secret that has versions 1, 2 and 3.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs, h.GRPC = "secretmanager.", []string{"secretmanager.versions.get", "secretmanager.secrets.getIamPolicy"}, true
	h.Gone = func() { h.Block["version"] = "projects/demo/secrets/db/versions/4" }
	h.Secret("db", sandbox.Destroyed, sandbox.Disabled, sandbox.Enabled)
	grant(t, h, access, "")
	h.Block = values{"version": "projects/demo/secrets/db/versions/3"}
	return h
}

func grant(t *testing.T, h *preflighttest.OnGoogle, role, condition string) {
	t.Helper()
	if err := h.GrantIf("db", role, condition, "group:all@example.com", member); err != nil {
		t.Fatal(err)
	}
}

func TestStates(t *testing.T) {
	const parent = "projects/demo/secrets/"
	finding := func(version string, status rollout.Status, why, fix string, retry bool) rollout.Finding {
		return rollout.Finding{Check: "gcp_secret", Object: parent + version, Status: status, Why: why, Fix: fix, Retry: retry}
	}
	const (
		gone   = "there is no such secret, or it has no such version"
		create = "Create it. If it is created in this same apply, refer to its computed id, such as google_secret_manager_secret_version.x.id, rather than to a name: then it is checked in apply, once it exists."
		other  = "Refer to another version, or add one."
	)
	h := start(t)
	h.Secret("empty")
	h.Secret("off", sandbox.Enabled, sandbox.Disabled)
	for _, want := range []rollout.Finding{
		finding("db/versions/3", rollout.Passed, "version 3 is enabled", "", false),
		finding("db/versions/latest", rollout.Passed, "latest is version 3, which is enabled", "", false),
		finding("db/versions/2", rollout.Failed, "version 2 is DISABLED, so it cannot be read", "Refer to another version, or add one; or enable it:\n  gcloud secrets versions enable 2 --secret=db --project=demo", false),
		finding("db/versions/1", rollout.Failed, "version 1 is DESTROYED, so it cannot be read", other, false),
		finding("off/versions/latest", rollout.Failed, "latest is version 2, which is DISABLED, so it cannot be read", "Refer to another version, or add one; or enable it:\n  gcloud secrets versions enable 2 --secret=off --project=demo", false),
		finding("db/versions/9", rollout.Failed, gone, create, true),
		finding("empty/versions/latest", rollout.Failed, gone, create, true),
		finding("none/versions/1", rollout.Failed, gone, create, true),
	} {
		h.Block["version"] = want.Object
		if got := h.Run(); !slices.Equal(got, []rollout.Finding{want}) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	odd := check{id: id{"demo", "db", "3"}}.judge(rollout.Finding{}, &secretmanagerpb.SecretVersion{Name: parent + "db/versions/3"})
	if odd.Status != rollout.Failed {
		t.Errorf("a version without a state: %+v", odd)
	}
}

// Only a literal, unconditional binding proves anything, and nothing disproves.
func TestReadableBy(t *testing.T) {
	const (
		someone = "API@demo.iam.gserviceaccount.com"
		open    = "whether " + someone + " may read it is unknown: "
		unknown = open + "the secret's own policy does not say so, and it may inherit that from the project or above, or have it by a group"
	)
	for name, c := range map[string]struct {
		world  func(h *preflighttest.OnGoogle)
		status rollout.Status
		why    string
	}{
		"accessor": {func(*preflighttest.OnGoogle) {}, rollout.Passed, someone + " may read it: the secret's own policy gives it roles/secretmanager.secretAccessor"},
		"admin": {func(h *preflighttest.OnGoogle) {
			h.Revoke("db", access, member)
			grant(t, h, "roles/secretmanager.admin", "")
		}, rollout.Passed, someone + " may read it: the secret's own policy gives it roles/secretmanager.admin"},
		"viewer": {func(h *preflighttest.OnGoogle) {
			h.Revoke("db", access, member)
			grant(t, h, "roles/secretmanager.viewer", "")
		}, rollout.Skipped, unknown},
		"nothing":   {func(h *preflighttest.OnGoogle) { h.Revoke("db", access, member) }, rollout.Skipped, unknown},
		"inherited": {func(h *preflighttest.OnGoogle) { h.Revoke("db", access, member); h.GrantProject(access, member) }, rollout.Skipped, unknown},
		"a condition": {func(h *preflighttest.OnGoogle) {
			h.Revoke("db", access, member)
			grant(t, h, access, `request.time < timestamp("2026-01-01T00:00:00Z")`)
		}, rollout.Skipped, open + "the secret's own policy says so under a condition, which is not evaluated here"},
		"not permitted": {func(h *preflighttest.OnGoogle) { h.Deny("secretmanager.secrets.getIamPolicy") }, rollout.Skipped, open + "secretmanager.secrets.getIamPolicy is denied on it, or it does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.Block["readable_by"] = someone
			c.world(h)
			got := h.Run()
			if len(got) != 2 || got[0].Status != rollout.Passed {
				t.Fatalf("got %+v", got)
			}
			g := got[1]
			if g.Object != got[0].Object || g.Status != c.status || g.Why != c.why || !g.Permission || g.Stops() {
				t.Errorf("got %+v", g)
			}
		})
	}
	h := start(t)
	h.Block["readable_by"] = reader
	h.Revoke("db", access, member)
	const fix = "If it may not:\n  gcloud secrets add-iam-policy-binding db --project=demo --role=roles/secretmanager.secretAccessor --member=serviceAccount:api@demo.iam.gserviceaccount.com"
	if got := h.Run()[1]; got.Fix != fix || !got.Retry {
		t.Errorf("got %+v", got)
	}
	h.Block["version"] = "projects/demo/secrets/none/versions/1"
	if got := h.Run(); len(got) != 1 {
		t.Errorf("the readers of a secret that is not there: %+v", got)
	}
}

// Metadata alone, with the two permissions that are documented.
func TestPermissions(t *testing.T) {
	h := start(t)
	h.Block["readable_by"] = reader
	h.Run()
	var methods []string
	for _, c := range h.Sandbox.Calls() {
		methods = append(methods, c.Method+" "+c.Resource)
	}
	want := []string{"secretmanager.GetSecretVersion projects/demo/secrets/db/versions/3", "secretmanager.GetIamPolicy projects/demo/secrets/db"}
	if !slices.Equal(methods, want) {
		t.Errorf("asked %q, want %q", methods, want)
	}
}

// policies remembers how it was asked.
type policies struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer
	version int32
}

func (p *policies) GetIamPolicy(_ context.Context, q *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	p.version = q.GetOptions().GetRequestedPolicyVersion()
	return &iampb.Policy{}, nil
}

func (p *policies) GetSecretVersion(context.Context, *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	return nil, status.Error(codes.DeadlineExceeded, preflighttest.InBody)
}

// Conditions are shown to those who ask for version 3; and what comes too late is
// no answer.
func TestPolicyVersion(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &policies{}
	srv := grpc.NewServer()
	secretmanagerpb.RegisterSecretManagerServiceServer(srv, p)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	h := start(t)
	h.At("http://" + l.Addr().String())
	h.Block["readable_by"] = reader
	found := h.Run()
	if p.version != 3 {
		t.Errorf("asked for version %d", p.version)
	}
	late := rollout.Finding{
		Check: "gcp_secret", Object: "projects/demo/secrets/db/versions/3", Status: rollout.Skipped,
		Why: "Secret Manager gave no answer in time", Fix: "Run Terraform again.",
	}
	if found[0] != late {
		t.Errorf("got %+v", found[0])
	}
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/"+preflighttest.InBody)
	t.Setenv("GOOGLE_CREDENTIALS", "")
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "")
	t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", "")
	h := start(t)
	h.At("")
	h.Block["readable_by"] = reader
	for _, f := range h.Run() {
		if f.Status != rollout.Skipped || !strings.HasSuffix(f.Why, "There are no Google credentials") || f.Fix == "" {
			t.Errorf("got %+v", f)
		}
	}
}

func TestValidate(t *testing.T) {
	const what = "The version of a gcp_secret is not the id of a version"
	shape := rollout.Problem{
		What: what,
		Why:  "It has to be like projects/P/secrets/S/versions/3. (It is not shown, in case it is the secret itself.)",
		Fix:  "Use google_secret_manager_secret_version.x.id.",
	}
	regional := func(text string) rollout.Problem {
		return rollout.Problem{
			What: "A regional secret cannot be checked",
			Why:  text + " is kept in one location, at an endpoint of its own, which is not asked here.",
			Fix:  "Take the gcp_secret block out.",
		}
	}
	for name, c := range map[string]struct {
		block values
		want  []rollout.Problem
	}{
		"number":       {values{"version": "projects/p/secrets/s/versions/3"}, nil},
		"latest":       {values{"version": "projects/123/secrets/s_-S/versions/latest", "readable_by": reader}, nil},
		"unknown":      {values{"version": preflighttest.Unknown, "readable_by": preflighttest.Unknown}, nil},
		"a secret":     {values{"version": "projects/p/secrets/s"}, []rollout.Problem{{What: what, Why: "projects/p/secrets/s is a secret, and a revision uses a version of it.", Fix: "Use google_secret_manager_secret_version.x.id, or append /versions/latest."}}},
		"a name":       {values{"version": "stripe-key"}, []rollout.Problem{shape}},
		"null":         {values{}, []rollout.Problem{shape}},
		"two lines":    {values{"version": "projects/p/secrets/s/versions/3\nx"}, []rollout.Problem{shape}},
		"a payload":    {values{"version": "hunter2"}, []rollout.Problem{shape}},
		"regional":     {values{"version": "projects/p/locations/europe-west1/secrets/s/versions/1"}, []rollout.Problem{regional("projects/p/locations/europe-west1/secrets/s/versions/1")}},
		"regional too": {values{"version": "projects/p/locations/europe-west1/secrets/s"}, []rollout.Problem{regional("projects/p/locations/europe-west1/secrets/s")}},
		"a member": {values{"version": "projects/p/secrets/s/versions/3", "readable_by": member}, []rollout.Problem{{
			At:   "readable_by",
			What: "readable_by is not the email of a service account",
			Why:  `"serviceAccount:api@demo.iam.gserviceaccount.com" has to be like api@my-project.iam.gserviceaccount.com.`,
			Fix:  "Leave out serviceAccount:, or use google_service_account.x.email.",
		}}},
		"no email": {values{"version": "projects/p/secrets/s/versions/3", "readable_by": "api"}, []rollout.Problem{{
			At:   "readable_by",
			What: "readable_by is not the email of a service account",
			Why:  `"api" has to be like api@my-project.iam.gserviceaccount.com.`,
			Fix:  "Use google_service_account.x.email.",
		}}},
	} {
		b := preflighttest.Block(t, Kind(), c.block)
		if got := Kind().Validate(t.Context(), b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), b, nil); len(c.want) > 0 && err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	for version, want := range map[string]string{"projects/p/secrets/s/versions/3": "projects/p/secrets/s/versions/3", "hunter2": ""} {
		if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), values{"version": version})); got != want {
			t.Errorf("object %q, want %q", got, want)
		}
	}
}
