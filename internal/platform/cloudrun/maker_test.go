package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// maker opens the service as a new process would, and has it looked at.
func (h *harness) maker(t *testing.T, s settings) (*service, rollout.Token) {
	t.Helper()
	of := h.open(t, h.path(), s)
	return of, look(t, of).Token
}

func look(t *testing.T, of *service, ask ...rollout.Revision) rollout.Observation {
	t.Helper()
	o, err := of.Observe(t.Context(), ask...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (h *harness) make(t *testing.T, s settings) rollout.Revision {
	t.Helper()
	of, at := h.maker(t, s)
	made, err := of.Make(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// revisions lists what there is, the newest first.
func (h *harness) revisions(t *testing.T) []*runpb.Revision {
	t.Helper()
	client, err := h.clients.CloudRunRevisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []*runpb.Revision
	for r, err := range client.ListRevisions(t.Context(), &runpb.ListRevisionsRequest{Parent: h.path()}).All() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func (h *harness) live(t *testing.T) *runpb.Service {
	t.Helper()
	var out *runpb.Service
	of := h.open(t, h.path(), settings{})
	look(t, of)
	out = of.last
	return out
}

// unknownEnding fails unless an error leaves open whether something changed.
func unknownEnding(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("it is reported as done")
	}
	for _, nothing := range []error{rollout.ErrConflict, rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone} {
		if errors.Is(err, nothing) {
			t.Errorf("%v: to the caller that means that nothing has changed", err)
		}
	}
}

// TestMakeReusesWhatSomebodyElseMade: it is the content that counts, not who
// made it, in which order its settings stand, or what it is called.
func TestMakeReusesWhatSomebodyElseMade(t *testing.T) {
	h := newHarness(t)
	image := h.image(t, sandbox.Behaviour{Version: "theirs"})
	theirs := func(note string) rollout.Revision {
		h.change(t, func(s *runpb.Service) {
			s.Template.Revision = ""
			s.Template.Annotations = map[string]string{"note": note}
			c := s.Template.Containers[0]
			c.Image, c.Env = image, settingsIn(t, "B=2", "A=1")
		})
		return rollout.Revision(h.box.Service(shop).Newest)
	}
	first, second := theirs("first"), theirs("second")
	h.More(t, 3) // the template has gone on, and the list has pages
	wish := settings{image: image, env: map[string]string{"A": "1", "B": "2"}}
	of, at := h.maker(t, wish)
	for _, c := range []struct {
		broken rollout.Revision
		want   rollout.Revision
	}{{"", second}, {second, first}} {
		if c.broken != "" {
			h.Break(t, c.broken)
		}
		writes := h.Writes()
		if found, err := of.Find(t.Context()); err != nil || found != c.want {
			t.Errorf("found %q (%v), want %q", found, err, c.want)
		}
		if made, err := of.Make(t.Context(), at); err != nil || made != c.want {
			t.Errorf("made %q (%v), want %q", made, err, c.want)
		}
		if h.Writes() != writes {
			t.Error("something was written")
		}
	}
	h.Break(t, first)
	made := h.make(t, wish)
	if made == first || made == second {
		t.Errorf("%s is broken and was taken", made)
	}
	if again := h.live(t).GetTemplate().GetAnnotations()[againKey]; again != "" {
		t.Errorf("the template was another one, and was made to differ by %q", again)
	}
}

// TestMakeAgain: an unchanged template makes no revision, so each attempt names
// the one before.
func TestMakeAgain(t *testing.T) {
	h := newHarness(t)
	wish := settings{image: h.image(t, sandbox.Behaviour{FailStart: sandbox.FailListen})}
	var before rollout.Revision
	for i := range 3 {
		made := h.make(t, wish)
		if made == before {
			t.Fatalf("%s was taken again", made)
		}
		noted := h.live(t).GetTemplate().GetAnnotations()[againKey]
		if i > 0 && noted != string(before) {
			t.Errorf("%s is made after %q, want %q", made, noted, before)
		}
		if state := look(t, h.open(t, h.path(), settings{}), made).Health[made].State; state != rollout.Broken {
			t.Fatalf("%s is %s", made, state)
		}
		before = made
	}
	// The fix has another content, and needs no such note.
	h.make(t, settings{image: h.image(t, sandbox.Behaviour{Version: "fixed"})})
	if noted, ok := h.live(t).GetTemplate().GetAnnotations()[againKey]; ok {
		t.Errorf("the fix is noted as made after %q", noted)
	}
}

// TestMakeTwiceAfterALostAnswer: neither a process that knows only the state
// before its write, nor one that makes broken content again, makes a second one.
func TestMakeTwiceAfterALostAnswer(t *testing.T) {
	for name, image := range map[string]sandbox.Behaviour{
		"good content":                       {Version: "lost"},
		"content that starts slowly":         {Version: "slow", StartDelay: time.Hour},
		"content that was broken and is not": {Version: "mended"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			wish := settings{image: h.image(t, image)}
			if strings.HasPrefix(name, "content that was broken") {
				h.Break(t, h.make(t, wish))
			}
			of, at := h.maker(t, wish)
			there := len(h.revisions(t))
			remove := h.box.Fault(sandbox.Fault{Kind: sandbox.LostAnswer, Method: "run.UpdateService", Times: 1})
			_, err := of.Make(t.Context(), at)
			remove()
			unknownEnding(t, err)
			made, err := of.Make(t.Context(), at) // without another look
			if err != nil || string(made) != h.box.Service(shop).Newest {
				t.Errorf("the second attempt made %q (%v)", made, err)
			}
			if again := h.make(t, wish); again != made { // another process
				t.Errorf("the third made %q, not %q", again, made)
			}
			if n := len(h.revisions(t)); n != there+1 {
				t.Errorf("there are %d revisions more", n-there)
			}
		})
	}
}

// TestMakeBesideSomebodyElse: what another tool makes in the moment after our
// write is the newest, and not taken for ours.
func TestMakeBesideSomebodyElse(t *testing.T) {
	h := newHarness(t)
	image := h.image(t, sandbox.Behaviour{Version: "ours"})
	of, at := h.maker(t, settings{image: image})
	var theirs rollout.Revision
	h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Method: "run.GetService", Do: func() { theirs = h.More(t, 1)[0] }})
	made, err := of.Make(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if theirs == "" || made == theirs {
		t.Errorf("made %q; theirs is %q", made, theirs)
	}
	if of, err := of.Subject(t.Context(), made); err != nil || of.Facts["image"] != image {
		t.Errorf("it has image %s, want %s (%v)", of.Facts["image"], image, err)
	}
}

// TestMakeIsConditional: after somebody else's write, nothing is made.
func TestMakeIsConditional(t *testing.T) {
	for name, meddle := range map[string]func(t *testing.T, h *harness){
		"before the call": func(t *testing.T, h *harness) { h.More(t, 1) },
		"before the write arrives": func(t *testing.T, h *harness) {
			h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Method: "run.UpdateService", Do: func() { h.meddle(t, map[string]int{string(h.new): 100}, nil) }})
		},
	} {
		for _, looked := range []bool{true, false} { // in this process
			t.Run(fmt.Sprintf("%s, looked: %v", name, looked), func(t *testing.T) {
				h := newHarness(t)
				of, at := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "ours"})})
				meddle(t, h)
				if !looked {
					of = h.open(t, h.path(), of.settings)
				}
				there, writes := len(h.revisions(t)), h.Writes()
				if _, err := of.Make(t.Context(), at); !errors.Is(err, rollout.ErrConflict) {
					t.Errorf("it is %v, want a conflict", err)
				}
				if len(h.revisions(t)) != there || h.Writes() != writes {
					t.Error("something was made")
				}
			})
		}
	}
}

