package lambdaalias

import (
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

const (
	ofShop = "arn:aws:lambda:eu-central-1:123456789012:function:shop"
	sum    = "S6DRglvd41nOZct6F3XIL95AO4JYP6n2bWqppkF3Kdc="
)

// written is a block as configuration writes it; what is absent is null. where is
// a block that only says where.
type written map[string]attr.Value

func (w written) block(t *testing.T, where bool) types.Object {
	t.Helper()
	attributes := maps.Clone(Kind().Locate)
	if !where {
		maps.Copy(attributes, Kind().Make)
	}
	kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, a := range attributes {
		kinds[name], values[name] = a.GetType(), w[name]
		if w[name] == nil {
			null, err := a.GetType().ValueFromTerraform(t.Context(), tftypes.NewValue(a.GetType().TerraformType(t.Context()), nil))
			if err != nil {
				t.Fatal(err)
			}
			values[name] = null
		}
	}
	out, diags := types.ObjectValue(kinds, values)
	if diags.HasError() {
		t.Fatal(diags)
	}
	return out
}

func str(v string) attr.Value { return types.StringValue(v) }

// TestWhatIsUnknownIsNotWrong: a plan from nothing knows neither ARNs nor hashes.
func TestWhatIsUnknownIsNotWrong(t *testing.T) {
	later := types.StringUnknown()
	for name, w := range map[string]written{
		"everything later":      {"alias": later, "filename": str("app.zip"), "code_sha256": later},
		"a name of a function":  {"alias": str("live"), "function": later, "version": later},
		"an object later":       {"alias": later, "s3_bucket": later, "s3_key": later, "code_sha256": later, "s3_object_version": later},
		"an image later":        {"alias": str(ofShop + ":live"), "image_uri": later},
		"an environment later":  {"alias": later, "image_uri": later, "environment": types.MapUnknown(types.StringType)},
		"a value of it later":   {"alias": later, "image_uri": later, "environment": types.MapValueMust(types.StringType, map[string]attr.Value{"NAME": later})},
		"the number of a later": {"alias": later, "version": later, "provisioned_concurrency": types.Int32Unknown()},
	} {
		if wrong := validate(t.Context(), w.block(t, false)); len(wrong) > 0 {
			t.Errorf("%s: %v", name, wrong)
		}
		if id := Kind().Identify(t.Context(), w.block(t, false)); (id != "") != (name == "an image later") {
			t.Errorf("%s is %q", name, id)
		}
	}
	if wrong := validate(t.Context(), written{"alias": later}.block(t, true)); len(wrong) > 0 {
		t.Errorf("a block that says where alone: %v", wrong)
	}
}

func TestIdentity(t *testing.T) {
	const id = "lambda_alias/" + ofShop + ":live"
	for _, w := range []written{{"alias": str(ofShop + ":live")}, {"alias": str("live"), "function": str(ofShop)}} {
		if got := Kind().Identify(t.Context(), w.block(t, true)); got != id {
			t.Errorf("%v is %q", w, got)
		}
	}
	found, err := Kind().Locator(ofShop + ":live")
	if err != nil || found["alias"] != ofShop+":live" {
		t.Errorf("an import fills in %v (%v)", found, err)
	}
	if _, err := Kind().Locator("live"); err == nil {
		t.Error("a name alone can be imported")
	}
}

func TestOpenSaysWhatIsWanted(t *testing.T) {
	clients := cloud.New(cloud.Config{})
	for name, c := range map[string]struct {
		w             written
		candidate     string
		makes, newest bool
		wanted        string
	}{
		"where alone": {w: written{}, makes: true, wanted: ". ()"},
		"a number":    {w: written{"version": str("41")}, candidate: "41", wanted: "41"},
		"the newest":  {w: written{"version": str("newest")}, newest: true, wanted: "newest"},
		"a file":      {w: written{"filename": str("build/app.zip"), "code_sha256": str(sum)}, makes: true, wanted: "app.zip (S6DRglvd41nO)"},
		"an object":   {w: written{"s3_bucket": str("b"), "s3_key": str("a/app.zip"), "code_sha256": str(sum)}, makes: true, wanted: "app.zip (S6DRglvd41nO)"},
		"an image": {
			w:     written{"image_uri": str("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51")},
			makes: true, wanted: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:7ee8de99267a",
		},
	} {
		c.w["alias"] = str(ofShop + ":live")
		block := c.w.block(t, false)
		p, err := Kind().Open(t.Context(), block, "", clients)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(p.Candidate) != c.candidate || (p.Maker != nil) != (c.makes && name != "where alone") || Kind().Newest(block) != c.newest || Kind().Makes(block) != c.makes {
			t.Errorf("%s: candidate %q, maker %v, newest %t, makes %t", name, p.Candidate, p.Maker != nil, Kind().Newest(block), Kind().Makes(block))
		}
		if got := Kind().Wanted(block); got != c.wanted {
			t.Errorf("%s is told as %q", name, got)
		}
	}
	// What was not known when it was validated is looked at again.
	for name, w := range map[string]written{
		"no hash":    {"alias": str(ofShop + ":live"), "filename": str("app.zip")},
		"no version": {"alias": str(ofShop + ":live"), "version": str("$LATEST")},
		"no alias":   {"alias": str("live"), "version": str("1")},
		"no number":  {"alias": str(ofShop + ":live"), "version": str("")},
		"no file":    {"alias": str(ofShop + ":live"), "filename": str(""), "code_sha256": str(sum)},
		"no bucket":  {"alias": str(ofShop + ":live"), "s3_bucket": str(""), "s3_key": str("a"), "code_sha256": str(sum)},
		"no image":   {"alias": str(ofShop + ":live"), "image_uri": str("")},
	} {
		if _, err := Kind().Open(t.Context(), w.block(t, false), "", clients); err == nil {
			t.Errorf("%s is opened", name)
		}
	}
}
