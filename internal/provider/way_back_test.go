package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// lets is a migration after which what serves now may not come back.
const lets = "SET lock_timeout = '1s';\nALTER TABLE orders ALTER COLUMN note DROP NOT NULL;\n"

// reviewed writes a migration into the folder of the world, and returns settings
// that have it reviewed.
func (w *world) reviewed(sql string, more ...string) string {
	w.Helper()
	dir := filepath.Join(w.dir, "migrations")
	w.must(os.MkdirAll(dir, 0o750))
	w.must(os.WriteFile(filepath.Join(dir, "42_note.up.sql"), []byte(sql), 0o600))
	w.must(os.WriteFile(filepath.Join(dir, "42_note.down.sql"), []byte("SELECT 1;"), 0o600))
	return "requires {\n    migration_review {\n      directory = \"" + dir + "\"\n      dialect = \"postgres\"\n      version = \"15\"\n" + strings.Join(more, "") + "    }\n  }\n"
}

// fallsIll makes the newest revision answer nothing but errors from the moment at
// which it has a share.
func (w *world) fallsIll(share int) {
	w.once(share, func() {
		w.must(w.box.SetBehaviour(shop, w.now(), sandbox.Behaviour{Version: "ill", ErrorShare: 1}))
	})
}

// recovers makes the newest revision well again.
func (w *world) recovers() {
	w.Helper()
	w.must(w.box.SetBehaviour(shop, w.now(), sandbox.Behaviour{Version: "well"}))
}

// previewed is the preview of a plan, and what of it is not known.
func (w *world) previewed() (steps []object, unknown bool) {
	w.Helper()
	after, not := w.after()
	_, unknown = not["preview"].(bool)
	list, _ := after["preview"].([]any)
	for _, step := range list {
		o, _ := step.(object)
		steps = append(steps, o)
	}
	return steps, unknown
}

// attributes are those of the deployment in state.
func (w *world) attributes() object {
	w.Helper()
	out, code := w.terraform("show", "-json")
	var state tfjson.State
	if err := json.Unmarshal([]byte(out), &state); code != 0 || err != nil {
		w.Fatalf("show: %v\n%s", err, out)
	}
	for _, r := range state.Values.RootModule.Resources {
		if r.Address == api {
			return r.AttributeValues
		}
	}
	w.Fatal("there is no state of it")
	return nil
}

// closesAt fails the test unless these are the weights beyond the point of no return.
func (w *world) closesAt(steps []object, weights ...float64) {
	w.Helper()
	var got []float64
	for _, s := range steps {
		weight, _ := s["weight"].(float64)
		switch s["no_way_back"] {
		case true:
			got = append(got, weight)
		case nil:
		default:
			w.Errorf("no_way_back is %v at %v", s["no_way_back"], weight)
		}
	}
	if len(got) != len(weights) || len(got) > 0 && got[0] != weights[0] {
		w.Errorf("the way home is closed at %v, want %v", got, weights)
	}
}

