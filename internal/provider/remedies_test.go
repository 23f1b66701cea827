package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// remedy is how messages come about, and how somebody who does what they say
// ends at a good revision in one more apply.
type remedy struct {
	// says are the IDs of the messages, with spaces between.
	says string
	// provoke returns what Terraform prints.
	provoke func(w *world) string
	// fix does what the messages say, with the particulars that they have. nil
	// where they ask for nothing.
	fix func(w *world, s said, out string)
	// image serves after the apply; "" is the second one.
	image string
	// then is what comes in the place of that apply.
	then func(w *world)
	// on is another world than that of Cloud Run.
	on func(*testing.T) *world
	// alone: it changes the environment of the process.
	alone bool
}

// beyond lists the messages that no test can bring about here, and why.
var beyond = beyondOfAWS(map[string]string{
	"http.unreadable":                     "a fault of the provider: blocks are read by the schema that it gave",
	"cloudwatch.unreadable":               "as http.unreadable",
	"provider.not_configured":             "a fault of Terraform: it configures a provider before it asks it for anything",
	"gcp_service_account.another_account": "a fault of Google: IAM answers with the account that was asked for",
	"rollout.ended":                       "a fault of the provider: outcomes that are successes print no error",
	"target.unopened":                     "a guard: what would be wrong is refused when the configuration is checked",
	"split.unopened":                      "a guard, as target.unopened",
	"requirement.unopened":                "a guard, as target.unopened",
	"gcp_secret.no_client":                "a guard: a client that cannot be built says what is wrong with the google block itself",
	"gcp_service_account.no_client":       "a guard, as gcp_secret.no_client",
	"step.too_much":                       "for platforms that keep more than one step for promotion: on Cloud Run weights above 99 are refused before",
	"watch.negative":                      "a guard of the engine: a negative time is refused where it is read",
	"step.negative_bake":                  "a guard of the engine, as watch.negative",
	"gcp_secret.interrupted":              "an interrupt ends Terraform as well, which then prints that alone",
	"gcp_service_account.interrupted":     "as gcp_secret.interrupted",
	"requires.http.interrupted":           "as gcp_secret.interrupted",
	"gcp_service_account.no_answer":       "takes half a minute of real time; TestNoAnswer of the kind has it",
	"google.no_credentials":               "the sandbox is asked without credentials; TestCredentialsThatAreNone of package cloud has it",
	"aws.no_credentials":                  "the sandbox is asked with made-up ones; TestNobodySigns of package cloud has it",
	"aws.no_region":                       "an alias is named by its ARN, which has a region; TestNoRegion of package cloud has it",
	"aws.login_ended":                     "IAM Identity Center is not emulated; TestNobodySigns of package cloud has it",
	"digest.no_credentials":               "as google.no_credentials; TestImageProblems has it",
	"todo.interrupted":                    "takes real processes: TestInterrupt has it",
	"split.interrupted":                   "takes real processes, as todo.interrupted; only its words differ",
	"todo.other_content":                  "a guard: content is blocked together with the name of its revision",
	"alb.unknown_action":                  "no action of the sandbox is newer than the provider; TestActionsThatAreNotKnown of the platform has it",
	"alb.other_group":                     "the sandbox gives a name to one group, as AWS does, as long as that is there; TestFits of the platform has it",
	"alb.elsewhere":                       "as alb.other_group: a second load balancer; TestFits of the platform has it",
	"alb.slot_nothing_named":              "takes a launch configuration, or another controller of deployments; TestSlotOfWhatSaysNothing of the platform has it",
	"alb.slot_no_image":                   "takes a launch template without an image; TestSlotOfWhatSaysNothing of the platform has it",
	"lambda_alias.managed":                "no function of the sandbox has a capacity provider; TestCapacityProvider of the platform has it",
	"lambda_alias.tags_unread":            "takes a role with a policy; TestLambdaPolicies has it",
	"lambda_alias.hidden":                 "nothing is encrypted in the sandbox; TestHiddenEnvironment of the platform has it",
	"google.id_token_of_access_token":     "as google.no_credentials; TestNoIDTokens of package cloud has it",
	"google.id_token_of_user":             "as google.id_token_of_access_token",
	"google.id_token_of_others":           "as google.id_token_of_access_token",
	"image.no_client":                     "a guard, as gcp_secret.no_client",
	"image.interrupted":                   "as gcp_secret.interrupted",
	"image.no_answer":                     "takes half a minute of real time",
	"newest.none":                         "a guard: a service of Cloud Run has a revision from its first moment",
	"cloud_run_service.unreadable":        "an answer by gRPC always has a code",
	"cloud_run_service.interrupted":       "as gcp_secret.interrupted",
	"cloud_sql_instance.interrupted":      "as gcp_secret.interrupted",
	"gcs_bucket.interrupted":              "as gcp_secret.interrupted",
	"pubsub_topic.interrupted":            "as gcp_secret.interrupted",
	"cloud_run_service.no_client":         "a guard, as gcp_secret.no_client",
	"cloud_sql_instance.no_client":        "a guard, as gcp_secret.no_client",
	"gcs_bucket.no_client":                "a guard, as gcp_secret.no_client",
	"pubsub_topic.no_client":              "a guard, as gcp_secret.no_client",
	"cloud_run_service.odd_answer":        "a fault of Google: what was asked for is what is answered",
	"cloud_sql_instance.odd_answer":       "a fault of Google: what was asked for is what is answered",
	"gcs_bucket.odd_answer":               "a fault of Google: what was asked for is what is answered",
	"pubsub_topic.odd_answer":             "a fault of Google: what was asked for is what is answered",
	"cloud_sql_instance.no_answer":        "takes half a minute of real time",
	"gcs_bucket.no_answer":                "takes half a minute of real time",
	"pubsub_topic.no_answer":              "takes half a minute of real time",
	"cloud_sql_instance.api_disabled":     "every API of the sandbox is enabled; TestOddAnswers of the kind has it",
	"gcs_bucket.api_disabled":             "every API of the sandbox is enabled; TestOddAnswers of the kind has it",
	"pubsub_topic.api_disabled":           "every API of the sandbox is enabled; TestOddAnswers of the kind has it",
	"gcp_secret.api_disabled":             "every API of the sandbox is enabled; the tests of package cloud have it",
	"gcp_secret.unreadable":               "an answer by gRPC always has a code",
	"gcp_service_account.api_disabled":    "every API of the sandbox is enabled; the tests of package cloud have it",
	"cloud_run_service.api_disabled":      "every API of the sandbox is enabled; the tests of package cloud have it",
	"cloud_sql_instance.odd_maintenance":  "a fault of Google: times are as its documents have them; TestOddMaintenance has it",
	"drift.template_untold":               "a guard: the platform tells every difference that makes a revision",
	"requires.not_yet_believed":           "it is waited until it is believed: an interrupt alone ends that; the tests of patience have it",
	"foreign.goes_on_without_home":        "Cloud Run divides all of the traffic, so that somebody else's split always has somebody in it",
	"iam_role.trust_unread":               "a fault of AWS: IAM keeps no policy that cannot be read; TestTrustThatIsNone has it",
	"iam_role.simulation_unknown":         "the sandbox's simulation misses no value; TestAllowsUnderACondition has it",
	"kms_key.not_ready":                   "no key of the sandbox waits for something; TestStates of the kind has it",
	"target_group.unchecked":              "takes a group of functions; TestUnchecked has it",
	"alarm.odd_state":                     "a fault of AWS: there are three states; TestOddStates has it",
	"ecs_cluster.changing":                "clusters of the sandbox are there at once; TestStates of the kind has it",
	"ecs_cluster.not_active":              "as ecs_cluster.changing",
	"config_sync.odd_answer":              "a fault of Google: what was asked for is what is answered",
	"config_sync.hidden":                  "nothing is encrypted in the sandbox; TestHidden of the kind has it",
	"config_sync_cloud_run.interrupted":   "as gcp_secret.interrupted",
	"config_sync_cloud_run.no_client":     "a guard, as gcp_secret.no_client",
	"config_sync_cloud_run.api_disabled":  "every API of the sandbox is enabled; the tests of package cloud have it",
	"config_sync_cloud_run.unreadable":    "an answer by gRPC always has a code",
	"config_sync_lambda.interrupted":      "as gcp_secret.interrupted",
	"config_sync_lambda.no_answer":        "takes half a minute of real time",
	"config_sync_lambda.odd_answer":       "a fault of AWS: what was asked for is what is answered; TestAnother of the kind has it",
	"config_sync_ecs.interrupted":         "as gcp_secret.interrupted",
	"config_sync_ecs.no_answer":           "takes half a minute of real time",
	"config_sync_ecs.odd_answer":          "a fault of AWS: what was asked for is what is answered",
	"environment.odd_answer":              "a fault of the cloud: what was asked for is what is answered; TestOddAnswers of the kind has it",
	"environment.hidden":                  "nothing is encrypted in the sandbox; TestOddAnswers of the kind has it",
	"environment_cloud_run.interrupted":   "as gcp_secret.interrupted",
	"environment_cloud_run.no_client":     "a guard, as gcp_secret.no_client",
	"environment_cloud_run.api_disabled":  "every API of the sandbox is enabled; the tests of package cloud have it",
	"environment_cloud_run.unreadable":    "an answer by gRPC always has a code",
	"environment_aws.interrupted":         "as gcp_secret.interrupted",
	"environment_aws.no_answer":           "takes half a minute of real time",
	"rds.odd_maintenance":                 "a fault of AWS: times are as its documents have them; TestOddAnswers has it",
	"postgres_schema.interrupted":         "as gcp_secret.interrupted",
	"mysql_schema.interrupted":            "as gcp_secret.interrupted",
	"migration_review.ledger_forgets":     "part of way_back.ends_at_promotion: TestPointOfALedger has it",
	"migration_review.ledger":             "a guard: who asks the files alone does not ask where a ledger is named; TestNobodyAnswers of the kind has it",
	"neon_endpoint.interrupted":           "as gcp_secret.interrupted",
	"queue_drained.interrupted":           "as gcp_secret.interrupted",
	"worker_jobs_ecs.interrupted":         "as gcp_secret.interrupted",
	"worker_jobs_ecs.no_answer":           "takes half a minute of real time",
	"worker_jobs_ecs.odd_answer":          "a fault of AWS: what was asked for is what is answered",
	"worker_jobs_cloud_run.interrupted":   "as gcp_secret.interrupted",
	"worker_jobs_cloud_run.no_client":     "a guard, as gcp_secret.no_client",
	"worker_jobs_cloud_run.api_disabled":  "every API of the sandbox is enabled; the tests of package cloud have it",
	"worker_jobs_cloud_run.unreadable":    "an answer by gRPC always has a code",
	"worker_jobs.no_client":               "a guard, as gcp_secret.no_client",
	"worker_jobs.odd_answer":              "a fault of Google: what was asked for is what is answered",
	"queue_drained.restless":              "takes queues that come and go at each look; TestRestless of the kind has it",
	"neon_endpoint.odd_answer":            "a fault of Neon: what was asked for is what is answered",
	"cloud_run_job.odd_answer":            "a fault of Google: what was asked for is what is answered",
	"cloud_run_job.interrupted":           "as gcp_secret.interrupted",
	"cloud_run_job.no_client":             "a guard, as gcp_secret.no_client",
	"cloud_run_job.api_disabled":          "every API of the sandbox is enabled; the tests of package cloud have it",
	"cloud_run_job.unreadable":            "an answer by gRPC always has a code",
	"ecs_task.interrupted":                "as gcp_secret.interrupted",
	"ecs_task.no_answer":                  "takes half a minute of real time",
	"lambda.state":                        "functions of the sandbox are active at once; TestStates of the kind has it",
	"lambda.interrupted":                  "as gcp_secret.interrupted",
	"lambda.no_answer":                    "takes half a minute of real time",
	"job.unopened":                        "a guard, as target.unopened",
	"job.unopened_in_apply":               "a guard, as target.unopened",
	"neon_endpoint.two_keys":              "takes write-only attributes, which Terraform has since 1.11; TestValidate of the kind has it",
})

