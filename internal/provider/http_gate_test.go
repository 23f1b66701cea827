package provider_test

import (
	"archive/zip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-version"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const (
	callers = "ci@demo.iam.gserviceaccount.com"
	apiKey  = "k3y-that-stands-nowhere"
)

// keeping is a rollout with one gate, whose requests are REQUESTS.
const keeping = `
variable "key" {
  type      = string
  ephemeral = true
  default   = ""
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 50
    bake   = "1m"
  }
  watch = "1m"
  gate {
    name = "app"
    http {
      SETTINGS
    }
  }
}
`

// knowsWriteOnly reports whether the CLI has write-only attributes: Terraform and
// OpenTofu have had them since 1.11 alike.
func (w *world) knowsWriteOnly() bool {
	return w.cli.Version.Core().GreaterThanOrEqual(version.Must(version.NewVersion("1.11.0")))
}

// writesOnly skips the test where the CLI does not know write-only attributes.
func (w *world) writesOnly() {
	w.Helper()
	if !w.knowsWriteOnly() {
		w.Skipf("%s has no write-only attributes", w.cli)
	}
}

// everything is all that Terraform and the provider have written down: plan
// files, taken apart, state, and events.
func (w *world) everything() string {
	w.Helper()
	var out strings.Builder
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, ".terraform") {
			return err
		}
		if strings.HasSuffix(path, ".plan") {
			return unzip(&out, path)
		}
		text, err := os.ReadFile(path)
		out.Write(text)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return out.String()
}

func unzip(into io.Writer, path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		if _, err := io.Copy(into, r); err != nil { //nolint:gosec // a plan file of our own
			return err
		}
	}
	return nil
}

// A write-only header arrives at the app, and stands nowhere else; a change of
// it alone plans nothing.
func TestWriteOnlyHeader(t *testing.T) {
	w := newWorld(t)
	w.writesOnly()
	t.Setenv("ROLLOUT_PROGRESS_FILE", filepath.Join(w.dir, "progress.json")) // the provider runs in this process
	keyed := w.image("keyed", sandbox.Behaviour{Version: "keyed", APIKey: apiKey})
	locked := w.image("locked", sandbox.Behaviour{Version: "locked", APIKey: "another"})
	deploy := func(image string) {
		w.write(replaceWords(keeping, image, `request {
        path       = "/keyed?part=query"
        headers_wo = { "X-Api-Key" = var.key }
      }
      request {
        path    = "/login"
        method  = "POST"
        body_wo = jsonencode({ user = "probe", password = "`+sandbox.Password+`", note = var.key })
      }`))
	}
	w.env = append(w.env, "TF_VAR_key="+apiKey, "TF_LOG_CORE=TRACE", "TF_LOG_PATH="+filepath.Join(w.dir, "log.txt"))
	deploy(keyed)
	said, code := w.terraform("plan", "-no-color", "-input=false", "-out", "the.plan")
	if code != 0 {
		t.Fatalf("plan:\n%s", said)
	}
	out, code := w.terraform("apply", "-no-color", "-input=false", "-auto-approve", "the.plan")
	if code != 0 {
		t.Fatalf("apply:\n%s", out)
	}
	w.only(keyed)
	said += out
	json, _ := w.terraform("show", "-json", "the.plan")
	state, _ := w.terraform("show", "-json")
	said += json + state
	w.env = append(w.env, "TF_VAR_key=changed-"+apiKey)
	if out, code := w.plan(); code != 0 {
		t.Errorf("a change of a write-only value alone plans something:\n%s", out)
	}
	deploy(locked)
	out, code = w.apply()
	if code == 0 {
		t.Fatalf("a key that opens nothing was good:\n%s", out)
	}
	w.has(out, "GET /keyed answered 401, not 2xx")
	w.only(keyed)
	if said += out + w.everything(); strings.Contains(said, apiKey) {
		t.Error("the key was written down")
	}
	if !strings.Contains(said, "headers_wo") || !strings.Contains(said, "GET /keyed answered 401") {
		t.Error("what was looked at is not what Terraform and the provider wrote down")
	}
}

// Terraform and OpenTofu before 1.11 would write the value down: it is refused
// before that, in the words that the guide quotes, and nothing is shown of it.
func TestWriteOnlyHeaderBeforeItWasKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if w.knowsWriteOnly() {
		t.Skipf("%s has write-only attributes", w.cli)
	}
	w.env = append(w.env, "TF_VAR_key="+apiKey)
	w.write(strings.Replace(replaceWords(keeping, w.V2, `request {
        path       = "/keyed"
        headers_wo = { "X-Api-Key" = var.key }
      }`), "  ephemeral = true\n", "", 1))
	before := w.box.Writes()
	out, code := w.apply()
	if code == 0 || w.box.Writes() != before {
		t.Fatalf("ends with %d after %d writes:\n%s", code, w.box.Writes()-before, out)
	}
	const says = "Write-only attributes are only supported in Terraform 1.11 and later"
	w.has(out, "headers_wo", says)
	if strings.Contains(out+w.everything(), apiKey) {
		t.Error("the key was written down")
	}
	if guide, err := os.ReadFile("../docs/templates/guides/gates.md"); err != nil || !strings.Contains(flatten(string(guide)), says) {
		t.Errorf("the guide quotes something else: %v", err)
	}
}

