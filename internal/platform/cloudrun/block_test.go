package cloudrun

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	api     = "projects/demo/locations/us-central1/services/api"
	pinned  = "host/app@sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51"
	version = "projects/demo/secrets/key/versions/3"
)

// written is a block as configuration writes it: strings, maps, lists; what is
// absent is null. where is a block that only says where.
type written map[string]any

var later = types.StringUnknown()

func (w written) block(t *testing.T, where bool) types.Object {
	t.Helper()
	attributes := maps.Clone(Kind().Locate)
	if !where {
		maps.Copy(attributes, Kind().Make)
	}
	kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, a := range attributes {
		kinds[name] = a.GetType()
		values[name] = w.value(t, a.GetType(), w[name])
	}
	out, diags := types.ObjectValue(kinds, values)
	if diags.HasError() {
		t.Fatal(diags)
	}
	for name := range w {
		if attributes[name] == nil {
			t.Fatalf("the block has no %s", name)
		}
	}
	return out
}

func (w written) value(t *testing.T, kind attr.Type, v any) attr.Value {
	t.Helper()
	switch v := v.(type) {
	case string:
		return types.StringValue(v)
	case attr.Value:
		return v
	case map[string]any:
		out := map[string]attr.Value{}
		for key, e := range v {
			out[key] = w.value(t, types.StringType, e)
		}
		return types.MapValueMust(types.StringType, out)
	case []string:
		out := []attr.Value{}
		for _, e := range v {
			out = append(out, types.StringValue(e))
		}
		return types.ListValueMust(types.StringType, out)
	}
	null, err := kind.ValueFromTerraform(t.Context(), tftypes.NewValue(kind.TerraformType(t.Context()), nil))
	if err != nil {
		t.Fatal(err)
	}
	return null
}

