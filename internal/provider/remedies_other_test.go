package provider_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// read returns the configuration without what every one begins with.
func (w *world) read() string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "main.tf"))
	w.must(err)
	_, rest, _ := strings.Cut(string(text), w.expand(w.configured()))
	return rest
}

// provided writes a configuration with another provider block.
func (w *world) provided(block, rest string) {
	w.Helper()
	w.write(rest)
	path := filepath.Join(w.dir, "main.tf")
	text, err := os.ReadFile(path)
	w.must(err)
	w.must(os.WriteFile(path, []byte(strings.Replace(string(text), w.expand(w.configured()), w.expand(block), 1)), 0o600))
}

const (
	// softened makes plans warn where they would refuse.
	softened     = "provider \"rollout\" {\n  preflight = \"warn\"\n  google {\n    endpoint = \"@endpoint\"\n  }\n}\n"
	wanted0      = "resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = \"@v2\"\n  }\n}\n"
	unknownUntil = "resource \"terraform_data\" \"endpoint\" {\n  input = \"@endpoint\"\n}\nprovider \"rollout\" {\n  google {\n    endpoint = terraform_data.endpoint.output\n  }\n}\n"
	statusOfShop = "data \"rollout_status\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n  }\n}\n"
	askedFor     = "data \"rollout_image\" \"api\" {\n  image = \"IMAGE\"\n}\nresource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = data.rollout_image.api.by_digest\n  }\n}\n"
	reported     = `
data "rollout_preflight" "infra" {
  requires {
    gcp_service_account {
      email = "api@demo.iam.gserviceaccount.com"
    }
  }
}
check "infra" {
  assert {
    condition     = data.rollout_preflight.infra.passed
    error_message = join(" ", [for f in data.rollout_preflight.infra.findings : "${f.why}: ${coalesce(f.fix, "-")}"])
  }
}
`
)

// importsID plans nothing: it imports an id.
func (w *world) importsID(id string) (string, int) {
	w.Helper()
	return w.terraform("import", "-no-color", api, w.expand(id))
}

func (w *world) imported(id string) string {
	w.Helper()
	out, code := w.importsID(id)
	if code != 1 {
		w.Fatalf("the import succeeded:\n%s", out)
	}
	return out
}

// rightly imports the right id, which serves what is configured.
func rightly(w *world) {
	w.Helper()
	if out, code := w.importsID("cloud_run/@service"); code != 0 {
		w.Fatal(out)
	}
	w.applies()
	w.only(w.V1)
}

// image plans with the image that a tag stands for.
func (w *world) tagged(image string) string {
	w.Helper()
	w.write(strings.Replace(askedFor, "IMAGE", image, 1))
	return w.planned()
}

// registry stands before the sandbox's, and answers as it says.
func (w *world) registry(refuses func(http.ResponseWriter, *http.Request) bool) string {
	w.Helper()
	to, err := url.Parse("http://" + w.box.Registry())
	w.must(err)
	behind := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !refuses(rw, r) {
			behind.ServeHTTP(rw, r)
		}
	}))
	w.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