// TestMakeBesideAnotherLook: the template that the token means is the one that
// is changed, not the one that this process happened to see last.
func TestMakeBesideAnotherLook(t *testing.T) {
	h := newHarness(t)
	of, _ := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "ours"})})
	h.change(t, func(s *runpb.Service) { s.Template.MaxInstanceRequestConcurrency = 7 })
	if _, err := of.Make(t.Context(), look(t, h.open(t, h.path(), settings{})).Token); err != nil {
		t.Fatal(err)
	}
	if got := h.live(t).GetTemplate().GetMaxInstanceRequestConcurrency(); got != 7 {
		t.Errorf("somebody else's change of the template was undone: %d requests at once", got)
	}
}

// TestMakeWaitsUntilItIsNamed: reads that show the past for a while.
func TestMakeWaitsUntilItIsNamed(t *testing.T) {
	h := newHarness(t)
	of, at := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "late"})})
	defer h.box.Fault(sandbox.Fault{Kind: sandbox.StaleRead, Method: "run.GetService", D: time.Minute})()
	made, err := of.Make(t.Context(), at)
	if err != nil || string(made) != h.box.Service(shop).Newest {
		t.Errorf("made %q (%v), want %q", made, err, h.box.Service(shop).Newest)
	}
}

// TestMakeDoesNotWaitForReadiness: an operation that never ends is for Observe
// to tell; the revision has a name.
func TestMakeDoesNotWaitForReadiness(t *testing.T) {
	h := newHarness(t)
	of, at := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "endless"})})
	remove := h.box.Fault(sandbox.Fault{Kind: sandbox.NeverSettle, Method: "run.UpdateService"})
	made, err := of.Make(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	o := look(t, of, made)
	if o.Settled || o.Health[made].State != rollout.Starting || o.Routing.Split.Sole() != h.old || o.Newest != made {
		t.Errorf("it shows %+v", o)
	}
	remove()
	if o = look(t, of, made); !o.Settled || o.Health[made].State != rollout.Ready {
		t.Errorf("after it has ended it shows %+v", o)
	}
}

