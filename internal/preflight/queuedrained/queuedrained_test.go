package queuedrained

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(databasestest.Main(m)) }

// password is the reader's; argument is what a job was given. Neither may be seen.
const (
	password = "s3cr'et/of@the reader"
	argument = "s3cr of a customer"
)

// allowed is what the guide lets the user do.
const allowed = "+multi +exec +select +smembers +exists +llen +lrange +zcard +zrange +hlen +hvals +type +scard +xlen +xinfo"

// world is a database of Redis, and a user who may do what the guide says.
type world struct {
	*testing.T
	redis  *databases.Redis
	db     int
	user   string
	path   *databasestest.Path
	before int
	seeded bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, redis: databasestest.Redis(t), db: databasestest.Number(), user: databasestest.Name("reader")}
	w.may(allowed)
	return w
}

// may lets the user do these things and nothing else.
func (w *world) may(rules string) {
	w.Helper()
	args := []any{"SETUSER", w.user, "reset", "on", ">" + password, "~*"}
	for rule := range strings.FieldsSeq(rules) {
		args = append(args, rule)
	}
	w.do("ACL", args...)
}

func (w *world) do(command string, args ...any) {
	w.Helper()
	if _, err := w.redis.Do(w.Context(), w.db, command, args...); err != nil {
		w.Fatal(err)
	}
}

// writes counts what was changed.
func (w *world) writes() int {
	w.Helper()
	n, err := w.redis.Writes(context.WithoutCancel(w.Context()))
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// at is an address in parts, and more.
func (w *world) at(addr string, more values) values {
	w.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		w.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		w.Fatal(err)
	}
	out := values{"host": host, "port": n, "database": w.db, "user": w.user, "password_wo": password}
	for name, v := range more {
		if v == nil {
			delete(out, name)
			continue
		}
		out[name] = v
	}
	return out
}

