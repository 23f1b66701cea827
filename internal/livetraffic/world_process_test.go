package livetraffic_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const shop = "shop"

// crowd is who is at work in every test of this package.
var crowd = livetraffic.Mix{
	Short: 40, Long: 24, Streams: 24, Sockets: 24,
	Pause: 2 * time.Millisecond, Lasts: 5 * time.Second, Every: 250 * time.Millisecond,
}

// world is the service shop on the system's clock, and its users.
type world struct {
	*house
	box    *sandbox.Sandbox
	images int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	box, err := sandbox.Start(sandbox.Options{Settle: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		box.Close()
		for _, v := range box.Violations() {
			t.Errorf("the sandbox saw: %s", v)
		}
	})
	w := &world{box: box}
	w.house = newHouse(t, crowd, func() string { return fmt.Sprint(box.Service(shop).Percent) })
	if err := box.CreateService(t.Context(), shop, w.image()); err != nil {
		t.Fatal(err)
	}
	w.until("the first revision", func() bool { return box.Service(shop).Ready && !box.Service(shop).Reconciling })
	w.opens(box.ServiceURL(shop))
	return w
}

// image pushes another image of the app.
func (w *world) image() string {
	w.Helper()
	w.images++
	version := fmt.Sprintf("v%d", w.images)
	ref, err := w.box.Image("shop/api", version, sandbox.Behaviour{Version: version})
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

// deploys writes a configuration that brings an image live.
func (w *world) deploys(image string) {
	w.Helper()
	service := fmt.Sprintf("projects/%s/locations/%s/services/%s", w.box.Project(), w.box.Location(), shop)
	text := strings.NewReplacer("ENDPOINT", w.box.URL(), "SERVICE", service, "IMAGE", image).Replace(configuration)
	w.writes(text)
}

const configuration = `
terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}
provider "rollout" {
  google {
    endpoint = "ENDPOINT"
  }
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "SERVICE"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "1s"
  }
  step {
    weight = 10
    bake   = "3s"
  }
  step {
    weight = 50
    bake   = "3s"
  }
  watch = "2s"
  gate {
    name     = "health"
    interval = "1s"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
`