// TestMakeThatWasNotSeen: the write was taken, so no error may say that nothing
// has changed; the next attempt finds what was made.
func TestMakeThatWasNotSeen(t *testing.T) {
	deny := func(method string) sandbox.Fault { return sandbox.Fault{Kind: sandbox.Denied, Method: method} }
	for name, c := range map[string]struct {
		fault func(t *testing.T, h *harness) sandbox.Fault
		want  string
	}{
		"nothing new is ever shown": {
			func(*testing.T, *harness) sandbox.Fault {
				return sandbox.Fault{Kind: sandbox.StaleRead, Method: "run.GetService", D: time.Hour}
			},
			"the revision was asked for, and not seen: projects/demo/locations/us-central1/services/shop: the platform named no new revision within 2m",
		},
		"what is new is another one, and ours was deleted": {
			func(t *testing.T, h *harness) sandbox.Fault {
				return sandbox.Fault{Kind: sandbox.Before, Method: "run.GetService", Do: func() {
					ours := h.box.Service(shop).Newest
					h.More(t, 1)
					h.meddle(t, map[string]int{string(h.old): 100}, map[string]string{})
					h.delete(t, ours)
				}}
			},
			"the revision was asked for, and not seen: projects/demo/locations/us-central1/services/shop: for 2m no new revision had the content that was asked for; the newest is ",
		},
		"the service may not be read any more": {
			func(*testing.T, *harness) sandbox.Fault { return deny("run.GetService") },
			"the revision was asked for, and not seen: read Cloud Run service projects/demo/locations/us-central1/services/shop: permission denied: ",
		},
		"its revisions may not be listed any more": {
			func(*testing.T, *harness) sandbox.Fault {
				f := deny("run.ListRevisions")
				f.Skip = 1 // the look before the write
				return f
			},
			"the revision was asked for, and not seen: list the revisions of projects/demo/locations/us-central1/services/shop: permission denied: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			of, at := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "unseen"})})
			remove := h.box.Fault(c.fault(t, h))
			_, err := of.Make(t.Context(), at)
			remove()
			unknownEnding(t, err)
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("it says %q, want %q…", err, c.want)
			}
		})
	}
}