// TestEveryFix is the promise of the table of messages: each is printed as it
// stands there, and whoever does what it says ends at a good revision.
func TestEveryFix(t *testing.T) {
	tried := map[string]bool{}
	for _, b := range badConfigurations(t) { // TestBadConfigurations tries these
		for _, id := range b.ids {
			tried[id] = true
		}
	}
	for _, r := range slices.Concat(requirementRemedies, gateRemedies, planRemedies, rolloutRemedies, splitRemedies, otherRemedies, needRemedies, askedRemedies(), workflowRemedies, lambdaRemedies, albRemedies, slotRemedies, credentialRemedies, amazonRemedies, oldWorkerRemedies, awsTroubles(), databaseRemedies, neonRemedies, compatibilityRemedies, settingRemedies, runningRemedies(), reviewRemedies, wayBackRemedies, environmentRemedies, unaskedEnvironments(), orderRemedies, queueRemedies, workerRemedies, askedOfWorkers(), ecsWorkerRemedies, ecsWorkerTroubles(), jobRemedies(), amazonJobRemedies()) {
		ids := strings.Fields(r.says)
		for _, id := range ids {
			tried[id] = true
		}
		t.Run(ids[0], func(t *testing.T) {
			if !r.alone {
				t.Parallel()
			}
			if r.on == nil {
				r.on = newWorld
			}
			r.run(r.on(t))
		})
	}
	rows := table()
	for id := range rows {
		if beyond[id] == "" && !tried[id] {
			t.Errorf("nobody has tried what %s says", id)
		}
	}
	for id := range beyond {
		if _, ok := rows[id]; !ok || tried[id] {
			t.Errorf("%s is no message that is beyond tests", id)
		}
	}
}

