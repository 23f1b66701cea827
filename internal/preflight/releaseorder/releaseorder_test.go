package releaseorder

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(*testing.T) preflighttest.Harness {
		return &harness{values{"role": "worker", "revision": "worker-2", "promoted": "worker-2"}}
	})
}

// harness is two attributes of another deployment. There is nobody to ask.
type harness struct{ block values }

func open(t *testing.T, block values) rollout.Check {
	t.Helper()
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), block), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Open(t *testing.T) rollout.Check { return open(t, h.block) }

func (h *harness) Become(_ *testing.T, s preflighttest.State) bool {
	if s == preflighttest.Missing {
		h.block["promoted"] = "worker-1"
	}
	return s <= preflighttest.Missing
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return "" }
func (h *harness) Calls() int         { return 0 }
func (h *harness) Writes() int        { return 0 }
func (h *harness) Secrets() []string  { return nil }

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		block values
		want  string
	}{
		"promoted":              {values{"revision": "worker-2", "promoted": "worker-2"}, "passed: worker-2 is promoted there"},
		"another one":           {values{"revision": "worker-2", "promoted": "worker-1"}, "failed: worker-1 is promoted there, and worker-2 is to be"},
		"a first one that held": {values{"revision": "worker-1"}, "failed: nobody is promoted there yet, and worker-1 is to be; or promoted is not written here"},
		"nothing made":          {values{"promoted": "worker-1"}, "failed: its revision is null: nothing was rolled out there, or revision is not written here"},
		"neither":               {values{"role": "worker"}, "failed: its revision is null: nothing was rolled out there, or revision is not written here"},
	} {
		t.Run(name, func(t *testing.T) {
			preflighttest.Expect(t, open(t, c.block).Run(t.Context(), nil, nil), c.want)
		})
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"with a role":     {values{"revision": "a", "promoted": "b", "role": "schema"}, nil},
		"unknown":         {values{"revision": preflighttest.Unknown, "promoted": preflighttest.Unknown, "role": preflighttest.Unknown}, nil},
		"another role":    {values{"revision": "a", "promoted": "b", "role": "backend"}, []string{"role"}},
		"an empty name":   {values{"revision": "", "promoted": "b"}, []string{"revision"}},
		"nobody promoted": {values{"revision": "a", "promoted": ""}, []string{"promoted"}},
	})
}

// Who goes first is known as soon as configuration says it.
func TestAfter(t *testing.T) {
	for _, c := range []struct {
		block values
		want  types.String
	}{
		{values{"role": "worker", "revision": preflighttest.Unknown}, types.StringValue("worker")},
		{values{"role": preflighttest.Unknown}, types.StringUnknown()},
		{values{"revision": "a"}, types.StringNull()},
	} {
		if got := Kind().After(t.Context(), preflighttest.Block(t, Kind(), c.block)); !got.Equal(c.want) {
			t.Errorf("%v: %s, want %s", c.block, got, c.want)
		}
	}
	if got := Kind().After(t.Context(), types.ObjectUnknown(preflighttest.Block(t, Kind(), values{}).AttributeTypes(t.Context()))); !got.IsUnknown() {
		t.Errorf("an unknown block goes after %s", got)
	}
}
