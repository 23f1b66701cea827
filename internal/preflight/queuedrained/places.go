package queuedrained

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// most is how many jobs of one place are read where not all of them count.
const most = 10_000

// want is what has to be drained.
type want struct {
	sidekiq []sidekiq
	celery  []celery
	keys    []string
	streams []stream
}

// sidekiq is what Sidekiq keeps; of all queues, or of all classes, where none is
// named.
type sidekiq struct{ queues, classes []string }

// celery is what Celery's broker keeps of queues that are bound to one exchange
// each; of all tasks, where none is named.
type celery struct {
	queues, tasks    []string
	exchange, prefix string
}

// stream is what a group has still to do of a stream.
type stream struct{ key, group string }

// job is what is read of one. It has no name where nobody can read it.
type job struct {
	names []string // its class, and the one that it wraps
	queue string
}

// place is one where jobs wait, or are worked on.
type place struct {
	name string // for people
	// count and read are the commands that say how many there are, and which.
	count, read command
	decode      func(raw []byte) job
	// wanted are the names that count, and queues those of its queues; all of them
	// where there is none.
	wanted, queues []string
}

// picks: not everything there counts.
func (p place) picks() bool { return p.decode != nil && len(p.wanted)+len(p.queues) > 0 }

// left is what a place has of what is to be drained.
type left struct {
	place string
	n     int
	// unread are jobs of which nobody can tell what they are, and unseen those
	// that were too many to be read.
	unread, unseen int
}

// counts takes in how many jobs a place has, and those that were read.
func (p place) counts(total int, raw [][]byte) left {
	out := left{place: p.name}
	if !p.picks() {
		out.n = total
		return out
	}
	out.unseen = max(0, total-len(raw))
	for _, r := range raw {
		j := p.decode(r)
		switch {
		case len(p.queues) > 0 && j.queue != "" && !slices.Contains(p.queues, j.queue):
		case len(j.names) == 0:
			out.unread++
		case len(p.wanted) == 0 || slices.ContainsFunc(j.names, func(n string) bool { return slices.Contains(p.wanted, n) }):
			out.n++
		}
	}
	return out
}

// list, sorted and hash are the three forms in which jobs are kept.
func list(name, key string) place {
	return place{name: name, count: ask("llen", key), read: ask("lrange", key, 0, most-1)}
}

func sorted(name, key string) place {
	return place{name: name, count: ask("zcard", key), read: ask("zrange", key, 0, most-1)}
}

func hash(name, key string) place {
	return place{name: name, count: ask("hlen", key), read: ask("hvals", key)}
}

// places are those of Sidekiq, of these queues and processes.
func (s sidekiq) places(queues, processes []string) []place {
	var out []place
	add := func(p place, decode func([]byte) job, queues []string) {
		p.decode, p.wanted, p.queues = decode, s.classes, queues
		out = append(out, p)
	}
	add(sorted("the scheduled set", "schedule"), sidekiqJob, s.queues)
	add(sorted("the retry set", "retry"), sidekiqJob, s.queues)
	for _, q := range queues {
		if len(s.queues) == 0 || slices.Contains(s.queues, q) {
			add(list("queue "+q, "queue:"+q), sidekiqJob, nil)
		}
	}
	for _, p := range processes {
		add(hash("what processes work on", p+":work"), sidekiqWork, s.queues)
		add(hash("what processes work on", p+":workers"), sidekiqWork, s.queues) // before Sidekiq 7
	}
	return out
}

// sidekiqJob reads a job as Sidekiq writes it. Those of Active Job have its wrapper as
// their class.
func sidekiqJob(raw []byte) job {
	var j struct {
		Class   string `json:"class"`
		Wrapped any    `json:"wrapped"`
		Queue   string `json:"queue"`
	}
	if json.Unmarshal(raw, &j) != nil || j.Class == "" {
		return job{}
	}
	names := []string{j.Class}
	if wrapped, ok := j.Wrapped.(string); ok {
		names = append(names, wrapped)
	}
	return job{names, j.Queue}
}

// sidekiqWork reads what a process works on: the job, or its text since Sidekiq 6.
func sidekiqWork(raw []byte) job {
	var w struct {
		Queue   string          `json:"queue"`
		Payload json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(raw, &w) != nil {
		return job{}
	}
	var text string
	if json.Unmarshal(w.Payload, &text) == nil {
		w.Payload = []byte(text)
	}
	j := sidekiqJob(w.Payload)
	if w.Queue != "" {
		j.queue = strings.TrimPrefix(w.Queue, "queue:")
	}
	return j
}

// separator stands between the parts of what kombu keeps.
const separator = "\x06\x16"

// places are those of Celery. A queue has a list for each step of priority.
func (c celery) places() []place {
	var out []place
	for _, q := range c.queues {
		for _, step := range []string{"", separator + "3", separator + "6", separator + "9"} {
			p := list("queue "+q, c.prefix+q+step)
			p.decode, p.wanted = celeryTask, c.tasks
			out = append(out, p)
		}
	}
	p := hash("what workers hold (unacked)", c.prefix+"unacked")
	p.decode, p.wanted = celeryHeld, c.tasks
	return append(out, p)
}

// binding is the set in which kombu remembers the queues of an exchange.
func (c celery) binding(queue string) string {
	exchange := c.exchange
	if exchange == "" {
		exchange = queue
	}
	return c.prefix + "_kombu.binding." + exchange
}

// bound reports whether a set of bindings has a queue.
func bound(bindings []string, queue string) bool {
	return slices.ContainsFunc(bindings, func(b string) bool { return b == queue || strings.HasSuffix(b, separator+queue) })
}

// celeryTask reads a message of either protocol.
func celeryTask(raw []byte) job {
	var m struct {
		Headers struct {
			Task string `json:"task"`
		} `json:"headers"`
		Body string `json:"body"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return job{}
	}
	if m.Headers.Task != "" {
		return job{names: []string{m.Headers.Task}}
	}
	var first struct {
		Task string `json:"task"`
	}
	body, err := base64.StdEncoding.DecodeString(m.Body)
	if err != nil || json.Unmarshal(body, &first) != nil || first.Task == "" {
		return job{}
	}
	return job{names: []string{first.Task}}
}

// celeryHeld reads what a worker holds: the message, its exchange and its key.
func celeryHeld(raw []byte) job {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return job{}
	}
	return celeryTask(parts[0])
}
