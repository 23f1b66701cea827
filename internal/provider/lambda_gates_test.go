package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// onCloudWatch are gates of all the kinds that CloudWatch has.
const onCloudWatch = `
  gate {
    name       = "errors"
    fail_above = 5
    wait_for   = "15m"
    cloudwatch {
      metric = "lambda_errors"
    }
  }
  gate {
    name       = "latency"
    fail_above = 500
    wait_for   = "15m"
    cloudwatch {
      metric = "lambda_latency_p95"
    }
  }
  gate {
    name     = "alarm"
    wait_for = "15m"
    cloudwatch_alarm {
      alarm = "shop"
    }
  }
  gate {
    name       = "payments"
    fail_above = 0
    count      = true
    wait_for   = "15m"
    cloudwatch_logs {
      filter = "\"payment failed\""
    }
  }
`

// watchedLambda is a function with users, an alarm and a log.
func watchedLambda(t *testing.T) *world {
	t.Helper()
	w := newLambdaWorld(t)
	w.amazon.CreateAlarm("shop", aws.AlarmOK)
	w.must(w.amazon.CreateLogGroup(t.Context(), "/aws/lambda/"+shop))
	w.clock.Every(10*time.Second, func(now time.Time) {
		took, err := w.amazon.Load(shop, "live", 100)
		w.must(err)
		for version, n := range took {
			for range min(n, 20) {
				w.amazon.WriteLog("/aws/lambda/"+shop, now.UTC().Format("2006/01/02/")+"["+version+"]abc", "START RequestId: x Version: "+version, now)
			}
		}
	})
	w.clock.Advance(10 * time.Minute) // somebody was there before
	w.published(2, "", onCloudWatch)
	return w
}

// TestLambdaWithGatesOfCloudWatch: a good version is promoted, and all gates of it
// together ask once a minute.
func TestLambdaWithGatesOfCloudWatch(t *testing.T) {
	t.Parallel()
	w := watchedLambda(t)
	if out, _ := w.plan(); strings.Contains(out, "Gate \"") {
		t.Errorf("a plan finds something wrong with the gates:\n%s", out)
	}
	begun, before := w.clock.Now(), len(w.amazon.Calls())
	w.applies()
	w.atVersion("2")
	asked := 0
	for _, c := range w.amazon.Calls()[before:] {
		if c.Action == "cloudwatch:GetMetricData" {
			asked++
		}
	}
	if minutes := int(w.clock.Now().Sub(begun)/time.Minute) + 1; asked > 2*minutes || asked < 3 {
		t.Errorf("%d calls for metrics in %d minutes", asked, minutes)
	}
}

// TestLambdaGatesSendItHome: each gate alone takes traffic from a version that is
// bad by its measure, and names it.
func TestLambdaGatesSendItHome(t *testing.T) {
	for gate, goesBad := range map[string]func(w *world){
		"errors":  func(w *world) { w.must(w.amazon.SetBehaviour(shop, "2", aws.Behaviour{ErrorShare: 0.5})) },
		"latency": func(w *world) { w.must(w.amazon.SetBehaviour(shop, "2", aws.Behaviour{Latency: time.Second})) },
		"alarm":   func(w *world) { w.amazon.SetAlarm("shop", aws.InAlarm) },
		"payments": func(w *world) {
			now := w.clock.Now()
			w.amazon.WriteLog("/aws/lambda/"+shop, now.UTC().Format("2006/01/02/")+"[2]abc", "payment failed: "+secretInLog, now)
		},
	} {
		t.Run(gate, func(t *testing.T) {
			t.Parallel()
			w := watchedLambda(t)
			done := false
			w.clock.Every(10*time.Second, func(time.Time) {
				if !done && w.shares()["2"] > 0 {
					done = true
					goesBad(w)
				}
			})
			out := w.fails(`gate "` + gate + `"`)
			w.atVersion("1")
			if strings.Contains(out, secretInLog) {
				t.Errorf("it prints what is logged:\n%s", out)
			}
		})
	}
}

const secretInLog = "card 4111"
