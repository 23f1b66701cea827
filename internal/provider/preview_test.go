package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
)

// shown plans, and returns the file with what `terraform show -json` prints of it.
func (w *world) shown() string {
	w.Helper()
	if out, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin"); code != 0 {
		w.Fatalf("plan:\n%s", out)
	}
	out, code := w.terraform("show", "-json", "plan.bin")
	if code != 0 {
		w.Fatalf("show:\n%s", out)
	}
	file := filepath.Join(w.dir, "plan.json")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		w.Fatal(err)
	}
	return file
}

// after is the planned deployment as the JSON of a plan has it, and what of it
// is not known.
func (w *world) after() (known, unknown map[string]any) {
	w.Helper()
	text, err := os.ReadFile(w.shown())
	if err != nil {
		w.Fatal(err)
	}
	var plan tfjson.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		w.Fatal(err)
	}
	for _, change := range plan.ResourceChanges {
		if change.Address == api {
			known, _ = change.Change.After.(map[string]any)
			unknown, _ = change.Change.AfterUnknown.(map[string]any)
		}
	}
	return known, unknown
}

type object = map[string]any

// TestPreviewIsWhatThePolicyGuideSays: the fields, their types and their units,
// in a first plan and in one in which nothing changes.
func TestPreviewIsWhatThePolicyGuideSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	w.write(`
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 0
    bake   = "90s"
  }
  step {
    weight = 12
    bake   = "10m"
  }
  watch = "1h"
  gate {
    name = "health"
    http {
      request {
        path = "/"
      }
    }
  }
  gate {
    name       = "errors"
    fail_above = 5
    wait_for   = "20m"
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name       = "slow"
    fail_above = 1000
    wait_for   = "2h"
    dry_run    = true
    cloud_monitoring {
      metric = "latency_p95"
    }
  }
}
`)
	health, both := object{"health": "http requests"}, object{"health": "http requests", "errors": "cloud_monitoring error_rate"}
	slow := object{"slow": "cloud_monitoring latency_p95"}
	want := []any{
		object{"offset": "0s", "offset_seconds": 0.0, "weight": 0.0, "bake": "1m30s", "bake_seconds": 90.0, "longest_seconds": 90.0, "gates": health, "dry_run": nil, "then": "raise to 12 %"},
		object{"offset": "1m30s", "offset_seconds": 90.0, "weight": 12.0, "bake": "10m", "bake_seconds": 600.0, "longest_seconds": 1200.0, "gates": both, "dry_run": slow, "then": "promote: everything"},
		object{"offset": "11m30s", "offset_seconds": 690.0, "weight": 100.0, "bake": "1h", "bake_seconds": 3600.0, "longest_seconds": 3600.0, "gates": both, "dry_run": slow, "then": "promoted"},
	}
	for _, step := range want {
		if o, ok := step.(object); ok {
			o["before"], o["after"] = nil, nil
		}
	}
	for _, when := range []string{"in a first plan", "where nothing changes"} {
		after, _ := w.after()
		if !reflect.DeepEqual(after["preview"], any(want)) || after["preview_version"] != 1.0 {
			t.Errorf("%s preview %v is %v, want %v", when, after["preview_version"], after["preview"], want)
		}
		w.applies()
	}
}

// TestPreviewIsKnownAsFarAsItCan: what is not known of a gate hides the preview
// only where the preview would show it.
func TestPreviewIsKnownAsFarAsItCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		unknown string // what is known after apply
		seen    bool
	}{
		{"url", true},
		{"query", true},
		{"threshold", true},
		{"metric", false},
		{"wait", false},
		{"dry", false},
		{"name", false},
		{"weight", false},
		{"bake", false},
		{"watch", false},
		{"gates", false},
	} {
		values := map[string]string{
			"url": `"http://127.0.0.1:1"`, "query": `"up"`, "threshold": "5", "metric": `"error_rate"`, "wait": `"20m"`, "dry": "true",
			"name": `"errors"`, "weight": "10", "bake": `"10m"`, "watch": `"10m"`, "gates": `["more"]`,
		}
		later := values[c.unknown]
		values[c.unknown] = "terraform_data.later.output"
		var pairs []string
		for name, v := range values {
			pairs = append(pairs, "@"+name+" ", v)
		}
		w.write(strings.NewReplacer(append(pairs, "@later", later)...).Replace(`
resource "terraform_data" "later" {
  input = @later
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = @weight 
    bake   = @bake 
  }
  watch = @watch 
  gate {
    name       = @name 
    fail_above = @threshold 
    wait_for   = @wait 
    dry_run    = @dry 
    cloud_monitoring {
      metric = @metric 
    }
  }
  gate {
    name       = "own"
    fail_above = 5
    dry_run    = true
    prometheus {
      url   = @url 
      query = @query 
    }
  }
  dynamic "gate" {
    for_each = @gates 
    content {
      name = gate.value
      http {
        request {
          path = "/"
        }
      }
    }
  }
}
`))
		after, unknown := w.after()
		if _, hidden := unknown["preview"].(bool); hidden == c.seen {
			t.Errorf("%s is known after apply, and the preview is %v", c.unknown, after["preview"])
		}
		if after["preview_version"] != 1.0 {
			t.Errorf("%s is known after apply, and the version is %v", c.unknown, after["preview_version"])
		}
	}
}

// measures is a block of each kind of gate, and what a preview says of it.
var measures = map[string]struct{ block, says string }{
	"http":             {"request {\n path = \"/\"\n }", "http requests"},
	"http_json":        {"url = \"http://127.0.0.1:1\"\n value = \"n\"", "http_json value"},
	"prometheus":       {"url = \"http://127.0.0.1:1\"\n query = \"up\"", "prometheus query"},
	"cloud_monitoring": {"metric = \"latency_p99\"", "cloud_monitoring latency_p99"},
	"cloud_logging":    {"severity = \"ERROR\"", "cloud_logging entries"},
	"cloudwatch":       {"metric = \"lambda_errors\"", "cloudwatch lambda_errors"},
	"cloudwatch_alarm": {"alarm = \"shop-errors\"", "cloudwatch_alarm state"},
	"job":              {"cloud_run_job {\n job = \"projects/demo/locations/us-central1/jobs/smoke\"\n }", "job cloud_run_job"},
	"cloudwatch_logs":  {"filter = \"payment failed\"", "cloudwatch_logs entries"},
}

func TestPreviewSaysWhatEveryKindOfGateMeasures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, want := "", object{}
	for _, k := range catalog.Gates() {
		row, ok := measures[k.Name]
		if !ok {
			t.Errorf("nothing says what a preview shows of the kind %s", k.Name)
			continue
		}
		threshold := "fail_above = 5"
		if k.Probe {
			threshold = ""
		}
		config += "gate {\n name = \"" + k.Name + "\"\n dry_run = true\n " + threshold + "\n " + k.Name + " {\n " + row.block + "\n }\n }\n"
		want[k.Name] = row.says
	}
	w.deploys(w.V2, config)
	after, _ := w.after()
	preview, _ := after["preview"].([]any)
	if len(preview) != 4 {
		t.Fatalf("preview is %v", preview)
	}
	if step, _ := preview[1].(object); !reflect.DeepEqual(step["dry_run"], any(want)) {
		t.Errorf("it says %v, want %v", step["dry_run"], want)
	}
}
