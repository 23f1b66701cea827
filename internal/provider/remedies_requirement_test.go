package provider_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const (
	needsStripe   = "  requires {\n    gcp_secret {\n      version = \"projects/demo/secrets/stripe/versions/1\"\n    }\n  }\n"
	needsReader   = "  requires {\n    gcp_secret {\n      version     = \"projects/demo/secrets/stripe/versions/1\"\n      readable_by = \"job@demo.iam.gserviceaccount.com\"\n    }\n  }\n"
	needsAccount  = "  requires {\n    gcp_service_account {\n      email = \"job@demo.iam.gserviceaccount.com\"\n    }\n  }\n"
	mountsStripe  = "    secrets = { STRIPE = \"projects/demo/secrets/stripe/versions/1\" }\n"
	getVersion    = "secretmanager.GetSecretVersion"
	getAccount    = "iam.GetServiceAccount"
	getService    = "run.GetService"
	versionsGet   = "secretmanager.versions.get"
	accountsGet   = "iam.serviceAccounts.get"
	servicesGet   = "run.services.get"
	servicesWrite = "run.services.update"
)

// requiring plans a deployment with requirements while something is wrong.
func requiring(beside string) func(*world) string {
	return func(w *world) string {
		w.simple("", beside)
		return w.planned()
	}
}

// troubled is a plan with requirements while a method is in trouble.
func troubled(beside, method string, kind sandbox.FaultKind) func(*world) string {
	return func(w *world) string {
		w.hasStripe(sandbox.Enabled)
		w.box.ServiceAccount("job@demo.iam.gserviceaccount.com", false)
		w.simple("", beside)
		return w.during(sandbox.Fault{Kind: kind, Method: method}, w.planned)
	}
}

func denied(inside, beside, permission string) func(*world) string {
	return func(w *world) string {
		w.hasStripe(sandbox.Enabled)
		w.box.ServiceAccount("job@demo.iam.gserviceaccount.com", false)
		w.simple(inside, beside)
		return w.without(permission, w.planned)
	}
}

func runsIt(w *world, _ said, out string) { w.runs(out) }