var otherRemedies = []remedy{
	{
		says: "import.gone",
		provoke: func(w *world) string {
			w.deploys("@v1", "")
			return w.imported("cloud_run/@service-none")
		}, then: rightly,
	}, {
		says: "import.no_id",
		provoke: func(w *world) string {
			w.deploys("@v1", "")
			return w.imported("@service")
		}, then: rightly,
	}, {
		says: "import.unread",
		provoke: func(w *world) string {
			w.deploys("@v1", "")
			return w.during(sandbox.Fault{Kind: sandbox.Internal, Method: getService}, func() string { return w.imported("cloud_run/@service") })
		}, then: rightly,
	}, {
		says: "import.split",
		provoke: func(w *world) string {
			w.more()
			w.split(map[string]int{w.first: 90, w.now(): 10})
			w.deploys("@v2", "")
			return w.imported("cloud_run/@service")
		},
		fix: func(w *world, s said, _ string) { w.deploys("@v2", "home = \""+s["most"]+`"`) },
	}, {
		says: "import.nobody_serves",
		provoke: func(w *world) string {
			w.recreate(w.NoStart)
			w.deploys("@v1", "")
			return w.imported("cloud_run/@service")
		},
		fix: func(w *world, _ said, _ string) { // gcloud run deploy
			w.change(func(s *runpb.Service) { s.Template.Containers[0].Image = w.V1 })
			w.passes()
		}, then: rightly,
	}, {
		says:    "digest.gone",
		provoke: func(w *world) string { return w.tagged("@registry/shop/api:late") },
		fix:     func(w *world, _ said, _ string) { w.image("late", sandbox.Behaviour{Version: "2"}) },
		then:    func(w *world) { w.applies(); w.only(w.image("late", sandbox.Behaviour{Version: "2"})) },
	}, {
		says:    "digest.no_image",
		provoke: func(w *world) string { return w.tagged("@registry/Shop Api") },
		fix:     func(w *world, _ said, _ string) { w.tagged("@registry/shop/api:v2") },
	}, {
		says:    "digest.unreached",
		provoke: func(w *world) string { return w.tagged("127.0.0.1:1/shop/api:v2") },
		fix:     func(w *world, _ said, _ string) { w.tagged("@registry/shop/api:v2") },
	}, {
		says: "digest.unread",
		provoke: func(w *world) string {
			return w.tagged(w.registry(func(rw http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, "manifests") {
					rw.WriteHeader(http.StatusTeapot)
				}
				return strings.Contains(r.URL.Path, "manifests")
			}) + "/shop/api:v2")
		},
		fix: func(w *world, _ said, _ string) { w.tagged("@v2") }, // by its digest
	}, {
		says: "digest.denied", alone: true,
		provoke: func(w *world) string {
			w.Setenv("DOCKER_CONFIG", w.TempDir())
			return w.tagged(w.registry(func(rw http.ResponseWriter, r *http.Request) bool {
				if user, password, ok := r.BasicAuth(); ok && user == "somebody" && password == "s3cret" {
					return false
				}
				rw.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
				rw.WriteHeader(http.StatusUnauthorized)
				return true
			}) + "/shop/api:v2")
		},
		fix: func(w *world, _ said, _ string) { // docker login
			host, _, _ := strings.Cut(w.read()[strings.Index(w.read(), `image = "`)+len(`image = "`):], "/")
			text := `{"auths":{"` + host + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte("somebody:s3cret")) + `"}}}`
			w.must(os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(text), 0o600))
		},
		then: func(w *world) {
			if out := w.planned(); strings.Contains(out, "Error") {
				w.Errorf("after a login it prints\n%s", out)
			}
			_, digest, _ := strings.Cut(w.V2, "@")
			w.has(w.planned(), digest[:19])
		},
	}, {
		says: "status.unseen",
		provoke: func(w *world) string {
			w.write(strings.Replace(statusOfShop, "@service", "@service-none", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(statusOfShop) }, image: "@v1",
	}, {
		says: "status.unasked",
		provoke: func(w *world) string {
			w.provided(unknownUntil, statusOfShop)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(statusOfShop) }, image: "@v1",
	}, {
		says: "digest.unasked",
		provoke: func(w *world) string {
			w.provided(unknownUntil, strings.Replace(askedFor, "IMAGE", "@registry/shop/api:v2", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.tagged("@registry/shop/api:v2") },
	}, {
		says: "requirement.unasked",
		provoke: func(w *world) string {
			w.provided(unknownUntil, reported+wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(reported + wanted0) },
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Check block assertion failed") {
				w.Error(out)
			}
			w.only(w.V2)
		},
	}, {
		says: "requirement.nobody_asked",
		provoke: func(w *world) string {
			w.provided(unknownUntil, wanted0)
			return w.planned()
		},
	}, {
		says: "google.two_blocks",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  google {\n    endpoint = \"@endpoint\"\n  }\n  google {}\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "google.no_endpoint",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  google {\n    endpoint = \"run.example.com\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "google.endpoint_in_clear",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  google {\n    endpoint = \"http://run.example.com\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "aws.two_blocks",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  aws {\n    region = \"eu-west-1\"\n  }\n  aws {}\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "aws.no_endpoint",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  aws {\n    endpoint = \"lambda.example.com\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "aws.endpoint_in_clear",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  aws {\n    endpoint = \"http://lambda.example.com\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "aws.no_such_region",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  aws {\n    region = \"eu-west-1a\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "aws.no_role_arn",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  aws {\n    role_arn = \"deployer\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.write(wanted0) },
	}, {
		says: "preflight.unknown_mode",
		provoke: func(w *world) string {
			w.provided("provider \"rollout\" {\n  preflight = \"never\"\n  google {\n    endpoint = \"@endpoint\"\n  }\n}\n", wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.provided(softened, wanted0)
		},
	},
}