func (r remedy) run(w *world) {
	w.Helper()
	out := r.provoke(w)
	s := w.hears(out, strings.Fields(r.says)...)
	if r.fix != nil {
		r.fix(w, s, out)
	}
	if r.then != nil {
		r.then(w)
		return
	}
	w.applies()
	w.only(w.expand(r.serves()))
}

func (r remedy) serves() string {
	if r.image == "" {
		return "@v2"
	}
	return r.image
}

// runs carries out the command of gcloud that an output prints first.
func (w *world) runs(out string) {
	w.Helper()
	flat := flatten(strings.Join(diagnostic.Split(out, -1)[1:], " ")) // not what state holds
	i := strings.Index(flat, "gcloud ")
	if i < 0 {
		w.Fatalf("it prints no command:\n%s", out)
	}
	for verb, do := range map[string]func(object string, flags map[string]string) error{
		"gcloud run services update-traffic ": func(service string, flags map[string]string) error {
			if tag := flags["--remove-tags"]; tag != "" {
				w.change(func(s *runpb.Service) {
					s.Traffic = slices.DeleteFunc(s.Traffic, func(e *runpb.TrafficTarget) bool { return e.GetTag() == tag })
				})
				return nil
			}
			revision, all := strings.CutSuffix(flags["--to-revisions"], "=100")
			if !all {
				w.Errorf("the command moves %v", flags)
			}
			return w.box.Meddle(service, map[string]int{revision: 100}, nil)
		},
		"gcloud secrets versions enable ": func(string, map[string]string) error {
			return w.box.SetSecretVersion("stripe", 1, sandbox.Enabled)
		},
		"gcloud secrets add-iam-policy-binding ": func(secret string, flags map[string]string) error {
			return w.box.Grant(secret, flags["--role"], flags["--member"])
		},
		"gcloud storage buckets add-iam-policy-binding ": func(at string, flags map[string]string) error {
			w.box.GrantOn("buckets/"+strings.TrimPrefix(at, "gs://"), flags["--role"], "", flags["--member"])
			return nil
		},
		"gcloud pubsub topics add-iam-policy-binding ": func(topic string, flags map[string]string) error {
			w.box.GrantOn("topics/"+topic[strings.LastIndex(topic, "/")+1:], flags["--role"], "", flags["--member"])
			return nil
		},
		"gcloud storage buckets update ": func(at string, flags map[string]string) error {
			_, on := flags["--versioning"]
			w.box.Bucket(strings.TrimPrefix(at, "gs://"), sandbox.Bucket{Location: "eu", Versioning: on, Objects: []string{"models/v7/weights"}})
			return nil
		},
		"gcloud sql instances patch ": func(name string, flags map[string]string) error {
			w.box.SQL(name, sandbox.SQLInstance{Activation: flags["--activation-policy"]})
			return nil
		},
		"gcloud sql reschedule-maintenance ": func(name string, _ map[string]string) error {
			w.box.SQL(name, sandbox.SQLInstance{Maintenance: w.clock.Now().Add(7 * 24 * time.Hour)})
			return nil
		},
		"gcloud run services update ": func(service string, flags map[string]string) error {
			if key, value, ok := strings.Cut(flags["--update-annotations"], "="); ok {
				return w.box.Annotate(service, key, value)
			}
			if flags["--ingress"] != "all" {
				w.Errorf("the command sets %v", flags)
			}
			w.changes(service, func(s *runpb.Service) { s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_ALL })
			return nil
		},
		"gcloud iam service-accounts enable ": func(email string, _ map[string]string) error {
			w.box.ServiceAccount(email, false)
			return nil
		},
	} {
		rest, ok := strings.CutPrefix(flat[i:], verb)
		if !ok {
			continue
		}
		object, flags := command(rest)
		if verb == "gcloud secrets versions enable " && (object != "1" || flags["--secret"] != "stripe" || flags["--project"] != "demo") {
			w.Errorf("it enables %s of %v", object, flags)
		}
		if err := do(object, flags); err != nil {
			w.Fatal(err)
		}
		return
	}
	w.Fatalf("nobody knows this command: %.200s", flat[i:])
}