var requirementRemedies = []remedy{
	{
		says: "requirement.unmet gcp_secret.gone todo.see_the_plan", provoke: requiring(needsStripe),
		fix: func(w *world, _ said, _ string) { w.hasStripe(sandbox.Enabled) },
	},
	{
		says: "gcp_secret.disabled",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Disabled)
			return requiring(needsStripe)(w)
		}, fix: runsIt,
	},
	{
		says: "gcp_secret.not_enabled",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Destroyed)
			return requiring(needsStripe)(w)
		},
		fix: func(w *world, _ said, _ string) {
			w.hasStripe(sandbox.Destroyed, sandbox.Enabled)
			w.simple("", strings.Replace(needsStripe, "versions/1", "versions/2", 1))
		},
	},
	{ // without a policy nobody knows: it warns, and stops nothing
		says: "requirement.unverified gcp_secret.policy_unread gcp_secret.denied", provoke: denied("", needsReader, "secretmanager.secrets.getIamPolicy"),
	},
	{
		says: "gcp_secret.no_grant",
		provoke: func(w *world) string {
			w.box.Secret("stripe", sandbox.Enabled)
			return requiring(needsReader)(w)
		}, fix: runsIt,
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "is unknown") {
				w.Errorf("the grant does not help:\n%s", out)
			}
		},
	},
	{
		says: "gcp_secret.conditional_grant",
		provoke: func(w *world) string {
			w.box.Secret("stripe", sandbox.Enabled)
			w.must(w.box.GrantIf("stripe", "roles/secretmanager.secretAccessor", "request.time < timestamp('2030-01-01T00:00:00Z')", "serviceAccount:job@demo.iam.gserviceaccount.com"))
			return requiring(needsReader)(w)
		}, fix: runsIt,
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "is unknown") {
				w.Errorf("the grant does not help:\n%s", out)
			}
		},
	},
	{says: "gcp_secret.denied todo.verify", provoke: denied("", needsStripe, versionsGet)},
	{says: "gcp_secret.unauthenticated", provoke: troubled(needsStripe, getVersion, sandbox.Unauthenticated)},
	{says: "gcp_secret.no_answer", provoke: troubled(needsStripe, getVersion, sandbox.TimedOut)},
	{says: "gcp_secret.unasked", provoke: troubled(needsStripe, getVersion, sandbox.Internal)},
	{
		says: "gcp_service_account.gone", provoke: requiring(needsAccount),
		fix: func(w *world, _ said, _ string) { w.box.ServiceAccount("job@demo.iam.gserviceaccount.com", false) },
	},
	{
		says: "gcp_service_account.disabled",
		provoke: func(w *world) string {
			w.box.ServiceAccount("job@demo.iam.gserviceaccount.com", true)
			return requiring(needsAccount)(w)
		}, fix: runsIt,
	},
	{says: "gcp_service_account.denied", provoke: denied("", needsAccount, accountsGet)},
	{says: "gcp_service_account.unauthenticated", provoke: troubled(needsAccount, getAccount, sandbox.Unauthenticated)},
	{says: "gcp_service_account.unasked", provoke: troubled(needsAccount, getAccount, sandbox.Internal)},
	{says: "gcp_service_account.unreadable", provoke: troubled(needsAccount, getAccount, sandbox.DropBefore)},
	{
		says: "env.missing", provoke: requiring("  requires {\n    env {\n      names = [\"GREETING\"]\n    }\n  }\n"),
		fix: func(w *world, _ said, _ string) {
			w.simple("    env = { GREETING = \"hello\" }\n", "  requires {\n    env {\n      names = [\"GREETING\"]\n    }\n  }\n")
		},
	},
	{
		says: "requirement.worth_a_look env.lost",
		provoke: func(w *world) string {
			const needs = "  requires {\n    env {\n      names = [\"GREETING\"]\n    }\n  }\n"
			w.simple("    env = { GREETING = \"hello\", OLD = \"old\" }\n", needs)
			w.applies()
			w.simple("    env = { GREETING = \"hello\" }\n", needs)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.simple("    env = { GREETING = \"hello, hello\", OLD = \"old\" }\n", "  requires {\n    env {\n      names = [\"GREETING\"]\n    }\n  }\n")
		},
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Worth a look") {
				w.Errorf("the setting is there, and it says\n%s", out)
			}
		},
	},
	{
		says: "requires.http.no_answer",
		provoke: func(w *world) string {
			l, err := (&net.ListenConfig{}).Listen(w.Context(), "tcp", "127.0.0.1:0")
			w.must(err)
			at := l.Addr().String()
			w.must(l.Close())
			return requiring("  requires {\n    http {\n      url = \"http://" + at + "/\"\n    }\n  }\n")(w)
		},
		fix: func(w *world, s said, _ string) { // it runs where it can be reached
			up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w.Cleanup(up.Close)
			w.simple("", "  requires {\n    http {\n      url = \""+up.URL+"/\"\n    }\n  }\n")
		},
	},
	{
		says: "requires.http.another_status",
		provoke: func(w *world) string {
			w.must(w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{Version: "1", Unhealthy: true}))
			return requiring("  requires {\n    http {\n      url = \"@app/healthz\"\n    }\n  }\n")(w)
		},
		fix: func(w *world, _ said, _ string) {
			w.must(w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{Version: "1"}))
		},
	},
	{
		says: "cloud_run.gone",
		provoke: func(w *world) string {
			w.write(strings.ReplaceAll(replaceWords(exact0, "@v2", ""), "@service", "@service-late"))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.must(w.box.CreateService(w.Context(), "shop-late", w.V1)) },
		then: func(w *world) {
			w.applies()
			if v := w.box.Service("shop-late"); v.Percent[v.Newest] != 100 || len(v.Revisions) != 2 {
				w.Errorf("live is %v", v.Percent)
			}
		},
	},
	{says: "cloud_run.denied", provoke: denied("", "", servicesGet)},
	{says: "cloud_run.unread", provoke: troubled("", getService, sandbox.Internal)},
	{
		says: "cloud_run.version_gone",
		provoke: func(w *world) string {
			w.simple(mountsStripe, "")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.hasStripe(sandbox.Enabled) },
	},
	{
		says: "cloud_run.version_not_enabled",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Destroyed)
			w.simple(mountsStripe, "")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			_, err := w.box.AddSecretVersion("stripe", sandbox.Enabled)
			w.must(err)
			w.simple(strings.Replace(mountsStripe, "versions/1", "versions/2", 1), "")
		},
	},
	{
		says: "cloud_run.version_disabled",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Disabled)
			w.simple(mountsStripe, "")
			return w.planned()
		}, fix: runsIt,
	},
	{says: "cloud_run.version_denied", provoke: denied(mountsStripe, "", versionsGet)},
	{
		says: "cloud_run.version_unread",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Enabled)
			w.simple(mountsStripe, "")
			return w.during(sandbox.Fault{Kind: sandbox.Internal, Method: getVersion}, w.planned)
		},
	},
	{
		says: "cloud_run.longest_request_of_service",
		provoke: func(w *world) string {
			w.simple("    longest_request = \"290s\"\n", "")
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.times(s["needed"]) },
	},
	{
		says: "cloud_run.longest_request_of_revision",
		provoke: func(w *world) string {
			w.more()
			w.namesRevision(w.now(), "    longest_request = \"290s\"\n")
			return w.planned()
		},
		fix: func(w *world, s said, _ string) {
			w.times(s["needed"])
			w.namesRevision(w.now(), "    longest_request = \"290s\"\n")
		}, image: "@v3",
	},
	{
		says: "cloud_run.session_affinity",
		provoke: func(w *world) string {
			w.change(func(s *runpb.Service) { s.Template.SessionAffinity = true })
			w.clock.Advance(time.Second)
			w.simple("", "")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.change(func(s *runpb.Service) { s.Template.SessionAffinity = false })
			w.clock.Advance(time.Second)
		},
	},
	{
		says: "cloud_run.tag_of_broken",
		provoke: func(w *world) string {
			w.change(func(s *runpb.Service) {
				s.Template.Containers[0].Image, s.Template.Revision = w.NoStart, "shop-broken"
				s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: w.first, Percent: 100}, {Type: byName, Revision: "shop-broken", Tag: "old"}}
			})
			w.change(func(s *runpb.Service) { s.Template.Containers[0].Image, s.Template.Revision = w.V1, "" })
			w.clock.Advance(time.Hour)
			w.simple("", "")
			return w.planned()
		}, fix: runsIt,
	},
	{
		says: "requirement.deferred",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Enabled)
			w.write("resource \"terraform_data\" \"late\" {\n  input = \"projects/demo/secrets/stripe/versions/1\"\n}\nresource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = \"@v2\"\n  }\n  requires {\n    gcp_secret {\n      version = terraform_data.late.output\n    }\n  }\n}\n")
			return w.planned()
		},
	},
	{
		says: "revision.no_use",
		provoke: func(w *world) string {
			w.more()
			w.namesRevision("shop-00099-none", "")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.namesRevision(w.now(), "") }, image: "@v3",
	},
	{
		says: "home.no_use",
		provoke: func(w *world) string {
			w.simple("", "  home = \"shop-00099-none\"\n")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.simple("", "") },
	},
	{
		says: "barrier.would_close",
		provoke: func(w *world) string {
			w.box.Secret("stripe", sandbox.Enabled)
			w.applied("barrier")
			w.disable()
			return w.planned()
		},
		fix: runsIt, then: func(w *world) { w.applies(); w.quiet() },
	},
	{
		says: "now.barrier_closed",
		provoke: func(w *world) string {
			w.box.Secret("stripe", sandbox.Disabled)
			w.write(strings.ReplaceAll(barrierOf, "REQUIRES", needsStripe))
			w.provided(softened, w.read())
			return w.failed()
		},
		fix: runsIt, then: func(w *world) { w.applies(); w.quiet() },
	},
	{
		says: "todo.unmet rollout.nothing_moved now.live",
		provoke: func(w *world) string {
			w.box.Secret("stripe", sandbox.Disabled)
			w.simple("", needsStripe)
			w.provided(softened, w.read())
			return w.failed()
		}, fix: runsIt,
	},
}

// exact0 is a deployment without steps; words in capitals are replaced.
const exact0 = "resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = \"IMAGE\"\n  }\n  SETTINGS\n}\n"

// times gives the service a request timeout, as another tool does: what is made
// from then on has it.
func (w *world) times(timeout string) {
	w.Helper()
	d, err := time.ParseDuration(strings.TrimSuffix(timeout, "."))
	w.must(err)
	w.change(func(s *runpb.Service) {
		s.Template.Timeout = durationpb.New(d)
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: w.first, Percent: 100}}
	})
	w.clock.Advance(time.Second)
}

// namesRevision rolls out a revision that was made elsewhere.
func (w *world) namesRevision(revision, inside string) {
	w.Helper()
	w.write("resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service  = \"@service\"\n    revision = \"" + revision + "\"\n" + inside + "  }\n}\n")
}