// Older ones take the value from a variable of the environment.
func TestHeaderFromTheEnvironment(t *testing.T) {
	w := newWorld(t)
	keyed := w.image("keyed", sandbox.Behaviour{APIKey: apiKey})
	w.write(strings.NewReplacer("  ephemeral = true\n", "").Replace(replaceWords(keeping, keyed, `request {
        path        = "/keyed"
        headers_env = { "X-Api-Key" = "KEY_OF_A_TEST" }
      }`)))
	out, code := w.apply()
	if code == 0 || !strings.Contains(flatten(out), "headers_env names KEY_OF_A_TEST, which is empty here") {
		t.Fatalf("without the variable:\n%s", out)
	}
	if calls := w.box.Writes(); calls > 0 {
		t.Errorf("%d writes were made before that", calls)
	}
	t.Setenv("KEY_OF_A_TEST", apiKey)
	w.applies()
	w.quiet()
	if strings.Contains(w.everything(), apiKey) {
		t.Error("the key was written down")
	}
}

// A service that demands authentication is asked with an ID token, at the
// address of the tag as at its own.
func TestPrivateServiceIsAsked(t *testing.T) {
	w := newWorld(t)
	if err := w.box.Private(shop, "serviceAccount:"+callers); err != nil {
		t.Fatal(err)
	}
	w.box.ServiceAccount(callers, false)
	deploy := func(image, auth string) {
		w.write(replaceWords(strings.Replace(keeping, "  ephemeral = true\n", "", 1), image, auth+`
      request {
        path = "/"
      }`))
	}
	deploy(w.V2, "")
	if out, code := w.apply(); code == 0 || !strings.Contains(flatten(out), "GET / answered 403, not 2xx") {
		t.Fatalf("it was asked without a token:\n%s", out)
	}
	const auth = `auth = "google_id_token"`
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.secret")
	deploy(w.V3, auth)
	out, _ := w.plan()
	w.has(out, `Gate "app" cannot be opened`, "An access token gives no identity token")
	before := w.box.Writes()
	out, code := w.apply()
	if code == 0 || w.box.Writes() != before || strings.Contains(out, "ya29") {
		t.Fatalf("with an access token, and %d writes:\n%s", w.box.Writes()-before, out)
	}
	w.has(out, "An access token gives no identity token", "impersonate_service_account", "Nothing was written")
	t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", callers)
	allow := w.box.Deny("iam.serviceAccounts.getOpenIdToken")
	out, code = w.apply()
	if code == 0 || w.box.Writes() != before {
		t.Fatalf("without the permission, and %d writes:\n%s", w.box.Writes()-before, out)
	}
	w.has(out, "iam.serviceAccounts.getOpenIdToken")
	allow()
	w.applies()
	w.only(w.V3)
	w.quiet()
}

// A number of somebody's own address judges users' traffic: three reports of
// users about the candidate take everybody home.
func TestReportsTakeEverybodyHome(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int64
	reports := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+apiKey {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		list := `[]`
		if asked.Add(1); r.FormValue("revision") != w.first && r.FormValue("from") < r.FormValue("to") {
			list = `[{"text":"` + apiKey + `"},{},{}]`
		}
		_, _ = io.WriteString(rw, `{"reports":`+list+`}`)
	}))
	t.Cleanup(reports.Close)
	t.Setenv("REPORTS_OF_A_TEST", "Bearer "+apiKey)
	w.deploys(w.V2, `gate {
    name       = "reports"
    fail_above = 2
    http_json {
      url         = "`+reports.URL+`/reports?revision={{revision}}&from={{start}}&to={{end}}"
      value       = "reports.length"
      headers_env = { Authorization = "REPORTS_OF_A_TEST" }
    }
  }`)
	out, code := w.apply()
	if code == 0 || asked.Load() == 0 {
		t.Fatalf("three reports and it is promoted:\n%s", out)
	}
	w.has(out, `gate "reports" measured 3`, "limit 2")
	w.only(w.V1)
	if strings.Contains(out+w.everything(), apiKey) {
		t.Error("the key was written down")
	}
}

// Each revision alone works, and so does a login at each; what counts is whether
// who is logged in stays so.
func TestSessionsSurviveTheRollout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writesOnly()
	forgets := w.image("forgets", sandbox.Behaviour{Version: "4", ForgetsSessions: true})
	w.env = append(w.env, "TF_VAR_key="+sandbox.Password)
	const login = `request {
        path    = "/login"
        method  = "POST"
        on      = "ON"
        safe    = true
        body_wo = jsonencode({ user = "probe", password = var.key })
      }
      request {
        path = "/account"
      }`
	w.write(replaceWords(keeping, forgets, strings.Replace(login, "ON", "promoted", 1)))
	out, code := w.plan()
	if code != 2 || strings.Contains(out, "Warning:") {
		t.Fatalf("the plan:\n%s", out)
	}
	out, code = w.apply()
	if code == 0 {
		t.Fatalf("a candidate that forgets sessions was promoted:\n%s", out)
	}
	w.has(out, `gate "app"`, "GET /account answered 401, not 2xx")
	w.only(w.V1)

	w.write(replaceWords(keeping, w.V2, strings.Replace(login, "ON", "promoted", 1)))
	w.applies()
	w.only(w.V2)
	w.quiet()

	other := w.image("other", sandbox.Behaviour{Version: "5", ForgetsSessions: true})
	w.write(replaceWords(keeping, other, strings.Replace(login, "ON", "candidate", 1)))
	w.applies() // each alone
	w.only(other)
}
