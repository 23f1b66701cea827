package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// Each folder of plans is one thing that a plan says: main.tf, and in
// plan.golden what `terraform plan` prints for it, as a person reads it. What
// the world is like before stands here. `go test -update` writes down what it
// prints now; read the difference.
var plans = map[string]func(*world){
	"first_rollout": func(*world) {},
	"first_rollout_from_nothing": func(w *world) {
		w.box.Secret("stripe", sandbox.Enabled)
	},
	"new_image": func(w *world) { w.applied("first_rollout") },
	"jobs":      func(w *world) { w.withJobs() },
	"job_is_missing": func(w *world) {
		w.job("migrate", sandbox.Behaviour{})
		w.Cleanup(w.box.Deny("run.jobs.runWithOverrides"))
	},
	"secret_is_missing": func(w *world) {
		w.box.Secret("stripe")
	},
	"secret_is_disabled": func(w *world) {
		w.box.Secret("stripe", sandbox.Disabled)
	},
	"secret_may_not_be_seen": func(w *world) {
		w.box.Secret("stripe", sandbox.Enabled)
		w.Cleanup(w.box.Deny("secretmanager.versions.get"))
	},
	"revision_is_missing":  func(*world) {},
	"service_is_missing":   func(*world) {},
	"warnings_instead":     func(w *world) { w.box.Secret("stripe") },
	"nothing_to_do":        func(w *world) { w.applied("first_rollout") },
	"settings_alone":       func(w *world) { w.applied("first_rollout") },
	"requirement_vanished": func(w *world) { w.vanishes() },
	"blocked": func(w *world) {
		w.applied("first_rollout")
		w.deploys(w.Bad, "")
		if out, code := w.apply(); code != 1 {
			w.Fatal(out)
		}
	},
	"moved_by_hand": func(w *world) {
		w.applied("first_rollout")
		w.moveAll(1)
	},
	"moved_by_hand_and_new_image": func(w *world) {
		w.applied("first_rollout")
		w.moveAll(1)
	},
	"goes_on_at_half": func(w *world) {
		w.deploys(w.V2, "hold_at = 50")
		w.applies()
	},
	"returns_to_yesterday": func(w *world) {
		w.applied("first_rollout")
		w.deploys(w.V3, "")
		w.applies()
	},
	"holds": func(w *world) {
		w.deploys(w.V2, "hold_at = 10")
		w.applies()
	},
	"one_step":       func(*world) {},
	"hold_at":        func(*world) {},
	"no_steps":       func(w *world) { w.more(); w.clock.Advance(time.Minute) },
	"another_target": func(w *world) { w.anotherService(); w.applied("first_rollout") },
	"template_changed": func(w *world) {
		w.applied("first_rollout")
		live := w.box.Service(shop).Newest
		w.change(func(s *runpb.Service) {
			s.Template.MaxInstanceRequestConcurrency = 7
			s.Template.Containers[0].Env = append(s.Template.Containers[0].Env, &runpb.EnvVar{Name: "FOO", Values: &runpb.EnvVar_Value{Value: "hush"}})
			s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: live, Percent: 100}}
		})
	},
	"newest": func(w *world) { w.more(); w.clock.Advance(time.Minute) },
	"newest_by_ci": func(w *world) {
		w.applied("newest")
		w.more()
		w.clock.Advance(time.Minute)
	},
	"newest_cannot_serve": func(w *world) {
		w.applied("newest")
		w.V3 = w.NoStart
		w.more()
		w.clock.Advance(time.Hour)
	},
	"triggers": func(w *world) {
		w.write(strings.Replace(w.file("triggers"), "0042", "0041", 1))
		w.applies()
	},
	"secret_has_a_new_version": func(w *world) {
		w.box.Secret("stripe", sandbox.Enabled)
		w.box.ServiceAccount("api@demo.iam.gserviceaccount.com", false)
		if err := w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
			w.Fatal(err)
		}
		w.applied("secret_has_a_new_version")
		w.box.Secret("stripe", sandbox.Enabled, sandbox.Enabled)
	},
	"gate_fails_what_serves": func(w *world) {
		if err := w.box.SetBehaviour(shop, w.box.Service(shop).Newest, sandbox.Behaviour{Version: "1", Unhealthy: true}); err != nil {
			w.Fatal(err)
		}
	},
	"gate_cannot_be_measured": func(*world) {},
	"gate_may_not_be_asked": func(w *world) {
		w.Cleanup(w.box.Deny("monitoring.timeSeries.list"))
	},
	"gate_data_come_too_late": func(w *world) { w.box.MetricsLag(40 * time.Second); w.answers(20) },
	"gates_and_nobody_serves": func(w *world) {
		if err := w.box.CreateService(w.Context(), "other", w.NoStart); err != nil {
			w.Fatal(err)
		}
	},
	"gate_is_wrong": func(*world) {},
	"gate_has_few_samples_at_steps": func(w *world) {
		w.answers(12)
	},
	"gate_has_few_samples_of_a_part": func(w *world) { // 60 of 100 at half of the traffic
		w.deploys(w.V2, "hold_at = 50")
		w.applies()
		w.answers(6)
	},
	"gate_has_few_samples": func(w *world) {
		w.clock.Advance(time.Minute)
		w.box.Record(shop, w.first, "2xx", 15, 30*time.Millisecond, w.clock.Now())
		w.clock.Advance(30 * time.Second)
	},
	"abort_stands": func(w *world) {
		w.applied("first_rollout")
		w.asks("bad checkout")
	},
	"abort_and_nothing_to_do": func(w *world) {
		w.applied("first_rollout")
		w.asks("bad checkout")
	},
	"abort_of_what_waits": func(w *world) {
		w.applied("hold_at")
		w.asks("bad checkout")
	},
	"import":                  func(*world) {},
	"import_of_a_placeholder": func(w *world) { w.placeholder() },
	"import_of_a_split":       func(w *world) { w.more(); w.half() },
	"import_in_the_middle":    func(w *world) { w.dies(10) },
	"point_at_promotion":      func(*world) {},
	"point_at_first_share":    func(*world) {},
	"point_is_behind": func(w *world) {
		w.fallsIll(100)
		w.write(w.file("point_is_behind"))
		w.fails("stopped at 100 %, and traffic stays")
	},
	"migration_breaks_what_serves": func(*world) {},
	"session_affinity": func(w *world) {
		w.change(func(s *runpb.Service) { s.Template.SessionAffinity = true })
		w.clock.Advance(time.Second)
	},
	"longest_request": func(*world) {},
	"setting_is_missing": func(w *world) {
		w.change(func(s *runpb.Service) {
			s.Template.Containers[0].Env = append(s.Template.Containers[0].Env, &runpb.EnvVar{Name: "OLD"})
		})
	},
	"barrier":             func(w *world) { w.box.Secret("stripe", sandbox.Enabled) },
	"barrier_is_closed":   func(w *world) { w.box.Secret("stripe") },
	"barrier_would_close": func(w *world) { w.box.Secret("stripe", sandbox.Enabled); w.applied("barrier"); w.disable() },
	"requirement_waits":   func(w *world) { w.box.Secret("stripe") },
	"requirement_skipped_at_plan": func(w *world) {
		w.Cleanup(w.box.Deny("secretmanager.versions.get"))
	},
	"requirement_is_advisory": func(w *world) {
		w.box.Secret("stripe", sandbox.Disabled)
		w.Cleanup(w.box.Deny("storage.buckets.get"))
	},
	"requirements_of_google": func(w *world) { w.google() },
	"environments_differ":    func(w *world) { w.stages(w.V1, crowded()) },
	"environments_are_alike": func(w *world) { w.stages(w.V2, crowded()) },
	"split":                  func(*world) {},
	"split_drifted":          func(w *world) { w.applied("split"); w.more(); w.moveAll(0) },
	"lambda_first_rollout":   func(*world) {},
	"lambda_new_build":       func(w *world) { w.applied("lambda_first_rollout") },
	"release_order_waits":    func(w *world) { w.anotherService() },
	"release_order_missing":  func(w *world) { w.anotherService() },
	"release_order_behind": func(w *world) { // the worker is held, and the API is not there yet
		w.anotherService()
		worker, _, _ := strings.Cut(w.file("release_order_behind"), "resource \"rollout_safe_deployment\" \"api\"")
		w.write(worker)
		w.applies()
	},
	"worker_jobs_not_handled": func(w *world) { w.works("worker", "Billing::ChargeJob/1-2, MailJob/1-2") },
	"lambda_settings_of_others": func(w *world) {
		w.applied("lambda_first_rollout")
		w.configures("--memory-size", "512")
	},
	"lambda_newest": func(w *world) {
		w.applied("lambda_newest")
		_, err := w.amazon.Publish(shop, w.build(2), nil)
		w.must(err)
	},
	"lambda_unqualified": func(w *world) {
		_, err := w.amazon.Publish(shop, w.build(2), nil)
		w.must(err)
		w.awsCLI("lambda", "create-function-url-config", "--function-name", shop, "--auth-type", "NONE")
	},
	"lambda_other_role": func(w *world) {
		w.assumable("lambda")
		w.configures("--role", w.assumable("other"))
	},
	"lambda_split_drifted": func(w *world) {
		_, err := w.amazon.Publish(shop, w.build(2), nil)
		w.must(err)
		w.applied("lambda_split_drifted")
		w.must(w.amazon.SetAlias(shop, "live", "1", nil))
	},
	"alb_first_rollout": func(*world) {},
	"alb_other_content_in_a_group_that_serves": func(w *world) {
		w.shifts("green", "shop:2", "")
		w.applies()
	},
	"alb_next_release": func(w *world) {
		w.shifts("green", "shop:2", "")
		w.applies()
	},
	"alb_holds": func(w *world) { w.applied("alb_holds") },
	"alb_goes_on_at_half": func(w *world) {
		w.shifts("green", "shop:2", "  hold_at = 50\n")
		w.applies()
	},
	"alb_moved_by_hand": func(w *world) {
		w.shifts("green", "shop:2", "")
		w.applies()
		w.forward("blue", 100, "green", 0)
	},
	"alb_blocked": func(w *world) {
		w.shifts("blue", "shop:1", "")
		w.applies()
		w.shifts("green", "shop:2", "")
		w.breaksAbove(9)
		w.fails("Target.Timeout")
	},
	"alb_split_drifted": func(w *world) {
		w.applied("alb_split_drifted")
		w.forward("blue", 100, "green", 0)
	},
	"lambda_holds": func(w *world) { w.applied("lambda_holds") },
	"lambda_goes_on_at_half": func(w *world) {
		w.published(2, "", "  hold_at = 50\n")
		w.applies()
	},
	"lambda_moved_by_hand": func(w *world) {
		w.published(2, "", "")
		w.applies()
		w.must(w.amazon.SetAlias(shop, "live", "1", nil))
	},
	"lambda_blocked": func(w *world) {
		w.published(3, "", "")
		w.applies()
		w.published(2, "", "")
		w.clock.Every(10*time.Second, func(time.Time) {
			if w.shares()["3"] == 5000 {
				w.must(w.amazon.BreakVersion(shop, "3", "KMSKeyNotFound", "its key has gone"))
			}
		})
		w.fails("its key has gone")
	},
	"lambda_newest_of_apply": func(w *world) {
		_, err := w.amazon.Publish(shop, w.build(2), nil)
		w.must(err)
	},
	"requirements_of_aws": func(w *world) {
		w.assumedBy(byTasks)
		w.amazon.SetDatabase(w.database(), aws.Database{Upgrade: "17.1"})
		w.amazon.SetAlarm("api-errors", aws.InAlarm)
	},
	"requirements_of_aws_are_met":         func(*world) {},
	"requirements_of_aws_old_worker_stop": func(w *world) { w.deploysMailer(time.Minute) },
	"requirements_of_aws_old_worker":      func(w *world) { w.deploysMailer(time.Minute) },
	"alb_ecs_release_into_the_idle_slot":  func(*world) {},
	"alb_ecs_behind_a_group_that_serves":  func(*world) {},
	"alb_websockets_and_autoscaling":      func(w *world) { w.scaled() },
	"report":                              func(w *world) { w.box.Secret("stripe", sandbox.Disabled) },
}

