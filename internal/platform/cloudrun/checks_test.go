package cloudrun

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// change is somebody else's write to the service, through the API.
func (h *harness) change(t *testing.T, do func(*runpb.Service)) {
	t.Helper()
	client, err := h.clients.CloudRunServices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: h.path()})
	if err != nil {
		t.Fatal(err)
	}
	do(s)
	if _, err := client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: s}); err != nil {
		t.Fatal(err)
	}
}

// tag puts one on a revision, whether that exists or not.
func (h *harness) tag(t *testing.T, tag, revision string) {
	t.Helper()
	h.change(t, func(s *runpb.Service) {
		e := &runpb.TrafficTarget{Type: byName, Revision: revision, Tag: tag}
		if revision == "" {
			e.Type = latest
		}
		s.Traffic = append(s.Traffic, e)
	})
}

// requires runs what the platform itself wants to be true.
func (h *harness) requires(t *testing.T, s settings) []rollout.Finding {
	t.Helper()
	return findings(t, h.open(t, h.path(), s))
}

func findings(t *testing.T, of *service) []rollout.Finding {
	t.Helper()
	var out []rollout.Finding
	for _, c := range of.requires() {
		out = append(out, c.Run(t.Context(), nil, nil)...)
	}
	return out
}

// alike compares findings; a Why that ends with … may go on.
func alikeFindings(got, want []rollout.Finding) bool {
	return slices.EqualFunc(got, want, func(g, w rollout.Finding) bool {
		if start, ok := strings.CutSuffix(w.Why, "…"); ok && strings.HasPrefix(g.Why, start) {
			w.Why = g.Why
		}
		return g == w
	})
}

const (
	fixAgain = "Remove the cause, and plan again. Apply looks again, before anything moves."
	fixRead  = "Grant the permission that the message names; roles/run.viewer has what a plan reads."
)

func onService(status rollout.Status, why, fix string) rollout.Finding {
	return rollout.Finding{Check: "cloud_run", Object: shop, Status: status, Why: why, Fix: fix}
}

