package provider_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

// queues is a Redis in a world, and who may look into it.
type queues struct {
	*world
	redis  *databases.Redis
	reader string
}

func (w *world) queues() *queues {
	w.Helper()
	q := &queues{w, databasestest.Redis(w.T), databasestest.Name("reader")}
	q.allows("+multi +exec +select +smembers +exists +llen +lrange +zcard +zrange +hlen +hvals +type +scard +xlen +xinfo")
	return q
}

// allows lets the reader do these things and nothing else.
func (q *queues) allows(rules string) {
	q.Helper()
	args := []any{"SETUSER", q.reader, "reset", "on", ">" + readersPassword, "~*"}
	for rule := range strings.FieldsSeq(rules) {
		args = append(args, rule)
	}
	q.does(0, "ACL", args...)
}

func (q *queues) does(db int, command string, args ...any) {
	q.Helper()
	if _, err := q.redis.Do(q.Context(), db, command, args...); err != nil {
		q.Fatal(err)
	}
}

// url is the reader's address of a database.
func (q *queues) url(db int) string { return q.redis.URL(q.reader, readersPassword, db) }

// look is one requirement, whose address stands in a variable of its own.
type lookInto struct {
	inside string                  // the block
	spoilt func(q *queues, db int) // what keeps it from passing
	at     func(q *queues, db int) string
	mends  func(q *queues, db int) // what mends it, beside its address
}

// variable names that of a database.
func variableOf(db int) string { return fmt.Sprintf("REDIS_URL_%d", db) }

func says(answer string) func(*queues, int) string {
	return func(q *queues, _ int) string {
		return "redis://" + databasestest.Through(q.T, "", databasestest.Saying(answer)).Addr
	}
}

// looks are all messages about what could not be seen, each by a requirement.
var looks = []lookInto{
	{inside: `keys = ["jobs"]`, at: func(*queues, int) string { return "" }},
	{inside: `keys = ["jobs"]`, at: func(*queues, int) string { return "nothing that is an address" }},
	{inside: `keys = ["jobs"]`, at: func(*queues, int) string { return "redis://127.0.0.1:1" }},
	{inside: `keys = ["jobs"]`, at: func(q *queues, db int) string { return q.redis.URL(q.reader, "another", db) }},
	{inside: `keys = ["jobs"]`, at: says("-NOAUTH Authentication required.\r\n")},
	{inside: `keys = ["jobs"]`, at: func(q *queues, _ int) string { return q.url(9999) }},
	{inside: `keys = ["jobs"]`, at: says("-LOADING Redis is loading\r\n")},
	{inside: `keys = ["jobs"]`, at: says("-MOVED 1 127.0.0.1:7000\r\n")},
	{inside: `keys = ["jobs"]`, at: says("-ERR unknown command\r\n")},
	{ // its queue is a text
		inside: "sidekiq {}",
		spoilt: func(q *queues, db int) {
			q.does(db, "SADD", "queues", "default")
			q.does(db, "SET", "queue:default", "x")
		},
		mends: func(q *queues, db int) { q.does(db, "DEL", "queue:default") },
	},
	{inside: "sidekiq {}", mends: func(q *queues, db int) { q.does(db, "SADD", "queues", "default") }},
	{
		inside: `sidekiq {
        queues = ["defaults"]
      }`,
		spoilt: func(q *queues, db int) { q.does(db, "SADD", "queues", "default") },
		mends:  func(q *queues, _ int) { q.rewrites("defaults", "default") },
	},
	{
		inside: `celery {
        queues = ["celry"]
      }`,
		spoilt: func(q *queues, db int) { q.does(db, "SADD", "_kombu.binding.celery", "celery\x06\x16\x06\x16celery") },
		mends:  func(q *queues, _ int) { q.rewrites("celry", "celery") },
	},
	{
		inside: `stream {
        key   = "mial"
        group = "workers"
      }`,
		spoilt: func(q *queues, db int) { q.does(db, "XGROUP", "CREATE", "mail", "workers", "$", "MKSTREAM") },
		mends:  func(q *queues, _ int) { q.rewrites("mial", "mail") },
	},
	{
		inside: `stream {
        key   = "mail"
        group = "wrokers"
      }`,
		spoilt: func(q *queues, db int) { q.does(db, "XGROUP", "CREATE", "mail", "workers", "$", "MKSTREAM") },
		mends:  func(q *queues, _ int) { q.rewrites("wrokers", "workers") },
	},
	{
		inside: `keys = ["version", "jobs"]`,
		spoilt: func(q *queues, db int) { q.does(db, "SET", "version", "7") },
		mends:  func(q *queues, _ int) { q.rewrites(`"version", `, "") },
	},
	{
		inside: `sidekiq {
        classes = ["OldJob"]
      }`,
		spoilt: func(q *queues, db int) {
			q.does(db, "SADD", "queues", "default")
			q.does(db, "LPUSH", "queue:default", "x")
		},
		mends: func(q *queues, db int) { q.does(db, "RPOP", "queue:default") },
	},
	{
		inside: `sidekiq {
        classes = ["OldJob"]
      }`,
		spoilt: func(q *queues, db int) {
			jobs := []any{"queue:default"}
			for range 10_001 {
				jobs = append(jobs, `{"class":"NewJob"}`)
			}
			q.does(db, "SADD", "queues", "default")
			q.does(db, "RPUSH", jobs...)
		},
		mends: func(q *queues, db int) { q.does(db, "LTRIM", "queue:default", 0, 99) },
	},
}