// TestMakeIsInterrupted: waiting for a name ends with the context.
func TestMakeIsInterrupted(t *testing.T) {
	h := newHarness(t)
	ctx, cancel := context.WithCancel(t.Context())
	of, at := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{Version: "interrupted"})})
	defer h.box.Fault(sandbox.Fault{Kind: sandbox.StaleRead, Method: "run.GetService", D: time.Hour})()
	looks := 0
	h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Method: "run.GetService", Times: 3, Do: func() {
		if looks++; looks == 3 { // the third look is the last one
			h.clock.Every(lookAgain, func(time.Time) { cancel() })
		}
	}})
	_, err := of.Make(ctx, at)
	unknownEnding(t, err)
	if want := "the revision was asked for, and not seen: context canceled"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

func (h *harness) delete(t *testing.T, revision string) {
	t.Helper()
	client, err := h.clients.CloudRunRevisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteRevision(t.Context(), &runpb.DeleteRevisionRequest{Name: h.path() + "/revisions/" + revision}); err != nil {
		t.Fatal(err)
	}
}

// TestMakeThatCannotBegin: nothing is written, and the error says why.
func TestMakeThatCannotBegin(t *testing.T) {
	ref := func(name, version string) secretRef { return secretRef{project, name, version} }
	for name, c := range map[string]struct {
		settings settings
		fault    sandbox.Fault
		want     error
		text     string
	}{
		"no such image": {settings: settings{image: "REGISTRY/shop/api:none"}, want: rollout.ErrGone, text: "image REGISTRY/shop/api:none does not exist"},
		"no such secrets; the first by name is told": {
			settings: settings{secrets: map[string]secretRef{"B": ref("b", "1"), "A": ref("a", "2"), "C": ref("c", "3"), "D": ref("d", "4")}},
			want:     rollout.ErrGone, text: "read the metadata of projects/demo/secrets/a/versions/2: does not exist: Secret [projects/481516234200/secrets/a] not found.",
		},
		"revisions may not be listed": {
			fault: sandbox.Fault{Kind: sandbox.Denied, Method: "run.ListRevisions"}, want: rollout.ErrDenied,
			text: "list the revisions of projects/demo/locations/us-central1/services/shop: permission denied: Permission 'run.revisions.list' denied",
		},
		"nothing may be written": {
			fault: sandbox.Fault{Kind: sandbox.Denied, Method: "run.UpdateService"}, want: rollout.ErrDenied,
			text: "update Cloud Run service projects/demo/locations/us-central1/services/shop: permission denied: Permission 'run.services.update' denied",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if c.settings.image == "" {
				c.settings.image = h.image(t, sandbox.Behaviour{Version: "made"})
			}
			c.settings.image = strings.ReplaceAll(c.settings.image, "REGISTRY", h.box.Registry())
			of, at := h.maker(t, c.settings)
			if c.fault.Kind != 0 {
				defer h.box.Fault(c.fault)()
			}
			writes := h.Writes()
			expect := func(what string, none bool, err error) {
				t.Helper()
				if want := strings.ReplaceAll(c.text, "REGISTRY", h.box.Registry()); !none || !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s: it is %v (nothing else: %v), want %s…", what, err, none, want)
				}
			}
			made, err := of.Make(t.Context(), at)
			expect("make", made == "", err)
			if h.Writes() != writes {
				t.Error("something was written")
			}
			fresh := h.open(t, h.path(), c.settings)
			if c.fault.Method != "run.UpdateService" { // the rest reads only
				found, err := fresh.Find(t.Context())
				expect("find", found == "", err)
			}
			if c.fault.Kind == 0 { // the rest reads no revision
				hash, err := fresh.Content(t.Context())
				expect("content", hash == "", err)
				planned, err := fresh.planned(t.Context())
				expect("planned", planned.Revision == "", err)
			}
		})
	}
}