// command reads the object and the flags of a command of gcloud, up to the end of
// its sentence.
func command(text string) (object string, flags map[string]string) {
	flags = map[string]string{}
	words := strings.Fields(text)
	object = strings.TrimRight(words[0], ".),")
	for i := 1; i < len(words) && strings.HasPrefix(words[i], "--"); i++ {
		name, value, given := strings.Cut(words[i], "=")
		if !given && i+1 < len(words) && !strings.HasPrefix(words[i+1], "--") && !strings.HasSuffix(name, "versioning") {
			i++
			value = words[i]
		}
		flags[name] = strings.TrimRight(value, ".),")
		if strings.TrimRight(words[i], ".),") != words[i] {
			break
		}
	}
	return object, flags
}

func TestCommand(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"shop --project demo --to-revisions shop-1=100":                 {"": "shop", "--project": "demo", "--to-revisions": "shop-1=100"},
		"1 --secret=stripe --project=demo. Or refer to another --thing": {"": "1", "--secret": "stripe", "--project": "demo"},
		"1 --secret stripe --project demo), or name another":            {"": "1", "--secret": "stripe", "--project": "demo"},
		"a@demo.iam.gserviceaccount.com.":                               {"": "a@demo.iam.gserviceaccount.com"},
	} {
		object, flags := command(text)
		flags[""] = object
		if !maps.Equal(flags, want) {
			t.Errorf("%q reads as %v", text, flags)
		}
	}
}