func TestServiceUsable(t *testing.T) {
	const (
		path    = "projects/demo/locations/us-central1/services/shop"
		blocked = ": while it does, Cloud Run applies no change of traffic"
		untag   = "Remove that tag:\n  gcloud run services update-traffic shop --project demo --region us-central1 --remove-tags "
	)
	exists := onService(rollout.Passed, "the service exists and can be read", "")
	for name, c := range map[string]struct {
		settings settings
		named    bool // the candidate is the revision New, made elsewhere
		before   func(t *testing.T, h *harness)
		want     []rollout.Finding
	}{
		"nothing asked": {want: []rollout.Finding{exists}},
		"the longest request fits, with 30 s to spare": {settings: settings{longestRequest: 270 * time.Second}, want: []rollout.Finding{
			exists, onService(rollout.Passed, "the longest request of 4m30s fits into the request timeout of 5m", ""),
		}},
		"a millisecond too long": {settings: settings{longestRequest: 270*time.Second + time.Millisecond}, want: []rollout.Finding{
			exists, onService(rollout.Failed, "the longest request takes 4m30s, and with 30s to spare that does not fit into the service's request timeout of 5m",
				"Set the service's timeout to at least 5m."),
		}},
		"a revision made with less time than the service has now": {
			settings: settings{longestRequest: 5 * time.Minute}, named: true,
			before: func(t *testing.T, h *harness) {
				h.change(t, func(s *runpb.Service) { s.Template.Timeout = durationpb.New(time.Hour) })
			},
			want: []rollout.Finding{exists, onService(rollout.Failed,
				"the longest request takes 5m, and with 30s to spare that does not fit into NEW's request timeout of 5m",
				"Set the service's timeout to at least 5m30s, and name a revision that was made with it.")},
		},
		"a revision made with more time than the service has now": {
			settings: settings{longestRequest: 2 * time.Minute}, named: true,
			before: func(t *testing.T, h *harness) {
				h.change(t, func(s *runpb.Service) { s.Template.Timeout = durationpb.New(time.Minute) })
			},
			want: []rollout.Finding{exists, onService(rollout.Passed, "the longest request of 2m fits into the request timeout of 5m", "")},
		},
		"a revision that is missing has no timeout": {
			settings: settings{longestRequest: time.Hour, revision: "shop-00099-zzz"}, want: []rollout.Finding{exists},
		},
		"session affinity": {
			before: func(t *testing.T, h *harness) {
				h.change(t, func(s *runpb.Service) { s.Template.SessionAffinity = true })
			},
			want: []rollout.Finding{exists, {
				Check: "cloud_run", Object: shop, Status: rollout.Failed, Advisory: true,
				Why: "session affinity is on, and takes precedence over any split: users keep the revision that they have, so the shares differ from the ones that are asked for",
				Fix: "Switch session_affinity off on the service, or judge the steps by min_samples.",
			}},
		},
		"somebody's tag on a revision that cannot serve": {
			before: func(t *testing.T, h *harness) { h.tag(t, "next", string(h.new)); h.Break(t, h.new) },
			want:   []rollout.Finding{exists, onService(rollout.Failed, `the tag "next" names NEW, which is broken`+blocked, untag+"next")},
		},
		"somebody's tag on a revision that was deleted": {
			before: func(t *testing.T, h *harness) { h.tag(t, "gone", "shop-00099-zzz") },
			want:   []rollout.Finding{exists, onService(rollout.Failed, `the tag "gone" names shop-00099-zzz, which is missing`+blocked, untag+"gone")},
		},
		"tags that keep nothing from moving": {
			before: func(t *testing.T, h *harness) {
				h.tag(t, "good", string(h.new))
				h.tag(t, "newest", "")
				h.tag(t, "ro-home", "shop-00099-zzz") // ours: the next write takes it away
			},
			want: []rollout.Finding{exists},
		},
		"a share without a tag on what broke since": {
			before: func(t *testing.T, h *harness) {
				h.meddle(t, map[string]int{string(h.new): 100}, map[string]string{})
				h.Break(t, h.new)
			},
			want: []rollout.Finding{exists}, // it is the health of who serves, and a way back is open
		},
		"a tag on a revision that is starting": {
			before: func(t *testing.T, h *harness) {
				h.change(t, func(s *runpb.Service) {
					s.Template.Containers[0].Image = h.image(t, sandbox.Behaviour{Version: "slow", StartDelay: time.Hour})
				})
				h.tag(t, "slow", h.box.Service(shop).Newest)
			},
			want: []rollout.Finding{exists},
		},
		"the service may not be read": {
			before: func(t *testing.T, h *harness) { t.Cleanup(h.box.Deny("run.services.get")) },
			want: []rollout.Finding{{
				Check: "cloud_run", Object: path, Status: rollout.Skipped, Fix: fixRead,
				Why: "read Cloud Run service " + path + ": permission denied: Permission 'run.services.get' denied…",
			}},
		},
		"the platform is down": {
			before: func(t *testing.T, h *harness) {
				t.Cleanup(h.box.Fault(sandbox.Fault{Kind: sandbox.Internal, Method: "run.GetService"}))
			},
			want: []rollout.Finding{{
				Check: "cloud_run", Object: path, Status: rollout.Skipped, Fix: fixAgain,
				Why: "read Cloud Run service " + path + ": Internal: Internal error encountered.",
			}},
		},
		"a tagged revision may not be read": {
			before: func(t *testing.T, h *harness) {
				h.tag(t, "next", string(h.new))
				t.Cleanup(h.box.Fault(sandbox.Fault{Kind: sandbox.Denied, Method: "run.GetRevision", Match: string(h.new)}))
			},
			want: []rollout.Finding{exists, {
				Check: "cloud_run", Object: path + "/revisions/NEW", Status: rollout.Skipped, Fix: fixRead,
				Why: "read Cloud Run revision " + path + "/revisions/NEW: permission denied: Permission 'run.revisions.get' denied…",
			}},
		},
		"the named revision cannot be read": {
			settings: settings{longestRequest: time.Minute}, named: true,
			before: func(t *testing.T, h *harness) {
				t.Cleanup(h.box.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Method: "run.GetRevision", Match: string(h.new)}))
			},
			want: []rollout.Finding{exists, {
				Check: "cloud_run", Object: path + "/revisions/NEW", Status: rollout.Skipped, Fix: fixAgain,
				Why: "read Cloud Run revision " + path + "/revisions/NEW: Unavailable: The service is currently unavailable.",
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if c.before != nil {
				c.before(t, h)
			}
			if c.named {
				c.settings.revision = h.new
			}
			for i := range c.want {
				c.want[i].Why = strings.ReplaceAll(c.want[i].Why, "NEW", string(h.new))
				c.want[i].Object = strings.ReplaceAll(c.want[i].Object, "NEW", string(h.new))
			}
			writes := h.Writes()
			if got := h.requires(t, c.settings); !alikeFindings(got, c.want) {
				t.Errorf("it finds\n%+v\nwant\n%+v", got, c.want)
			}
			if h.Writes() != writes {
				t.Error("looking wrote something")
			}
		})
	}
}

