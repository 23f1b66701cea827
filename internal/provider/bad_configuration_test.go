package provider_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

var update = flag.Bool("update", false, "write down what Terraform prints now")

// bad is a configuration that `terraform validate` refuses, or a plan where it is the
// provider's own that is wrong. testdata/bad holds one
// file a mistake: a comment with the IDs of the messages, the configuration, a line
// "----", the errors as Terraform prints them, another such line, and the
// configuration after somebody did what the message says.
type bad struct {
	file, config, want, mended string
	ids                        []string
}

// ofTerraform stands in the place of an ID where Terraform itself finds the
// mistake, by the schema.
const ofTerraform = "Terraform's own"

func badConfigurations(t *testing.T) []bad {
	t.Helper()
	files, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	var out []bad
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "----\n")
		first, _, _ := strings.Cut(parts[0], "\n")
		says, named := strings.CutPrefix(first, "# Message: ")
		if !named || len(parts) != 3 {
			t.Fatalf("%s does not name its message, or has no mended configuration", file)
		}
		b := bad{file: file, config: parts[0], want: parts[1], mended: parts[2]}
		if says != ofTerraform {
			b.ids = strings.Fields(says)
		}
		out = append(out, b)
	}
	return out
}

func (b bad) name() string { return strings.TrimSuffix(filepath.Base(b.file), ".txt") }