// What many remedies have in common.

func (w *world) planned() string {
	out, _ := w.plan()
	return out
}

func (w *world) failed() string { return w.fails() }

// simple is a deployment of the second image without steps, with more in its
// platform block and beside it.
func (w *world) simple(inside, beside string) {
	w.Helper()
	w.write("resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = \"@v2\"\n" + inside + "  }\n" + beside + "}\n")
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) hasStripe(versions ...sandbox.State) {
	w.box.Secret("stripe", versions...)
	w.must(w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"))
}

// during holds trouble in force while f runs.
func (w *world) during(trouble sandbox.Fault, f func() string) string {
	defer w.box.Fault(trouble)()
	return f()
}

// without takes a permission away while f runs.
func (w *world) without(permission string, f func() string) string {
	defer w.box.Deny(permission)()
	return f()
}

// promoted rolls out an image, as a rollout before the one that is told about.
func (w *world) promoted(image string) {
	w.Helper()
	w.deploys(image, "")
	w.applies()
}

func (w *world) now() string { return w.box.Service(shop).Newest }

// split divides traffic by hand.
func (w *world) split(percents map[string]int) {
	w.Helper()
	w.must(w.box.Meddle(shop, percents, nil))
}

// passes lets the world go on without anybody at work.
func (w *world) passes() { w.clock.Advance(5 * time.Minute) }

// changes is another tool that changes any service.
func (w *world) changes(name string, f func(*runpb.Service)) {
	w.Helper()
	client, err := run.NewServicesClient(w.Context(), w.options()...)
	w.must(err)
	defer func() { _ = client.Close() }()
	s, err := client.GetService(w.Context(), &runpb.GetServiceRequest{Name: strings.Replace(w.Service, "/"+shop, "/"+name, 1)})
	w.must(err)
	f(s)
	_, err = client.UpdateService(w.Context(), &runpb.UpdateServiceRequest{Service: s})
	w.must(err)
	w.clock.Advance(time.Second)
}