func TestValidate(t *testing.T) {
	const (
		notAService = "This is not the id of a Cloud Run service"
		useTheID    = "Use the id of the service's resource (google_cloud_run_v2_service.NAME.id)."
		noVersion   = "secrets maps names to versions in Secret Manager, and this is no version's id."
		elsewhere   = "The revision was made elsewhere, with the settings that it has."
		set         = "The platform refuses a revision that sets it."
		isNull      = "It is null, which says neither that the setting is there nor that it is not."
		leaveOut    = "Give it a value, or leave the name out."
	)
	tag := func(image string) rollout.Problem {
		return rollout.Problem{
			At: "image", What: "The image is named by a tag",
			Why: image + " can stand for another image by the time of the apply, and what was reviewed would not be what goes live.",
			Fix: `Name it by digest: data "rollout_image" "api" { image = "` + image + `" } gives it as data.rollout_image.api.by_digest. Or accept it with mutable_tag = "allow".`,
		}
	}
	alone := func(key string) rollout.Problem {
		return rollout.Problem{At: key, What: key + " has no effect beside revision", Why: elsewhere, Fix: "Remove " + key + ", or give image to have the revision made here."}
	}
	empty := func(key string) rollout.Problem {
		return rollout.Problem{
			At: key, What: key + " is empty", Why: "Nothing says what shall be live.",
			Fix: "Give it a value. If a variable was to have it, as a pipeline sets it, see why it has none; to leave " + key + " out, set it to null.",
		}
	}
	duration := func(v string) rollout.Problem {
		return rollout.Problem{
			At: "longest_request", What: "longest_request is not a duration", Why: `It is "` + v + `".`, Fix: `Write a number with a unit, such as "45s" or "5m".`,
		}
	}
	for name, c := range map[string]struct {
		block written
		where bool // the block says only where
		want  []rollout.Problem
	}{
		"an image by digest": {block: written{"service": api, "image": pinned}},
		"everything": {block: written{
			"service": api, "image": pinned, "env": map[string]any{"A": "1", "B": ""}, "secrets": map[string]any{"KEY": version, "NEW": "projects/p/secrets/s/versions/latest"},
			"command": []string{"/app"}, "args": []string{}, "longest_request": "4m30s",
		}},
		"a revision":                   {block: written{"service": api, "revision": "api-00001-abc", "longest_request": "1m"}},
		"a tag that is allowed":        {block: written{"service": api, "image": "host/app:v1", "mutable_tag": "allow"}},
		"only where":                   {block: written{"service": api}, where: true},
		"nothing is known yet":         {block: written{"service": later, "image": later, "mutable_tag": later, "longest_request": later, "env": types.MapUnknown(types.StringType), "secrets": types.MapUnknown(types.StringType), "command": types.ListUnknown(types.StringType)}},
		"the revision is not known":    {block: written{"service": api, "revision": later}},
		"which of both is not known":   {block: written{"service": api, "image": pinned, "revision": later}},
		"which of both is not known 2": {block: written{"service": api, "image": later, "revision": "api-1"}},
		"values are not known": {block: written{
			"service": api, "image": pinned, "env": map[string]any{"A": later}, "secrets": map[string]any{"KEY": later},
		}},
		"the longest name": {block: written{"service": "projects/demo/locations/l/services/" + strings.Repeat("a", 44), "revision": "r"}},

		"an empty service": {block: written{"service": "", "revision": "r"}, want: []rollout.Problem{{
			At: "service", What: notAService, Why: `"" is not projects/PROJECT/locations/REGION/services/NAME.`, Fix: useTheID,
		}}},
		"a bare name": {block: written{"service": "api"}, where: true, want: []rollout.Problem{{
			At: "service", What: notAService, Why: `"api" is not projects/PROJECT/locations/REGION/services/NAME.`, Fix: useTheID,
		}}},
		"a name too long": {block: written{"service": "projects/demo/locations/l/services/" + strings.Repeat("a", 45), "revision": "r"}, want: []rollout.Problem{{
			At: "service", What: "The service's name is too long for a traffic tag",
			Why: "The service's name has 45 characters; beside the tag that marks the way home it may have 44.",
			Fix: "Use a service with a shorter name: without the tag nothing would say where home is.",
		}}},
		"both": {block: written{"service": api, "image": pinned, "revision": "api-1"}, want: []rollout.Problem{{
			At: "revision", What: "Both image and revision are given",
			Why: "With image the revision is made here; with revision it was made elsewhere.", Fix: "Give exactly one of them.",
		}}},
		"neither": {block: written{"service": api}, want: []rollout.Problem{{
			What: "Neither image nor revision is given", Why: "Nothing says what shall be live.",
			Fix: "Give image, to have the revision made here at 0 %, or revision, to name one that was made elsewhere.",
		}}},
		"an empty image":         {block: written{"service": api, "image": ""}, want: []rollout.Problem{empty("image")}},
		"an empty revision":      {block: written{"service": api, "revision": ""}, want: []rollout.Problem{empty("revision")}},
		"a revision without one": {block: written{"service": api, "revision": api + "/revisions/"}, want: []rollout.Problem{empty("revision")}},
		"mutable_tag is another word": {block: written{"service": api, "image": "host/app:v1", "mutable_tag": "yes"}, want: []rollout.Problem{
			{At: "mutable_tag", What: `mutable_tag can only be "allow"`, Why: `It is "yes".`, Fix: `Write mutable_tag = "allow", or leave it out.`},
			tag("host/app:v1"),
		}},
		"a tag":  {block: written{"service": api, "image": "host/app:v1"}, want: []rollout.Problem{tag("host/app:v1")}},
		"no tag": {block: written{"service": api, "image": "host/app"}, want: []rollout.Problem{tag("host/app")}},
		"no image": {block: written{"service": api, "image": "host/App:v 1"}, want: []rollout.Problem{{
			At: "image", What: "This is not the name of an image", Why: `"host/App:v 1" cannot be read as one.`, Fix: "Write host/path@sha256:DIGEST.",
		}}},
		"a digest cut short, though tags are allowed": {block: written{"service": api, "image": "host/app@sha256:7ee8", "mutable_tag": "allow"}, want: []rollout.Problem{{
			At: "image", What: "This is not the name of an image", Why: `"host/app@sha256:7ee8" cannot be read as one.`, Fix: "Write host/path@sha256:DIGEST.",
		}}},
		"a name twice": {block: written{"service": api, "image": pinned, "env": map[string]any{"KEY": "1", "A": "1"}, "secrets": map[string]any{"KEY": version}}, want: []rollout.Problem{{
			At: "secrets", What: "KEY stands in env and in secrets", Why: "A revision has one value for a name.", Fix: "Leave it in one of them.",
		}}},
		"secrets that are none, in order": {block: written{"service": api, "image": pinned, "secrets": map[string]any{"B": "key", "A": "projects/p/secrets/s", "C": "projects/p/secrets/s/versions/"}}, want: []rollout.Problem{
			{At: "secrets", What: "A is not a version of a secret", Why: noVersion, Fix: "This names the secret. Append /versions/latest, or use the id of a version (google_secret_manager_secret_version.NAME.id)."},
			{At: "secrets", What: "B is not a version of a secret", Why: noVersion, Fix: "Use the id of the version (google_secret_manager_secret_version.NAME.id), or projects/PROJECT/secrets/NAME/versions/latest."},
			{At: "secrets", What: "C is not a version of a secret", Why: noVersion, Fix: "Use the id of the version (google_secret_manager_secret_version.NAME.id), or projects/PROJECT/secrets/NAME/versions/latest."},
		}},
		"what Cloud Run sets": {block: written{"service": api, "image": pinned, "env": map[string]any{"PORT": "1", "K_SERVICE": "", "K_REVISION": "", "K_CONFIGURATION": "", "K_OTHER": ""}}, want: []rollout.Problem{
			{At: "env", What: "K_CONFIGURATION is set by Cloud Run itself", Why: set, Fix: "Remove it from env."},
			{At: "env", What: "K_REVISION is set by Cloud Run itself", Why: set, Fix: "Remove it from env."},
			{At: "env", What: "K_SERVICE is set by Cloud Run itself", Why: set, Fix: "Remove it from env."},
			{At: "env", What: "PORT is set by Cloud Run itself", Why: set, Fix: "Remove it from env."},
		}},
		"names without a value": {block: written{"service": api, "image": pinned, "env": map[string]any{"B": nil, "A": "1"}, "secrets": map[string]any{"KEY": nil}}, want: []rollout.Problem{
			{At: "env", What: "B has no value in env", Why: isNull, Fix: leaveOut}, {At: "secrets", What: "KEY has no value in secrets", Why: isNull, Fix: leaveOut},
		}},
		"no duration":          {block: written{"service": api, "revision": "r", "longest_request": "45"}, want: []rollout.Problem{duration("45")}},
		"a negative one":       {block: written{"service": api, "revision": "r", "longest_request": "-1s"}, want: []rollout.Problem{duration("-1s")}},
		"a request of no time": {block: written{"service": api, "revision": "r", "longest_request": "0s"}, want: []rollout.Problem{duration("0s")}},
		"how it is made, beside a revision": {block: written{
			"service": api, "revision": "api-1", "env": map[string]any{}, "secrets": map[string]any{}, "command": []string{}, "args": []string{}, "mutable_tag": "allow",
		}, want: []rollout.Problem{alone("env"), alone("secrets"), alone("command"), alone("args"), alone("mutable_tag")}},
		"how it is made, beside both": {block: written{"service": api, "revision": "api-1", "image": pinned, "env": map[string]any{}}, want: []rollout.Problem{{
			At: "revision", What: "Both image and revision are given",
			Why: "With image the revision is made here; with revision it was made elsewhere.", Fix: "Give exactly one of them.",
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Kind().Validate(t.Context(), c.block.block(t, c.where))
			if !slices.Equal(got, c.want) {
				t.Errorf("it says\n%+v\nwant\n%+v", got, c.want)
			}
		})
	}
}

// TestOpenRefusesWhatValidateCouldNotSee: values that become known in apply
// alone are looked at then.
func TestOpenRefusesWhatValidateCouldNotSee(t *testing.T) {
	for name, c := range map[string]struct {
		block written
		want  string
	}{
		"no service":         {written{"service": "api"}, `"api" is not projects/PROJECT/locations/REGION/services/NAME`},
		"a name too long":    {written{"service": api + strings.Repeat("x", 42)}, "the service's name has 45 characters; beside the tag that marks the way home it may have 44"},
		"an image by tag":    {written{"service": api, "image": "host/app:v1"}, "The image is named by a tag: "},
		"an empty image":     {written{"service": api, "image": ""}, "image is empty: "},
		"an empty revision":  {written{"service": api, "revision": ""}, "revision is empty: "},
		"a secret's name":    {written{"service": api, "image": pinned, "secrets": map[string]any{"KEY": "key"}}, "KEY is not a version of a secret: "},
		"a setting of null":  {written{"service": api, "image": pinned, "env": map[string]any{"A": nil}}, "A has no value in env: "},
		"an endless request": {written{"service": api, "revision": "r", "longest_request": "long"}, "longest_request is not a duration: "},
	} {
		if _, err := Kind().Open(t.Context(), c.block.block(t, false), "", cloud.New(cloud.Config{})); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s…", name, err, c.want)
		}
	}
}