// TestPromotionIsThePointOfNoReturn: while what served before has traffic a
// failure goes home; beyond promotion it stays, in the apply that promoted and in
// every later one, until somebody chooses.
func TestPromotionIsThePointOfNoReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promoted("@v2")
	second := w.now()
	review := w.reviewed(lets)

	w.deploys("@v3", review)
	out, _ := w.plan()
	w.has(out, "Warning: Promotion is the point of no return", "42_note.up.sql:2 PG019 orders.note: Rows with NULL stay",
		"50 % for 10m, 100 % for 10m; no way home from 100 % on; at least 31m")
	steps, _ := w.previewed()
	w.closesAt(steps, 100)
	if then := steps[2]["then"]; then != "promote: everything, the point of no return" {
		t.Errorf("before promotion it says %q", then)
	}

	// Ahead of it.
	w.fallsIll(50)
	out = w.fails("was rolled back at 50 %", "Traffic is back on "+second)
	w.only(w.V2)
	if strings.Contains(out, "The way home is closed") {
		t.Errorf("it is open:\n%s", out)
	}

	// Beyond it.
	fourth := w.image("v4", sandbox.Behaviour{Version: "4"})
	w.deploys(fourth, review)
	w.fallsIll(100)
	out = w.fails("stopped at 100 %, and traffic stays", "Beyond the point of no return nothing takes traffic home: 42_note.up.sql:2 PG019")
	w.has(out, "A revision that mends it climbs from "+w.now()+", which is home from now on")
	if want := "The way home is closed. Only once " + second + " can serve again, such as after the database was restored, by hand: gcloud run services update-traffic shop --project demo --region us-central1 --to-revisions " + second + "=100"; !strings.HasSuffix(flatten(out), want) {
		t.Errorf("its last line is not the way home that is closed:\n%s", out)
	}
	w.only(fourth)
	if state := w.attributes(); state["way_home"] != nil || state["outcome"] != "stayed" {
		t.Errorf("state says %v of the way home, and ended %v", state["way_home"], state["outcome"])
	}

	// A later apply keeps to it, and so does a person's word.
	writes := w.box.Writes()
	w.fails("is blocked and still has 100 %", "traffic stays")
	w.has(w.planned(), `Gate "answers" failed`, "It is beyond the point of no return: apply will leave traffic as it is, and fail")
	w.asks("bad checkout")
	w.fails("A person asked for the rollout to stop", "traffic stays", "The way home is closed")
	w.asks("")
	if w.box.Writes() != writes {
		t.Errorf("%d writes beyond the point of no return", w.box.Writes()-writes)
	}
	w.only(fourth)

	// A revision that mends it climbs from there; with it the next plan is empty,
	// also once the migration is told to be applied.
	w.deploys("@v1", review+"on_return = \"steps\"\n")
	w.applies()
	w.only(w.V1)
	w.quiet()
	w.deploys("@v1", w.reviewed(lets, "      applied_through = \"42\"\n")+"on_return = \"steps\"\n")
	w.applies()
	w.quiet()
	w.only(w.V1)
}

// TestFirstShareIsThePointOfNoReturn: at 0 a failure harms nobody; from the first
// share on nobody goes back, and another revision has to wait for a person.
func TestFirstShareIsThePointOfNoReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promoted("@v2")
	const declared = "promoted_cannot_read_new_rows = true\n"

	w.deploys("@bad", declared)
	out, _ := w.plan()
	w.has(out, "Warning: The first share of traffic is the point of no return", "0 % for 1m, 10 % for 10m, 50 % for 10m, 100 % for 10m; no way home from 10 % on")
	steps, _ := w.previewed()
	w.closesAt(steps, 10, 50, 100)
	if first := steps[0]["then"]; first != "raise to 10 %, the point of no return: what serves now cannot read what the candidate writes" {
		t.Errorf("its first line says %q", first)
	}
	w.fails("failed before any traffic moved")
	w.only(w.V2)

	w.deploys("@v3", declared)
	w.fallsIll(10)
	third := ""
	out = w.fails("stopped at 10 %, and traffic stays", "has to have everything, by hand", "The way home is closed")
	if third = w.now(); w.live()[third] != 10 {
		t.Fatalf("live is %v:\n%s", w.live(), out)
	}

	// Another one is wanted: nobody takes away what this one has.
	fourth := w.image("v4", sandbox.Behaviour{Version: "4"})
	w.deploys(fourth, declared)
	writes := w.box.Writes()
	w.fails("Error: "+third+" is beyond the point of no return, and not what is wanted", "Nothing was written")
	if w.box.Writes() != writes {
		t.Error("it wrote")
	}
	w.runs(out) // the first command of the error
	w.applies()
	w.only(fourth)
	w.quiet()
}

