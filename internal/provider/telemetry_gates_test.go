package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const telemetry = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  SETTINGS
}
`

// Cloud Run's own timing: sampled once a minute, shown two minutes later.
func (w *world) asCloudRunSamples() {
	w.box.MetricsSampling(time.Minute)
	w.box.MetricsLag(2 * time.Minute)
}

const load = `gate {
    name       = "NAME"
    fail_above = 70
    window     = "2m"
    cloud_monitoring {
      metric = "NAME"
    }
  }`

// A candidate that answers as well as the one before and burns its CPU, or fills
// its memory, goes home; one that needs as much as before does not.
func TestRevisionThatNeedsMore(t *testing.T) {
	t.Parallel()
	for name, hot := range map[string]sandbox.Behaviour{
		"cpu":    {Version: "hot", CPU: 0.85, Memory: 0.3},
		"memory": {Version: "hot", CPU: 0.3, Memory: 0.85},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.users(nobody)
			w.asCloudRunSamples()
			if err := w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{CPU: 0.4, Memory: 0.4}); err != nil {
				t.Fatal(err)
			}
			gate := strings.ReplaceAll(load, "NAME", name)
			w.write(replaceWords(telemetry, w.image("hot", hot), gate))
			w.fails("was rolled back at 10 %", `Gate "`+name+`" measured 85.`, "limit 70 %", w.first+" in the same time: 40.")
			w.only(w.V1)
			w.write(replaceWords(telemetry, w.image("cool", sandbox.Behaviour{Version: "cool", CPU: 0.6, Memory: 0.6}), gate))
			w.applies()
			w.quiet()
		})
	}
}

const payments = `gate {
    name       = "payments"
    fail_above = 0
    window     = "5m"
    cloud_logging {
      severity = "ERROR"
      filter   = "textPayload : \"payment error\""
    }
  }`

// One payment error takes everybody home, at once: the request itself may well
// have been answered 200. No word of a log is told to anybody.
func TestOnePaymentError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.box.LogsLag(10 * time.Second)
	w.once(10, func() {
		at := w.clock.Now().Add(3 * time.Minute)
		w.box.RecordLog(shop, w.first, "ERROR", "payment error, card 4111", 1, w.clock.Now()) // of what serves now
		w.box.RecordLog(shop, w.box.Service(shop).Newest, "ERROR", "payment error, card 4111", 1, at)
	})
	w.write(replaceWords(telemetry, w.V2, payments))
	out := w.fails("was rolled back at 10 %", `Gate "payments" measured 1 over`, "limit 0", "Traffic is back on "+w.first+" 100 %, settled 14:03:")
	w.only(w.V1)
	state, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out+string(state), "4111") {
		t.Error("what is logged stands in the output or in state")
	}
}

// Errors that real requests write, of real users through the proxy: the
// candidate logs every fourth of its requests.
func TestPaymentErrorsOfRealUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Every(10*time.Second, func(time.Time) {
		for range 40 {
			w.visit()
		}
	})
	image := w.image("pays", sandbox.Behaviour{Version: "pays", Log: "ERROR payment error", LogShare: 0.25})
	w.write(replaceWords(telemetry, image, payments))
	w.fails("was rolled back at 10 %", `Gate "payments" measured`)
	w.only(w.V1)
}

// visit is one request of a user, through the proxy.
func (w *world) visit() {
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.box.ServiceURL(shop), http.NoBody)
	if err != nil {
		w.Error(err)
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Error(err)
		return
	}
	_ = answer.Body.Close()
}

// Nothing logged is a pass where there were requests; where nobody knows of any,
// nothing is.
func TestNoPaymentErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(replaceWords(telemetry, w.V2, payments))
	w.fails("was taken back at 10 %, unverified", `gate "payments" has no data`, "no request of it is logged")
	w.only(w.V1)
	w.users(nobody)
	w.applies()
	w.only(w.V2)
	w.quiet()
}

// TestFilterThatCannotBeReadMovesNobody: it is found before users see the
// candidate, and where it is wrong is said.
func TestFilterThatCannotBeReadMovesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.write(replaceWords(telemetry, w.V2, strings.Replace(payments, "textPayload : ", "textPayload : : ", 1)))
	const says = "Cloud Logging cannot read filter at line 1, column 15: try it in the Logs Explorer"
	out, _ := w.plan()
	w.has(out, says)
	writes := w.box.Writes()
	w.fails(`Gate "payments" cannot work`, says)
	if got := w.box.Writes(); got != writes {
		t.Errorf("%d writes", got-writes)
	}
	w.only(w.V1)
	w.write(replaceWords(telemetry, w.V2, payments))
	w.applies()
	w.only(w.V2)
}

// Who may not read logs is told so before anything moves.
func TestLogsThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	allow := w.box.Deny("logging.logEntries.list")
	w.write(replaceWords(telemetry, w.V2, payments))
	const says = "permission denied: it needs logging.logEntries.list"
	out, _ := w.plan()
	w.has(out, says)
	w.fails("failed before any traffic moved", says)
	w.only(w.V1)
	allow()
	w.applies()
	w.only(w.V2)
}

// A query of one's own at Cloud Monitoring: as late as Cloud Run's own metrics,
// and waited for.
func TestAQueryAtCloudMonitoring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(w.newest)
	w.asCloudRunSamples()
	const series = `{"run.googleapis.com/request_count",revision_name="{{revision}}"`
	asks := func(query string) string {
		return fmt.Sprintf("gate {\nname = \"answers\"\nfail_above = 5\nwindow = \"2m\"\nmin_samples = 20\ncloud_monitoring {\nquery = %q\nsamples = %q\n}\n}",
			query, `sum(increase(`+series+`}[{{window}}]))`)
	}
	const query = `100 * sum(rate(` + series + `,response_code_class="5xx"}[{{window}}])) / sum(rate(` + series + `}[{{window}}])) or vector(0)`
	w.write(replaceWords(telemetry, w.V2, asks(query+")")))
	w.fails("it cannot read query (status 400): try it on the Metrics Explorer, in PromQL")
	w.only(w.V1)
	w.write(replaceWords(telemetry, w.V2, asks(query)))
	w.fails("was rolled back at 10 %", `Gate "answers" measured 10 over`, "limit 5")
	w.only(w.V1)
}