func (w *world) open(block values) rollout.Check {
	w.Helper()
	c, err := Kind().Open(w.Context(), preflighttest.Block(w, Kind(), block), nil)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// runs runs a check, and sees to it that it changes nothing and tells no secret.
func (w *world) runs(block values) []rollout.Finding {
	w.Helper()
	before := w.writes()
	found := w.open(block).Run(w.Context(), nil, nil)
	if n := w.writes(); n != before {
		w.Errorf("it changed %d things", n-before)
	}
	for _, f := range found {
		if strings.Contains(fmt.Sprintf("%+v", f), "s3cr") {
			w.Errorf("a finding tells a secret: %+v", f)
		}
	}
	return found
}

// says compares what is found with what is expected.
func (w *world) says(more values, want string) {
	w.Helper()
	preflighttest.Expect(w, w.runs(w.at(w.redis.Addr(), more)), want)
}

// What Sidekiq keeps.

func job1(class, queue string) string {
	return fmt.Sprintf(`{"retry":true,"queue":%q,"class":%q,"args":[%q],"jid":"b4a577edbccf1d805744efa9","created_at":1772632800.5}`, queue, class, argument)
}

func wrapped(class, queue string) string {
	return fmt.Sprintf(`{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":%q,"queue":%q,"args":[{"arguments":[%q]}]}`, class, queue, argument)
}

func (w *world) enqueue(queue string, jobs ...string) {
	w.Helper()
	w.do("SADD", "queues", queue)
	for _, j := range jobs {
		w.do("LPUSH", "queue:"+queue, j)
	}
}

// works lets a process work on a job, as Sidekiq 7 tells it.
func (w *world) works(process, queue, job string) {
	w.Helper()
	w.do("SADD", "processes", process)
	w.do("HSET", process+":work", "9x", fmt.Sprintf(`{"queue":%q,"payload":%q,"run_at":1772632800}`, queue, job))
}

func inside(kind string, block values) values { return values{kind: []any{block}} }

func TestSidekiq(t *testing.T) {
	old := inside("sidekiq", values{"classes": []any{"OldJob"}})
	const everywhere = "the scheduled set, the retry set, queue default, queue low"
	for name, c := range map[string]struct {
		has  func(w *world)
		more values
		want string
	}{
		"nothing":           {func(*world) {}, old, "passed: nothing is left of OldJob: " + everywhere},
		"others":            {func(w *world) { w.enqueue("default", job1("NewJob", "default")) }, old, "passed: nothing is left of OldJob: " + everywhere},
		"in a queue":        {func(w *world) { w.enqueue("low", job1("OldJob", "low"), job1("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): queue low has 2"},
		"of Active Job":     {func(w *world) { w.enqueue("low", wrapped("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): queue low has 1"},
		"scheduled":         {func(w *world) { w.do("ZADD", "schedule", 1772632800.5, job1("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): the scheduled set has 1"},
		"to be tried again": {func(w *world) { w.do("ZADD", "retry", 1772632800.5, job1("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): the retry set has 1"},
		"under work":        {func(w *world) { w.works("host:1:ab", "low", job1("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): what processes work on has 1"},
		"under work, before 7": {func(w *world) {
			w.do("SADD", "processes", "a")
			w.do("HSET", "a:workers", "t", `{"queue":"low","payload":`+job1("OldJob", "low")+`}`)
		}, old, "failed, may pass: jobs are left (OldJob): what processes work on has 1"},
		"other work":                {func(w *world) { w.works("host:1:ab", "low", job1("NewJob", "low")) }, old, "passed: nothing is left of OldJob: " + everywhere + ", what processes work on"},
		"dead":                      {func(w *world) { w.do("ZADD", "dead", 1, job1("OldJob", "low")) }, old, "passed: nothing is left of OldJob: " + everywhere},
		"something that is no job":  {func(w *world) { w.enqueue("low", argument) }, old, "skipped: 1 jobs cannot be read, so nobody can tell what they are of"},
		"that, and it counts":       {func(w *world) { w.enqueue("low", argument) }, inside("sidekiq", values{}), "failed, may pass: jobs are left (any job): queue low has 1"},
		"one of two queues":         {func(w *world) { w.enqueue("low", job1("OldJob", "low")) }, inside("sidekiq", values{"queues": []any{"default"}}), "passed: nothing is left of any job: the scheduled set, the retry set, queue default"},
		"scheduled for one of two":  {func(w *world) { w.do("ZADD", "schedule", 1, job1("X", "low"), 2, job1("X", "default")) }, inside("sidekiq", values{"queues": []any{"default"}}), "failed, may pass: jobs are left (any job): the scheduled set has 1"},
		"work of one of two":        {func(w *world) { w.works("a", "low", job1("X", "low")) }, inside("sidekiq", values{"queues": []any{"default"}}), "passed: nothing is left of any job: the scheduled set, the retry set, queue default, what processes work on"},
		"a queue that nobody has":   {func(*world) {}, inside("sidekiq", values{"queues": []any{"defaults"}}), "skipped: Sidekiq has no queue defaults"},
		"something else in a queue": {func(w *world) { w.do("SADD", "queues", "x"); w.do("SET", "queue:x", "1") }, old, "skipped: a key holds something else than jobs there: llen is not for it"},
		"more than anybody reads":   {func(w *world) { w.many(most + 5) }, old, "skipped: none of OldJob was among the first 10000 jobs of each place, and 5 more wait"},
		"more, and one was found":   {func(w *world) { w.many(most + 5); w.enqueue("low", job1("OldJob", "low")) }, old, "failed, may pass: jobs are left (OldJob): queue low has 1"},
		"more, where all count":     {func(w *world) { w.many(most + 5) }, inside("sidekiq", values{}), "failed, may pass: jobs are left (any job): queue low has 10005"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.enqueue("default")
			w.enqueue("low")
			c.has(w)
			w.says(c.more, c.want)
		})
	}
}

// many puts so many jobs of another class into a queue.
func (w *world) many(n int) {
	w.Helper()
	args := []any{"queue:low"}
	for range n {
		args = append(args, `{"class":"NewJob"}`)
	}
	w.do("RPUSH", args...)
}

// Where Sidekiq has never been, an empty queue proves nothing.
func TestSidekiqWasNeverHere(t *testing.T) {
	w := newWorld(t)
	w.says(inside("sidekiq", values{}), "skipped: Sidekiq has never been there: there are neither queues nor processes, and nothing was done")
	w.do("SET", "stat:processed", "7") // it has, and its queues were deleted
	w.says(inside("sidekiq", values{}), "passed: nothing is left of any job: the scheduled set, the retry set")
}

// What Celery keeps.

func message(task string) string {
	return fmt.Sprintf(`{"body":%q,"content-encoding":"utf-8","headers":{"lang":"py","task":%q,"id":"8b3c","argsrepr":%q},"properties":{"delivery_tag":"d"}}`, base64.StdEncoding.EncodeToString([]byte(argument)), task, argument)
}

func oldMessage(task string) string {
	body := fmt.Sprintf(`{"task":%q,"args":[%q]}`, task, argument)
	return fmt.Sprintf(`{"body":%q,"headers":{},"properties":{"body_encoding":"base64"}}`, base64.StdEncoding.EncodeToString([]byte(body)))
}

func TestCelery(t *testing.T) {
	old := inside("celery", values{"queues": []any{"celery"}, "tasks": []any{"shop.old"}})
	const everywhere = "queue celery, what workers hold (unacked)"
	for name, c := range map[string]struct {
		has  func(w *world)
		more values
		want string
	}{
		"nothing":                 {func(*world) {}, old, "passed: nothing is left of shop.old: " + everywhere},
		"others":                  {func(w *world) { w.do("LPUSH", "celery", message("shop.new")) }, old, "passed: nothing is left of shop.old: " + everywhere},
		"in the queue":            {func(w *world) { w.do("LPUSH", "celery", message("shop.old")) }, old, "failed, may pass: jobs are left (shop.old): queue celery has 1"},
		"by the first protocol":   {func(w *world) { w.do("LPUSH", "celery", oldMessage("shop.old")) }, old, "failed, may pass: jobs are left (shop.old): queue celery has 1"},
		"with a priority":         {func(w *world) { w.do("LPUSH", "celery\x06\x166", message("shop.old")) }, old, "failed, may pass: jobs are left (shop.old): queue celery has 1"},
		"held":                    {func(w *world) { w.do("HSET", "unacked", "tag", "["+message("shop.old")+`,"celery","celery"]`) }, old, "failed, may pass: jobs are left (shop.old): what workers hold (unacked) has 1"},
		"others that are held":    {func(w *world) { w.do("HSET", "unacked", "tag", "["+message("shop.new")+`,"celery","celery"]`) }, old, "passed: nothing is left of shop.old: " + everywhere},
		"held, and all count":     {func(w *world) { w.do("HSET", "unacked", "tag", "["+message("shop.new")+`,"celery","celery"]`) }, inside("celery", values{"queues": []any{"celery"}}), "failed, may pass: jobs are left (any job): what workers hold (unacked) has 1"},
		"something that is none":  {func(w *world) { w.do("LPUSH", "celery", argument, `{"body":"!"}`) }, old, "skipped: 2 jobs cannot be read, so nobody can tell what they are of"},
		"held, and it is none":    {func(w *world) { w.do("HSET", "unacked", "tag", argument, "two", "[]") }, old, "skipped: 2 jobs cannot be read, so nobody can tell what they are of"},
		"a queue that nobody has": {func(*world) {}, inside("celery", values{"queues": []any{"celry"}}), "skipped: Celery has no queue celry there: no worker or sender has declared it"},
		"of another exchange": {func(w *world) {
			w.do("SADD", "_kombu.binding.tasks", "mails.#\x06\x16\x06\x16mails")
			w.do("LPUSH", "mails", message("x"))
		}, inside("celery", values{"queues": []any{"mails"}, "exchange": "tasks"}), "failed, may pass: jobs are left (any job): queue mails has 1"},
		"under a prefix": {func(w *world) {
			w.do("SADD", "shop_kombu.binding.celery", "celery\x06\x16\x06\x16celery")
			w.do("LPUSH", "shopcelery", message("x"))
		}, inside("celery", values{"queues": []any{"celery"}, "key_prefix": "shop"}), "failed, may pass: jobs are left (any job): queue celery has 1"},
		"a name that another ends": {func(w *world) { w.do("SADD", "_kombu.binding.tasks", "x\x06\x16\x06\x16bigmails") }, inside("celery", values{"queues": []any{"mails"}, "exchange": "tasks"}), "skipped: Celery has no queue mails there: no worker or sender has declared it"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.do("SADD", "_kombu.binding.celery", "celery\x06\x16\x06\x16celery")
			c.has(w)
			w.says(c.more, c.want)
		})
	}
}

// Plain keys, and streams.
func TestKeys(t *testing.T) {
	for name, c := range map[string]struct {
		has  func(w *world)
		want string
	}{
		"nothing":        {func(*world) {}, "passed: nothing is left of any job: jobs"},
		"a list":         {func(w *world) { w.do("RPUSH", "jobs", "a", "b") }, "failed, may pass: jobs are left (any job): jobs has 2"},
		"a set":          {func(w *world) { w.do("SADD", "jobs", "a") }, "failed, may pass: jobs are left (any job): jobs has 1"},
		"a sorted set":   {func(w *world) { w.do("ZADD", "jobs", 1, "a", 2, "b", 3, "c") }, "failed, may pass: jobs are left (any job): jobs has 3"},
		"a hash":         {func(w *world) { w.do("HSET", "jobs", "a", "b") }, "failed, may pass: jobs are left (any job): jobs has 1"},
		"a stream":       {func(w *world) { w.do("XADD", "jobs", "*", "a", "b") }, "failed, may pass: jobs are left (any job): jobs has 1"},
		"an empty one":   {func(w *world) { w.do("XADD", "jobs", "1-1", "a", "b"); w.do("XDEL", "jobs", "1-1") }, "passed: nothing is left of any job: jobs"},
		"something else": {func(w *world) { w.do("SET", "jobs", argument) }, "skipped: jobs is a string, which holds no jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.has(w)
			w.says(values{"keys": []any{"jobs"}}, c.want)
		})
	}
}

func TestStreams(t *testing.T) {
	w := newWorld(t)
	mail := inside("stream", values{"key": "mails", "group": "workers"})
	w.says(mail, "skipped: there is no stream mails")
	w.do("XADD", "mails", "1-1", "to", argument)
	w.says(mail, "skipped: the stream mails has no group workers")
	w.do("XGROUP", "CREATE", "mails", "others", "$")
	w.do("XGROUP", "CREATE", "mails", "workers", "0")
	w.do("XADD", "mails", "2-1", "to", argument)
	w.says(mail, "failed, may pass: jobs are left (any job): stream mails for group workers has 2")
	w.do("XREADGROUP", "GROUP", "workers", "one", "COUNT", "9", "STREAMS", "mails", ">")
	w.do("XACK", "mails", "workers", "1-1")
	w.says(mail, "failed, may pass: jobs are left (any job): stream mails for group workers has 1")
	w.do("XACK", "mails", "workers", "2-1")
	w.says(mail, "passed: nothing is left of any job: stream mails for group workers")
	w.do("SET", "text", "1")
	w.says(inside("stream", values{"key": "text", "group": "workers"}), "skipped: a key holds something else than jobs there: xinfo is not for it")
}

// Before Redis 7, and where entries were deleted, nobody knows how many were not
// given out.
func TestLagThatIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		lag     any
		pending int64
		given   string
		want    int
	}{
		{int64(0), 0, "1-1", 0}, {int64(3), 2, "1-1", 5}, {nil, 0, "2-1", 0}, {nil, 1, "2-1", 1}, {nil, 0, "1-1", 1},
	} {
		group := map[string]any{"pending": c.pending, "last-delivered-id": []byte(c.given)}
		if c.lag != nil {
			group["lag"] = c.lag
		}
		got, err := behind(map[string]any{"last-generated-id": []byte("2-1")}, group)
		if err != nil || got != c.want {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}

// A job that moves while it is looked for is found.
func TestRestless(t *testing.T) {
	w := newWorld(t)
	w.enqueue("default")
	n := 0
	path := databasestest.Through(t, "", func(ctx context.Context, c net.Conn) { // a queue more whenever names were asked for
		to, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.redis.Addr())
		if err != nil {
			return
		}
		defer func() { _ = to.Close() }()
		go func() { _, _ = io.Copy(c, to) }()
		for in := bufio.NewReader(c); ; {
			line, err := in.ReadString('\n')
			if strings.HasPrefix(strings.ToLower(line), "multi") {
				n++
				_, _ = w.redis.Do(ctx, w.db, "SADD", "queues", fmt.Sprintf("q%d", n))
			}
			if _, e := io.WriteString(to, line); err != nil || e != nil {
				return
			}
		}
	})
	found := w.open(w.at(path.Addr, inside("sidekiq", values{}))).Run(t.Context(), nil, nil)
	preflighttest.Expect(t, found, "skipped: queues or processes of Sidekiq came and went at each of three looks")
}

// Each right that the guide lists is needed, and no other one is.
func TestRights(t *testing.T) {
	w := newWorld(t)
	w.enqueue("default", job1("NewJob", "default"))
	w.do("SADD", "processes", "p")
	w.do("SADD", "_kombu.binding.celery", "celery")
	w.do("RPUSH", "list", "a")
	w.do("SADD", "set", "a")
	w.do("XADD", "stream", "1-1", "a", "b")
	w.do("XGROUP", "CREATE", "stream", "g", "$")
	all := values{
		"sidekiq": []any{values{"classes": []any{"OldJob"}}}, "celery": []any{values{"queues": []any{"celery"}, "tasks": []any{"x"}}},
		"stream": []any{values{"key": "stream", "group": "g"}}, "keys": []any{"list", "set", "stream"},
	}
	w.says(all, "failed, may pass: jobs are left (OldJob, x): list has 1, set has 1, stream has 1")
	for right := range strings.FieldsSeq(allowed) {
		command := strings.TrimPrefix(right, "+")
		w.may(allowed + " -" + command)
		w.says(all, "skipped: its user may not use the command "+command+", or not on these keys")
	}
}

// TestGuide: the guide lets the user do what TestRights says is needed.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/templates/guides/release-order.md.tmpl")
	if err != nil || !strings.Contains(string(text), "<!-- rights: queue_drained -->\n```text\nACL SETUSER rollout on >password ~* "+allowed+"\n```") {
		t.Errorf("it does not: %v", err)
	}
}