// TestServiceIsGone: a moment may mend it, for in the same apply it may just
// be on its way.
func TestServiceIsGone(t *testing.T) {
	h := newHarness(t)
	want := []rollout.Finding{{
		Check: "cloud_run", Object: h.path() + "-nowhere", Status: rollout.Failed, Retry: true, Why: "it does not exist",
		Fix: "Create it first. If it is created in this same apply, refer to it by its computed id (google_cloud_run_v2_service.NAME.id), so that it is looked at in apply.",
	}}
	if got := findings(t, h.open(t, h.path()+"-nowhere", settings{longestRequest: time.Hour})); !alikeFindings(got, want) {
		t.Errorf("it finds\n%+v\nwant\n%+v", got, want)
	}
}

func TestSecretsUsable(t *testing.T) {
	const add = "Add the version. If it is created in this same apply, refer to it by its computed id (google_secret_manager_secret_version.NAME.id), so that it is looked at in apply."
	ref := func(secret, version string) secretRef { return secretRef{project, secret, version} }
	enable := func(n string) string {
		return "Name another version, or enable it:\n  gcloud secrets versions enable " + n + " --secret db --project demo"
	}
	for name, c := range map[string]struct {
		secrets map[string]secretRef
		fault   func(*sandbox.Sandbox) (remove func())
		want    []rollout.Finding
	}{
		"none": {},
		"enabled, by number and as the newest, sorted by name": {
			secrets: map[string]secretRef{"E": ref("db", "3"), "C": ref("db", "3"), "B": ref("db", "3"), "D": ref("db", "3"), "A": ref("db", "latest")},
			want: []rollout.Finding{
				{Object: "A = projects/demo/secrets/db/versions/latest", Status: rollout.Passed, Why: "version 3 is enabled"},
				{Object: "B = projects/demo/secrets/db/versions/3", Status: rollout.Passed, Why: "version 3 is enabled"},
				{Object: "C = projects/demo/secrets/db/versions/3", Status: rollout.Passed, Why: "version 3 is enabled"},
				{Object: "D = projects/demo/secrets/db/versions/3", Status: rollout.Passed, Why: "version 3 is enabled"},
				{Object: "E = projects/demo/secrets/db/versions/3", Status: rollout.Passed, Why: "version 3 is enabled"},
			},
		},
		"disabled": {secrets: map[string]secretRef{"A": ref("db", "2")}, want: []rollout.Finding{{
			Object: "A = projects/demo/secrets/db/versions/2", Status: rollout.Failed,
			Why: "version 2 is DISABLED; a revision that needs it would not start", Fix: enable("2"),
		}}},
		"destroyed": {secrets: map[string]secretRef{"A": ref("db", "1")}, want: []rollout.Finding{{
			Object: "A = projects/demo/secrets/db/versions/1", Status: rollout.Failed,
			Why: "version 1 is DESTROYED; a revision that needs it would not start", Fix: "Name another version, or add one.",
		}}},
		"the newest is disabled": {
			secrets: map[string]secretRef{"A": ref("db", "latest")},
			fault: func(s *sandbox.Sandbox) func() {
				if err := s.SetSecretVersion("db", 3, sandbox.Disabled); err != nil {
					panic(err)
				}
				return func() {}
			},
			want: []rollout.Finding{{
				Object: "A = projects/demo/secrets/db/versions/latest", Status: rollout.Failed,
				Why: "version 3 is DISABLED; a revision that needs it would not start", Fix: enable("3"),
			}},
		},
		"no such version, no such secret": {
			secrets: map[string]secretRef{"A": ref("db", "4"), "B": ref("other", "latest")},
			want: []rollout.Finding{
				{Object: "A = projects/demo/secrets/db/versions/4", Status: rollout.Failed, Retry: true, Why: "the secret has no such version; a revision that needs it would not start", Fix: add},
				{Object: "B = projects/demo/secrets/other/versions/latest", Status: rollout.Failed, Retry: true, Why: "the secret has no such version; a revision that needs it would not start", Fix: add},
			},
		},
		"not ours to see": {
			secrets: map[string]secretRef{"A": ref("db", "3")},
			fault:   func(s *sandbox.Sandbox) func() { return s.Deny("secretmanager.versions.get") },
			want: []rollout.Finding{{
				Object: "A = projects/demo/secrets/db/versions/3", Status: rollout.Skipped,
				Why: "read the metadata of projects/demo/secrets/db/versions/3: permission denied: Permission 'secretmanager.versions.get' denied…",
				Fix: "Grant secretmanager.versions.get, which shows metadata only (roles/secretmanager.viewer).",
			}},
		},
		"Secret Manager is down": {
			secrets: map[string]secretRef{"A": ref("db", "3")},
			fault: func(s *sandbox.Sandbox) func() {
				return s.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Method: "secretmanager."})
			},
			want: []rollout.Finding{{
				Object: "A = projects/demo/secrets/db/versions/3", Status: rollout.Skipped,
				Why: "read the metadata of projects/demo/secrets/db/versions/3: Unavailable: The service is currently unavailable.",
				Fix: "Remove the cause, and plan again. Apply looks again, before anything moves.",
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.box.Secret("db", sandbox.Destroyed, sandbox.Disabled, sandbox.Enabled)
			if c.fault != nil {
				t.Cleanup(c.fault(h.box))
			}
			for i := range c.want {
				c.want[i].Check = "cloud_run"
			}
			got := h.requires(t, settings{secrets: c.secrets})[1:] // the first is about the service
			if !alikeFindings(got, c.want) {
				t.Errorf("it finds\n%+v\nwant\n%+v", got, c.want)
			}
		})
	}
}

// TestSecretsCannotBeAsked: no client, no finding that passes.
func TestSecretsCannotBeAsked(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{secrets: map[string]secretRef{"A": {project, "db", "1"}}})
	of.clients = unreachable(h)
	want := []rollout.Finding{
		{Check: "cloud_run", Object: h.path(), Status: rollout.Skipped, Why: "The Google endpoint would carry credentials in clear…", Fix: fixAgain},
		{Check: "cloud_run", Object: "Secret Manager", Status: rollout.Skipped, Why: "The Google endpoint would carry credentials in clear…", Fix: fixAgain},
	}
	if got := findings(t, of); !alikeFindings(got, want) {
		t.Errorf("it finds\n%+v\nwant\n%+v", got, want)
	}
	of.settings.secrets = nil
	if got := of.secretsUsable(t.Context(), nil, nil); got != nil {
		t.Errorf("without secrets Secret Manager is needed: %+v", got)
	}
}

// unreachable are clients that cannot be built.
func unreachable(h *harness) *cloud.Clients {
	return cloud.New(cloud.Config{Google: cloud.Google{Endpoint: "http://elsewhere.example"}, Clock: h.clock})
}