func TestOpen(t *testing.T) {
	open := func(w written, where bool) (*service, map[string]bool) {
		t.Helper()
		p, err := Kind().Open(t.Context(), w.block(t, where), "", cloud.New(cloud.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if p.ID != "cloud_run/"+api || len(p.Requires) != 2 {
			t.Errorf("it is %s with %d checks", p.ID, len(p.Requires))
		}
		if want := "https://console.cloud.google.com/run/detail/us-central1/api/revisions?project=demo"; p.Console != want {
			t.Errorf("its console is %s, want %s", p.Console, want)
		}
		if want := "gcloud run services update-traffic api --project demo --region us-central1 --to-revisions api-1=100"; p.WayHome("api-1") != want {
			t.Errorf("the way home is %s, want %s", p.WayHome("api-1"), want)
		}
		return p.Target.(*service), map[string]bool{
			"maker": p.Maker != nil, "planned": p.Planned != nil, "secrets": p.Secrets != nil, "candidate " + string(p.Candidate): p.Candidate != "",
		}
	}
	expect := func(what string, got map[string]bool, want ...string) {
		t.Helper()
		maps.DeleteFunc(got, func(_ string, has bool) bool { return !has })
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("%s: it has %q, want %q", what, names, want)
		}
	}
	_, has := open(written{"service": api}, true)
	expect("only where", has)
	_, has = open(written{"service": api, "image": later, "revision": later}, false)
	expect("not known yet", has)
	s, has := open(written{"service": api, "revision": api + "/revisions/api-2", "longest_request": "45s"}, false)
	expect("made elsewhere", has, "candidate api-2")
	if s.settings.revision != "api-2" || s.settings.longestRequest != 45*time.Second {
		t.Errorf("its settings are %+v", s.settings)
	}
	s, has = open(written{"service": api, "revision": "newest"}, false)
	expect("the newest", has)
	if s.settings.revision != "" {
		t.Errorf("its settings are %+v", s.settings)
	}
	s, has = open(written{"service": api, "image": pinned}, false)
	expect("made here", has, "maker", "planned")
	if s.settings.command != nil || s.settings.args != nil {
		t.Errorf("an absent command is the wish for %q %q", s.settings.command, s.settings.args)
	}
	s, has = open(written{
		"service": api, "image": pinned, "env": map[string]any{"A": "1"}, "secrets": map[string]any{"KEY": version, "LATER": later},
		"command": []string{"/app"}, "args": []string{},
	}, false)
	expect("made here with secrets", has, "maker", "planned", "secrets")
	if s.settings.image != pinned || !maps.Equal(s.settings.env, map[string]string{"A": "1"}) ||
		!maps.Equal(s.settings.secrets, map[string]secretRef{"KEY": {"demo", "key", "3"}}) ||
		!slices.Equal(s.settings.command, []string{"/app"}) || s.settings.args == nil || len(s.settings.args) != 0 {
		t.Errorf("its settings are %+v", s.settings)
	}
	if s.marks != speaking {
		t.Errorf("its marks are %v", s.marks)
	}
}

func TestKind(t *testing.T) {
	k := Kind()
	for _, c := range []struct {
		block written
		id    string
		makes bool
	}{
		{written{"service": api, "image": pinned}, "cloud_run/" + api, true},
		{written{"service": api, "image": later}, "cloud_run/" + api, true},
		{written{"service": api, "revision": "api-1"}, "cloud_run/" + api, false},
		{written{"service": api, "revision": "newest"}, "cloud_run/" + api, false},
		{written{"service": later, "image": pinned}, "", true},
		{written{"service": "api", "image": pinned}, "", true},
	} {
		b := c.block.block(t, false)
		if id := k.Identify(t.Context(), b); id != c.id || k.Makes(b) != c.makes {
			t.Errorf("%v: its id is %q, want %q; it makes: %v", c.block, id, c.id, k.Makes(b))
		}
	}
	for _, c := range []struct {
		block          written
		newest, tracks bool
	}{
		{written{"service": api, "revision": "newest"}, true, true},
		{written{"service": api, "revision": "api-1"}, false, true},
		{written{"service": api, "revision": later}, false, true},
		{written{"service": api, "image": pinned}, false, true},
		{written{"service": api, "image": pinned, "track_secret_versions": types.BoolValue(true)}, false, true},
		{written{"service": api, "image": pinned, "track_secret_versions": types.BoolValue(false)}, false, false},
		{written{"service": api, "image": pinned, "track_secret_versions": types.BoolUnknown()}, false, true},
	} {
		b := c.block.block(t, false)
		if k.Newest(b) != c.newest || k.Tracks(b) != c.tracks {
			t.Errorf("%v: newest %v, tracks %v", c.block, k.Newest(b), k.Tracks(b))
		}
	}
	located, err := k.Locator(api)
	if err != nil || !maps.Equal(located, map[string]string{"service": api}) {
		t.Errorf("%s is located by %v (%v)", api, located, err)
	}
	if _, err := k.Locator("api"); err == nil {
		t.Error("a bare name can be imported")
	}
	for name := range k.Idle {
		if k.Make[name] == nil {
			t.Errorf("%s is idle and no attribute", name)
		}
	}
	for _, name := range []string{"revision", "image", "env", "secrets", "command", "args"} {
		if k.Idle[name] {
			t.Errorf("a change of %s would roll out nothing", name)
		}
	}
}