var (
	writeOnlyLine = regexp.MustCompile(`(?m)^.*\(write-only attribute\).*\n`)
	alignment     = regexp.MustCompile(` +=`)
)

// withoutWriteOnly is a plan as it reads before 1.11: no line says that an
// attribute is write-only, and those beside are aligned without it.
func withoutWriteOnly(plan string) string {
	return alignment.ReplaceAllString(writeOnlyLine.ReplaceAllString(plan, ""), " =")
}

func TestPlans(t *testing.T) {
	dirs, err := filepath.Glob("plans/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if _, ok := plans[filepath.Base(dir)]; !ok {
			t.Errorf("%s has no world", dir)
		}
	}
	for name, before := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := newWorld
			if strings.HasPrefix(name, "lambda_") {
				open = newLambdaWorld
			}
			if strings.HasPrefix(name, "requirements_of_aws") {
				open = newStockedWorld
			}
			if strings.HasPrefix(name, "alb_") {
				open = newALBWorld
			}
			if strings.HasPrefix(name, "alb_ecs_") {
				open = newECSWorld
			}
			w := open(t)
			before(w)
			w.write(w.file(name))
			writes := w.writes()
			out, _ := w.plan()
			if w.writes() != writes {
				t.Error("the plan wrote something")
			}
			got, golden := w.neutral(out), filepath.Join("plans", name, "plan.golden")
			if *update {
				if !w.knowsWriteOnly() {
					t.Fatalf("%s leaves lines out", w.cli)
				}
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) && (w.knowsWriteOnly() || withoutWriteOnly(got) != withoutWriteOnly(string(want))) {
				t.Errorf("the plan reads\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// writes counts what has changed something in any cloud.
func (w *world) writes() int {
	n := w.box.Writes()
	if w.amazon != nil {
		n += w.amazon.Writes()
	}
	return n
}

// answers lets what serves answer so many requests in each ten seconds of two minutes.
func (w *world) answers(n int) {
	w.Helper()
	for range 12 {
		w.clock.Advance(10 * time.Second)
		for r := range w.live() {
			w.box.Record(shop, r, "2xx", n, 30*time.Millisecond, w.clock.Now())
		}
	}
	w.clock.Advance(2 * time.Second) // and what came last can be seen
}

// file reads the configuration of a case.
func (w *world) file(name string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join("plans", name, "main.tf"))
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

func (w *world) applied(name string) {
	w.Helper()
	w.write(w.file(name))
	w.applies()
}

// moveAll gives all traffic to the n-th newest revision, by hand.
func (w *world) moveAll(n int) {
	w.Helper()
	if err := w.box.Meddle(shop, map[string]int{w.box.Service(shop).Revisions[n]: 100}, nil); err != nil {
		w.Fatal(err)
	}
}

// more makes another revision that serves nobody.
func (w *world) more() {
	w.Helper()
	live := w.box.Service(shop).Newest
	w.change(func(s *runpb.Service) {
		s.Template.Containers[0].Image = w.V3
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: live, Percent: 100}}
	})
}

// half divides traffic between the two newest revisions, by hand.
func (w *world) half() {
	w.Helper()
	v := w.box.Service(shop)
	if err := w.box.Meddle(shop, map[string]int{v.Revisions[0]: 40, v.Revisions[1]: 60}, nil); err != nil {
		w.Fatal(err)
	}
}

func (w *world) anotherService() {
	w.Helper()
	if err := w.box.CreateService(w.Context(), "other", w.V1); err != nil {
		w.Fatal(err)
	}
}

func (w *world) disable() {
	w.Helper()
	if err := w.box.SetSecretVersion("stripe", 1, sandbox.Disabled); err != nil {
		w.Fatal(err)
	}
}

func (w *world) vanishes() {
	w.Helper()
	w.box.Secret("stripe", sandbox.Enabled)
	w.applied("requirement_vanished")
	w.disable()
}

// TestPlansAreListed keeps the folders and the worlds together.
func TestPlansAreListed(t *testing.T) {
	var missing []string
	for name := range plans {
		if _, err := os.Stat(filepath.Join("plans", name, "main.tf")); err != nil {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("no main.tf for %s", strings.Join(missing, ", "))
	}
}