// rewrites corrects the configuration.
func (q *queues) rewrites(from, to string) {
	q.Helper()
	text := q.read()
	if !strings.Contains(text, from) {
		q.Fatalf("there is no %s", from)
	}
	q.provided(q.configured(), resourceOf(strings.ReplaceAll(text, from, to)))
}

// onQueues is a remedy in a world with a Redis.
func onQueues(says string, provoke func(q *queues) string, fix func(q *queues, out string)) remedy {
	var q *queues
	return remedy{
		says:    says,
		provoke: func(w *world) string { q = w.queues(); return provoke(q) },
		fix:     func(_ *world, _ said, out string) { fix(q, out) },
	}
}

func requiresDrained(db int, inside string) string {
	return fmt.Sprintf("    queue_drained {\n      url_env = %q\n      %s\n    }\n", variableOf(db), inside)
}

var queueRemedies = []remedy{
	func() remedy {
		dbs := map[int]lookInto{}
		return onQueues("queue_drained.unset queue_drained.no_url queue_drained.unreachable queue_drained.refused queue_drained.no_password queue_drained.no_database queue_drained.busy queue_drained.cluster queue_drained.unasked "+
			"queue_drained.other_type queue_drained.no_sidekiq queue_drained.no_queue queue_drained.no_binding queue_drained.no_stream queue_drained.no_group queue_drained.no_list queue_drained.unreadable queue_drained.too_many",
			func(q *queues) string {
				text := ""
				for _, l := range looks {
					db := databasestest.Number()
					dbs[db] = l
					at := q.url(db)
					if l.at != nil {
						at = l.at(q, db)
					}
					if at != "" {
						q.setenv(variableOf(db), at)
					}
					if l.spoilt != nil {
						l.spoilt(q, db)
					}
					text += requiresDrained(db, l.inside)
				}
				q.simple("", "  requires {\n"+text+"  }\n")
				return q.planned()
			}, func(q *queues, _ string) {
				for db, l := range dbs {
					q.setenv(variableOf(db), q.url(db))
					if l.mends != nil {
						l.mends(q, db)
					}
				}
			})
	}(),
	func() remedy {
		db := 0
		return onQueues("queue_drained.denied", func(q *queues) string {
			db = databasestest.Number()
			q.allows("+multi +exec +select")
			q.setenv(variableOf(db), q.url(db))
			q.simple("", "  requires {\n"+requiresDrained(db, `keys = ["jobs"]`)+"  }\n")
			return q.planned()
		}, func(q *queues, out string) {
			m := regexp.MustCompile(`(?m)^[│ ]*  ACL SETUSER <user> (.*)$`).FindStringSubmatch(out)
			if m == nil {
				q.Fatalf("no command is printed:\n%s", out)
			}
			args := []any{"SETUSER", q.reader}
			for rule := range strings.FieldsSeq(m[1]) {
				args = append(args, rule)
			}
			q.does(0, "ACL", args...)
		})
	}(),
	func() remedy {
		db := 0
		return onQueues("queue_drained.left", func(q *queues) string {
			db = databasestest.Number()
			q.setenv(variableOf(db), q.url(db))
			q.does(db, "SADD", "queues", "default")
			q.does(db, "LPUSH", "queue:default", `{"class":"OldJob"}`)
			q.simple("", "  requires {\n"+requiresDrained(db, "sidekiq {\n        classes = [\"OldJob\"]\n      }")+"  }\n")
			return q.planned()
		}, func(q *queues, _ string) { q.does(db, "RPOP", "queue:default") }) // a worker has done it
	}(),
}

// TestQueueDrained: a rollout that removes a handler waits for what is left, and
// tells nothing of it, nor of who looks.
func TestQueueDrained(t *testing.T) {
	w := newWorld(t)
	w.suits(`  required_version = ">= 1.11"` + "\n")
	q, db := w.queues(), databasestest.Number()
	const secret = "s3cret argument"
	q.does(db, "SADD", "queues", "default")
	q.does(db, "LPUSH", "queue:default", `{"class":"OldJob","args":["`+secret+`"]}`)
	w.env = append(w.env, "TF_VAR_redis="+q.url(db))
	w.simple("", "  requires {\n    queue_drained {\n      url_wo = var.redis\n      within = \"10m\"\n      sidekiq {\n        classes = [\"OldJob\"]\n      }\n    }\n  }\n")
	w.put("variables.tf", "variable \"redis\" {\n  ephemeral = true\n}\n")
	out, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
	if code != 0 {
		t.Fatalf("beside within a plan is refused:\n%s", out)
	}
	w.has(out, "Not ready: queue_drained of url_wo", "Jobs are left (OldJob): queue default has 1")
	shown, _ := w.terraform("show", "-json", "plan.bin")
	done := false
	w.later(time.Minute, func() { // a worker gets to it
		done = true
		q.does(db, "RPOP", "queue:default")
	})
	applied := w.applies()
	if !done {
		t.Error("nobody waited")
	}
	state, err := os.ReadFile(w.dir + "/terraform.tfstate")
	w.must(err)
	for what, text := range map[string]string{"the plan": out, "the saved plan": shown, "the apply": applied, "the state": string(state)} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s tells a secret:\n%s", what, text)
		}
	}
	w.quiet()
}