// TestNoServiceNoContent: what cannot be observed has no content.
func TestNoServiceNoContent(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path()+"-nowhere", settings{image: h.image(t, sandbox.Behaviour{})})
	if _, err := of.Content(t.Context()); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("its content: %v", err)
	}
	if _, err := of.Find(t.Context()); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("found: %v", err)
	}
	if _, err := of.Subject(t.Context(), h.old); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("described: %v", err)
	}
	if _, err := of.Make(t.Context(), "any"); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("made: %v", err)
	}
	if err := of.Apply(t.Context(), rollout.Routing{Split: rollout.All(h.old)}, "any"); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("applied: %v", err)
	}
}

// TestNewestSecretIsResolvedOnce: to its number, and a rollout does not change
// its mind in the middle.
func TestNewestSecretIsResolvedOnce(t *testing.T) {
	h := newHarness(t)
	h.box.Secret("key", sandbox.Enabled, sandbox.Enabled)
	if err := h.box.Grant("key", "roles/secretmanager.secretAccessor", "serviceAccount:"+h.live(t).GetTemplate().GetServiceAccount()); err != nil {
		t.Fatal(err)
	}
	ref := secretRef{project, "key", "latest"}
	wish := settings{image: h.image(t, sandbox.Behaviour{Version: "made"}), secrets: map[string]secretRef{"KEY": ref}}
	of, at := h.maker(t, wish)
	before, err := of.Content(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.box.AddSecretVersion("key", sandbox.Enabled); err != nil {
		t.Fatal(err)
	}
	if after, err := of.Content(t.Context()); err != nil || after != before {
		t.Errorf("its content changed from %s to %s (%v)", before, after, err)
	}
	made, err := of.Make(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	look(t, of, made)
	if got := settingsSaid(of.revisions[made].GetContainers()[0].GetEnv()); !slices.Contains(got, "KEY from key:2") {
		t.Errorf("it was made with %q", got)
	}
	// The number is the same content, and the version that has come since is not.
	wish.secrets = map[string]secretRef{"KEY": {project, "key", "2"}}
	of, _ = h.maker(t, wish)
	if found, err := of.Find(t.Context()); err != nil || found != made {
		t.Errorf("by number, found %q (%v), want %q", found, err, made)
	}
	wish.secrets = map[string]secretRef{"KEY": ref}
	of, _ = h.maker(t, wish)
	if found, err := of.Find(t.Context()); err != nil || found != "" {
		t.Errorf("with a new version, found %q (%v)", found, err)
	}
	if got, err := of.versions(t.Context()); err != nil || !maps.Equal(got, map[string]string{"KEY": "key:3"}) {
		t.Errorf("it stands for %v (%v), want 3", got, err)
	}
	of.settings.secrets = map[string]secretRef{"KEY": ref}
	for _, name := range []string{"e", "d", "c", "b", "a"} {
		of.settings.secrets[strings.ToUpper(name)] = secretRef{project, name, "1"}
	}
	for range 5 { // the first by name is told, always
		if got, err := of.versions(t.Context()); got != nil || !errors.Is(err, rollout.ErrGone) || !strings.Contains(err.Error(), "secrets/a/versions/1") {
			t.Errorf("with some that do not exist it says %v, %v", got, err)
		}
	}
}

// TestTagIsResolvedOnce: the candidate is made by digest.
func TestTagIsResolvedOnce(t *testing.T) {
	h := newHarness(t)
	byDigest, err := h.box.Image("shop/api", "moving", sandbox.Behaviour{Version: "a"})
	if err != nil {
		t.Fatal(err)
	}
	of, at := h.maker(t, settings{image: h.box.Registry() + "/shop/api:moving"})
	planned, err := of.planned(t.Context())
	if err != nil || planned.Facts["image"] != byDigest {
		t.Fatalf("planned is %s (%v), want %s", planned.Facts["image"], err, byDigest)
	}
	if _, err := h.box.Image("shop/api", "moving", sandbox.Behaviour{Version: "b"}); err != nil {
		t.Fatal(err)
	}
	made, err := of.Make(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := of.Subject(t.Context(), made); err != nil || got.Facts["image"] != byDigest {
		t.Errorf("made with %s (%v), want %s", got.Facts["image"], err, byDigest)
	}
}

// TestMakeBesideOthers: a name that sticks to the template is not echoed,
// entries that follow the latest are pinned, and what left our settings leaves
// while theirs stay.
func TestMakeBesideOthers(t *testing.T) {
	h := newHarness(t)
	h.change(t, func(s *runpb.Service) { // as gcloud deploys
		s.Template.Revision = shop + "-00042-fox"
		s.Template.Containers[0].Env = settingsIn(t, "THEIRS=1")
		s.Traffic = []*runpb.TrafficTarget{{Type: latest, Percent: 100}, {Type: latest, Tag: "live"}}
	})
	image := h.image(t, sandbox.Behaviour{Version: "ours"})
	h.make(t, settings{image: image, env: map[string]string{"A": "1", "B": "2"}})
	made := h.make(t, settings{image: image, env: map[string]string{"B": "2"}, command: []string{"/app"}})
	s := h.live(t)
	if want := []string{"shop-00042-fox 100%", "latest @live", "latest @ro-cand"}; !slices.Equal(said(s.GetTraffic()), want) {
		t.Errorf("its traffic is %q, want %q", said(s.GetTraffic()), want)
	}
	if got := settingsSaid(s.GetTemplate().GetContainers()[0].GetEnv()); !slices.Equal(got, []string{"THEIRS=1", "B=2"}) {
		t.Errorf("its settings are %q", got)
	}
	planned, err := h.open(t, h.path(), settings{image: image, env: map[string]string{"C": "3"}}).planned(t.Context())
	if err != nil || planned.Revision != "the revision to be made" || !slices.Equal(planned.Env, []string{"C", "THEIRS"}) || planned.URL != "" ||
		planned.Facts["project"] != project || planned.Facts["location"] != "us-central1" || planned.Facts["service"] != shop || planned.Facts["image"] != image {
		t.Errorf("planned is %+v (%v)", planned, err)
	}
	of := h.open(t, h.path(), settings{})
	described, err := of.Subject(t.Context(), made)
	if err != nil || described.Facts["content"] == planned.Facts["content"] || described.Facts["content"] != look(t, of).Template {
		t.Errorf("what was made is described as %+v (%v)", described, err)
	}
}

// TestCallersListIsLeftAlone: asking about some does not write into the
// caller's slice.
func TestCallersListIsLeftAlone(t *testing.T) {
	h := newHarness(t)
	ask := []rollout.Revision{h.new, "mine", "mine"}
	look(t, h.open(t, h.path(), settings{}), ask[:1]...)
	if ask[1] != "mine" {
		t.Errorf("the caller's list became %v", ask)
	}
}

// TestSeveralErrorsAreInOrder: whoever answers first.
func TestSeveralErrorsAreInOrder(t *testing.T) {
	h := newHarness(t)
	defer h.box.Deny("run.revisions.get")()
	of := h.open(t, h.path(), settings{})
	names := []rollout.Revision{"shop-9", "shop-1", "shop-5", "shop-1", "", "shop-3"}
	_, err := of.getRevisions(t.Context(), names)
	if !errors.Is(err, rollout.ErrDenied) {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "read Cloud Run revision "+h.path()+"/revisions/"), ":")
		got = append(got, name)
	}
	if want := []string{"shop-9", "shop-1", "shop-5", "shop-3"}; !slices.Equal(got, want) {
		t.Errorf("they are told as %q, want %q", got, want)
	}
	if _, err := of.Observe(t.Context()); !errors.Is(err, rollout.ErrDenied) || of.last != nil {
		t.Errorf("observed without its revisions: %v", err)
	}
}