// TestPointThatIsTakenBack: the declaration alone moves nothing, on or off, and the
// preview goes with it.
func TestPointThatIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promoted("@v2")
	for _, c := range []struct {
		settings string
		closes   []float64
	}{
		{"promoted_cannot_read_new_rows = true", []float64{10, 50, 100}}, {"", nil}, {"promoted_cannot_read_new_rows = true", []float64{10, 50, 100}},
	} {
		w.deploys("@v2", c.settings)
		writes := w.box.Writes()
		w.applies()
		w.quiet()
		steps, _ := w.previewed()
		w.closesAt(steps, c.closes...)
		if w.box.Writes() != writes {
			t.Error("it wrote")
		}
	}
}

// TestPointAfterACrash: a process died beyond the point of no return, and nothing
// remembers it but the platform. The next one knows it from the configuration, the
// live split and what is pending.
func TestPointAfterACrash(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		share int
		sql   string
		want  string
	}{
		"beyond promotion":            {100, lets, "stopped at 100 %, and traffic stays"},
		"ahead of it":                 {50, lets, "was rolled back at 50 %"},
		"nothing ends the way home":   {100, "SELECT 1;", "was rolled back at 100 %"},
		"nobody can tell any more":    {100, "", "stopped at 100 %, and traffic stays"},
		"ahead, and nobody can tell ": {50, "", "was rolled back at 50 %"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			candidate := w.dies(c.share)
			settings := w.reviewed(c.sql, "      advisory = true\n")
			if c.sql == "" {
				w.must(os.RemoveAll(filepath.Join(w.dir, "migrations")))
			}
			w.must(w.box.SetBehaviour(shop, candidate, sandbox.Behaviour{Version: "ill", ErrorShare: 1}))
			w.deploys("@v2", settings)
			w.fails(c.want)
			if beyond := strings.Contains(c.want, "stays"); (w.live()[candidate] == 100) != beyond || (w.live()[w.first] == 100) == beyond {
				t.Errorf("live is %v", w.live())
			}
		})
	}
}

// TestPointOfALedger: what a tool's table says is pending is gone after the release,
// so promotion is the point in each of them. The plan says so, and how to keep the
// way home, whether anybody answers or not.
func TestPointOfALedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promoted("@v2")
	w.deploys("@v3", w.reviewed("SELECT 1;", `
      url_wo = "postgres://nobody@127.0.0.1:1/app"
      migrations {
        tool = "golang_migrate"
      }
`))
	steps, unknown := w.previewed()
	if unknown {
		t.Error("the preview is not known")
	}
	w.closesAt(steps, 100)
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	w.states(out, "Promotion is the point of no return", "which forgets it as soon as it is applied", "With applied_through in the place of migrations", "no way home from 100 % on")
}

// TestPointThatIsNotKnownAtPlan: a plan that cannot know where the way home ends
// promises no preview; an apply fills it in, and the next plan is empty.
func TestPointThatIsNotKnownAtPlan(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]func(w *world) string{
		"the folder is not known": func(w *world) string {
			out := w.reviewed(lets)
			dir := "\"" + filepath.Join(w.dir, "migrations") + "\""
			return strings.Replace(out, dir, "terraform_data.dir.output", 1)
		},
		"a plan does not look": func(w *world) string { return w.reviewed(lets, "      at_plan = \"skip\"\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config := settings(w)
			w.write("resource \"terraform_data\" \"dir\" {\n  input = \"" + filepath.Join(w.dir, "migrations") + "\"\n}\n" + replaceWords(staged, w.V2, config))
			if _, unknown := w.previewed(); !unknown {
				t.Error("the preview is known")
			}
			w.applies()
			w.only(w.V2)
			w.quiet()
			steps, unknown := w.previewed()
			if unknown {
				t.Error("the preview is not known afterwards")
			}
			w.closesAt(steps, 100)
			if way := w.attributes()["way_home"]; way != nil {
				t.Errorf("the way home is %v", way)
			}
		})
	}
}