// TestBadConfigurations shows each mistake that `terraform validate` finds with
// the words that a person reads, does what they say, and rolls out what then
// stands there. `go test -update` writes down what it prints now; read the
// difference.
func TestBadConfigurations(t *testing.T) {
	t.Parallel()
	whole := t
	w := newWorld(t)
	w.wanted()
	applied := map[string]bool{}
	var onAWS, onALB *world
	for _, b := range badConfigurations(t) {
		t.Run(b.name(), func(t *testing.T) {
			w := w
			if strings.Contains(b.config, "lambda_alias {") || strings.HasPrefix(b.name(), "aws_") {
				if onAWS == nil {
					awstest.Moto(t)
					onAWS = newLambdaWorld(whole)
					onAWS.stocked()
					onAWS.definesJob("migrate@sha256:1")
					onAWS.amazon.CreateAlarm("shop-errors", aws.AlarmOK)
					onAWS.must(onAWS.amazon.CreateLogGroup(whole.Context(), "/aws/lambda/"+shop))
				}
				w = onAWS
			}
			if strings.Contains(b.config, "alb {") {
				if onALB == nil {
					awstest.Moto(t)
					onALB = newECSWorld(whole)
				}
				w = onALB
			}
			w.T = t
			write, look := w.write, []string{"validate", "-no-color"}
			if strings.HasPrefix(b.name(), "provider_") { // nobody configures a provider to validate
				write = func(hcl string) {
					block, rest, _ := strings.Cut(hcl, "\nresource ")
					w.provided(block, "resource "+rest)
				}
				look = []string{"plan", "-no-color", "-input=false"}
			}
			write(b.config)
			out, code := w.terraform(look...)
			if code == 0 {
				t.Fatalf("this configuration is accepted:\n%s", out)
			}
			got := w.neutral(out)
			if *update {
				b.want = got
				if err := os.WriteFile(b.file, []byte(b.config+"----\n"+b.want+"----\n"+b.mended), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got != b.want {
				t.Errorf("it prints\n%s\nwant\n%s", got, b.want)
			}
			w.hears(out, b.ids...)
			if applied[b.mended] { // several mistakes have one remedy
				return
			}
			applied[b.mended] = true
			write(strings.ReplaceAll(b.mended, "@backend", w.box.Service("backend").Newest))
			if out, code := w.apply(); code != 0 {
				t.Fatalf("what the message says does not help:\n%s", out)
			}
		})
	}
}

// wanted makes everything that the mended configurations ask for, and lets users
// come.
func (w *world) wanted() {
	w.Helper()
	const image = "example.com/shop/api@sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51"
	w.box.AcceptImage(image, sandbox.Behaviour{Version: "2"})
	w.must(w.box.CreateService(w.Context(), "staging", image))
	w.box.Secret("key", sandbox.Enabled)
	if err := w.box.Grant("key", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
		w.Fatal(err)
	}
	w.google()
	w.job("migrate", sandbox.Behaviour{})
	w.users(nobody)
	w.clock.Advance(5 * time.Minute)
}

func TestSwitchThatIsAnotherWord(t *testing.T) {
	w := newWorld(t)
	w.deploys(w.V2, "")
	t.Setenv("ROLLOUT_PREFLIGHT", "none")
	out, _ := w.plan()
	w.has(out, `Error: ROLLOUT_PREFLIGHT = "none" has no meaning`, `Write one of "error", "warn" and "off".`)
}

var lineNumber = regexp.MustCompile(`(?m)^(\s*on main\.tf line )\d+(.*)\n\s*\d+: `)

var reading = regexp.MustCompile(`^\S+: (Reading|Read complete|Refreshing state)`)

// The hash of a content covers the image's registry, which has another port
// each time.
var contentHash = regexp.MustCompile(`v1:[0-9a-f]{64}`)

// asTerraform puts what OpenTofu says in its own words into those of Terraform.
var asTerraform = strings.NewReplacer(
	"OpenTofu has compared your real infrastructure against your configuration and\nfound", "Terraform has compared your real infrastructure against your configuration\nand found",
	"update in-place (current -> planned)", "update in-place",
	"OpenTofu", "Terraform",
)

// neutral takes out of an output what differs between runs, machines and
// products.
func (w *world) neutral(out string) string {
	if w.cli.OpenTofu {
		out = asTerraform.Replace(out)
	}
	out = lineNumber.ReplaceAllString(out, "${1}N$2\n  N: ")
	out = contentHash.ReplaceAllString(out, "v1:HASH")
	if w.amazon != nil {
		out = strings.NewReplacer(w.amazon.URL(), "AWS", w.amazon.Account(), "123456789012", w.dir, "DIR").Replace(out)
	}
	for random, name := range w.ids {
		out = strings.ReplaceAll(out, random, name)
	}
	for name, v := range map[string]string{
		"ENDPOINT": w.box.URL(), "REGISTRY": w.box.Registry(), "APP": w.box.ServiceURL(shop), "DESK": w.desk.server.URL,
	} {
		if v != "" { // a world without the service has no address of it
			out = strings.ReplaceAll(out, v, name)
		}
	}
	var lines []string
	for l := range strings.Lines(out) {
		if reading.MatchString(l) { // in any order
			continue
		}
		lines = append(lines, strings.TrimRight(l, " \n"))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")) + "\n"
}

// TestEveryBlockRejectsAMisspeltWord: a guard that is dropped because its name
// is misspelt is no guard. Every block and every member of it is misspelt in
// turn, in every object.
func TestEveryBlockRejectsAMisspeltWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole := map[string]string{
		"rollout_safe_deployment": `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service         = "@service"
    image           = "@v2"
    env             = { A = "b" }
    secrets         = { B = "projects/p/secrets/s/versions/1" }
    command         = ["/app"]
    args            = ["-x"]
    longest_request = "5s"
    mutable_tag     = "allow"
    track_secret_versions = false
  }
  requires {
    gcp_secret {
      version     = "projects/p/secrets/s/versions/1"
      readable_by = "a@p.iam.gserviceaccount.com"
    }
    gcp_service_account {
      email = "a@p.iam.gserviceaccount.com"
    }
    env {
      names = ["A"]
    }
    http {
      url     = "http://127.0.0.1:1/"
      status  = [200]
      timeout = "1s"
    }
    cloud_sql_instance {
      instance              = "demo:us-central1:db"
      database_version      = "POSTGRES_16"
      no_maintenance_within = "2h"
      within                = "2m"
      at_plan               = "warn"
      advisory              = true
    }
    pubsub_topic {
      topic          = "projects/p/topics/t"
      subscriptions  = ["projects/p/subscriptions/s"]
      publishable_by = "a@p.iam.gserviceaccount.com"
    }
    gcs_bucket {
      name        = "bucket"
      location    = "EU"
      versioning  = true
      prefix      = "a"
      writable_by = "a@p.iam.gserviceaccount.com"
    }
    cloud_run_service {
      service  = "@service"
      revision = "shop-1"
      ingress  = "all"
    }
    image {
      image    = "@v2"
      platform = "linux/amd64"
    }
    api_compatibility {
      live_text      = "a"
      candidate_text = "b"
      client {
        name     = "web"
        document = "c.yaml"
      }
      allow {
        rule   = "response-property-type-changed"
        reason = "nobody reads it"
      }
    }
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch             = "10m"
  hold_at           = 10
  advance           = "all"
  max_unattended    = "1h"
  on_failure        = "rollback"
  on_interrupt      = "rollback"
  on_foreign_change = "refuse"
  on_return         = "at_once"
  home              = "shop-1"
  retry             = "shop-2"
  triggers          = { a = "b" }
  gate {
    name     = "health"
    interval = "10s"
    for      = "1m"
    http {
      timeout = "5s"
      auth    = "google_id_token"
      request {
        path         = "/"
        method       = "POST"
        on           = "promoted"
        safe         = true
        body         = "{}"
        content_type = "application/json"
        headers      = { X-A = "a" }
        headers_env  = { X-B = "B" }
        capture {
          name   = "token"
          json   = "a.b"
        }
        capture {
          name   = "csrf"
          header = "X-Csrf"
        }
        capture {
          name   = "id"
          cookie = "id"
        }
        capture {
          name  = "form"
          regex = "value=(.*)"
        }
      }
      request {
        path     = "/{{token}}"
        method   = "POST"
        body_env = "BODY"
        status   = [200]
        latency = "1s"
        text    = "ok"
        json {
          path   = "a.b"
          equals = "c"
        }
      }
    }
  }
  gate {
    name             = "errors"
    fail_above       = 5
    pass_below       = 1
    window           = "5m"
    min_samples      = 100
    failures_allowed = 1
    on_no_data       = "wait"
    wait_for         = "1h"
    dry_run          = true
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name       = "reports"
    fail_above = 3
    http_json {
      url          = "https://m.example.com/?from={{start}}"
      value        = "a.b"
      samples      = "a.c"
      body         = "{}"
      content_type = "application/json"
      headers      = { X-A = "a" }
      headers_env  = { X-B = "B" }
      unit         = "ms"
      timeout      = "5s"
      delay        = "1m"
    }
  }
  gate {
    name       = "queue"
    fail_below = 1
    pass_above = 2
    count      = true
    prometheus {
      url            = "http://127.0.0.1:1"
      query          = "up[{{window}}]"
      samples        = "count(up[{{window}}])"
      token_env      = "TOKEN"
    }
  }
  gate {
    name       = "load"
    fail_above = 1
    cloud_monitoring {
      query   = "up[{{window}}]"
      samples = "count(up[{{window}}])"
      delay   = "5m"
    }
  }
  gate {
    name       = "payments"
    fail_above = 0
    cloud_logging {
      severity = "ERROR"
      filter   = "payment"
      delay    = "30s"
    }
  }
  gate {
    name       = "amazon"
    fail_above = 1
    cloudwatch {
      expression = "e"
      samples    = "e"
      delay      = "5m"
      region     = "eu-west-1"
      query {
        id         = "e"
        namespace  = "A"
        name       = "E"
        statistic  = "Sum"
        dimensions = { V = "{{revision}}" }
      }
    }
  }
  gate {
    name       = "errors of a function"
    fail_above = 1
    cloudwatch {
      metric = "lambda_errors"
    }
  }
  gate {
    name = "alarm"
    cloudwatch_alarm {
      alarm  = "a"
      region = "eu-west-1"
    }
  }
  gate {
    name       = "entries"
    fail_above = 1
    cloudwatch_logs {
      filter    = "a"
      requests  = "a"
      log_group = "a"
      streams   = "a"
      delay     = "1m"
      region    = "eu-west-1"
    }
  }
  gate {
    name = "signed"
    http {
      auth        = "sigv4"
      aws_service = "execute-api"
      aws_region  = "eu-west-1"
      request {
        path = "/"
      }
    }
  }
  timeouts {
    create = "2h"
    update = "2h"
  }
}
`,
		"rollout_traffic_split": `
resource "rollout_traffic_split" "api" {
  cloud_run {
    service = "@service"
  }
  weights = { "shop-1" = 100 }
  drain   = "10s"
  timeouts {
    create = "2h"
    update = "2h"
  }
}
`,
		"rollout_preflight": `
resource "rollout_preflight" "infra" {
  triggers = { image = "@v2" }
  requires {
    gcp_service_account {
      email = "a@p.iam.gserviceaccount.com"
    }
  }
}
`,
		"data": `
data "rollout_preflight" "infra" {
  requires {
    gcp_service_account {
      email = "a@p.iam.gserviceaccount.com"
    }
  }
}
data "rollout_status" "api" {
  cloud_run {
    service = "@service"
  }
}
data "rollout_image" "api" {
  image = "@v2"
}
data "rollout_api_compatibility" "api" {
  live             = "a.yaml"
  candidate        = "b.yaml"
  severity         = { "response-property-type-changed" = "warning" }
  stability        = "beta"
  deprecation_days = 30
  client {
    name  = "web"
    calls = ["read"]
  }
  client {
    name = "phone"
    document = "c.yaml"
  }
  allow {
    rule      = "response-property-type-changed"
    operation = "read"
    about     = "a"
    client    = "web"
    reason    = "nobody reads it"
  }
}
data "rollout_config_sync" "api" {
  needs      = ["A"]
  needs_from = ".env"
  place {
    workflow = "a.yml"
    target   = "api"
    name     = "ci"
  }
  place {
    cloud_build = "a.yaml"
  }
  place {
    compose = "b.yaml"
  }
  place {
    dotenv = ".env"
  }
  place {
    names = ["A"]
  }
  place {
    cloud_run_service = "@service"
  }
  place {
    lambda_function = "shop"
  }
  allow {
    name   = "A"
    place  = "ci"
    reason = "by hand"
  }
}
data "rollout_api_compatibility" "texts" {
  live_text      = "a"
  candidate_text = "b"
}
`,
	}
	for name, config := range whole {
		t.Run(name, func(t *testing.T) {
			w.write(config)
			if out, code := w.terraform("validate", "-no-color"); code != 0 {
				t.Fatalf("the whole configuration is refused:\n%s", out)
			}
			for _, word := range words(config) {
				w.write(misspell(config, word))
				out, code := w.terraform("validate", "-no-color")
				if code == 0 {
					t.Errorf("%s is misspelt and nobody says so", word)
				}
				flat := flatten(out)
				if !strings.Contains(flat, "is not expected here") && !strings.Contains(flat, "Unsupported") {
					t.Errorf("%s is misspelt, and it prints\n%s", word, out)
				}
			}
		})
	}
}

var wordAtStart = regexp.MustCompile(`(?m)^\s+([a-z_]+)\s*(?:=|\{)`)

// words lists the attributes and blocks of a configuration.
func words(config string) []string {
	var out []string
	for _, m := range wordAtStart.FindAllStringSubmatch(config, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// misspell writes the first such word with two letters swapped.
func misspell(config, word string) string {
	at := regexp.MustCompile(fmt.Sprintf(`(?m)^(\s+)%s(\s*(?:=|\{))`, word))
	loc := at.FindStringSubmatchIndex(config)
	n := len(word)
	wrong := word[:n-2] + string(word[n-1]) + string(word[n-2])
	if wrong == word {
		wrong = word + "x"
	}
	return config[:loc[3]] + wrong + config[loc[4]:]
}
