package queuedrained

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check.
type check struct {
	object string
	at     address
	roots  *x509.CertPool
	want   want
	limit  time.Duration
}

// Run looks once.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.object}
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	found, plain, err := c.look(limited)
	if err != nil || ctx.Err() != nil {
		return []rollout.Finding{c.unread(ctx, f, errors.Join(err, limited.Err()))}
	}
	return []rollout.Finding{c.judge(f, found, plain)}
}

// look reads everything that is asked about. plain says that somebody may have
// read along.
func (c check) look(ctx context.Context) (found []left, plain bool, err error) {
	at, err := c.at.read()
	if err != nil {
		return nil, false, err
	}
	s, err := at.open(ctx, c.roots)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = s.Close() }() // nothing is under way
	for range 3 {
		now, err := c.names(s)
		if err != nil {
			return nil, false, err
		}
		var again bool
		if found, again, err = c.drains(s, now); err != nil || !again {
			return found, !at.encrypted && !here(at.host), err
		}
	}
	return nil, false, bad{message: msgRestless}
}

// names are those that change while work is done.
type names struct{ queues, processes []string }

// names reads which queues and processes there are, and sees to it that those who
// keep them have been here.
func (c check) names(s session) (names, error) {
	asked := c.remembered()
	answers, err := s.all(asked...)
	if err != nil {
		return names{}, err
	}
	var out names
	if len(c.want.sidekiq) > 0 {
		if out, err = processesIn(answers); err != nil {
			return names{}, err
		}
		done, err := redis.Int(answers[2], nil)
		if err != nil {
			return names{}, fmt.Errorf("read: %w", err)
		}
		if len(out.queues)+len(out.processes)+done == 0 {
			return names{}, bad{message: msgNoSidekiq}
		}
		answers = answers[3:]
	}
	if unknown := c.unknownTo(out, answers); unknown != nil {
		return names{}, *unknown
	}
	return out, nil
}

// remembered is what those who keep queues remember of them.
func (c check) remembered() []command {
	var out []command
	if len(c.want.sidekiq) > 0 {
		out = []command{ask("smembers", "queues"), ask("smembers", "processes"), ask("exists", "stat:processed")}
	}
	for _, one := range c.want.celery {
		for _, q := range one.queues {
			out = append(out, ask("smembers", one.binding(q)))
		}
	}
	return out
}

func processesIn(answers []any) (names, error) {
	queues, err := redis.Strings(answers[0], nil)
	if err != nil {
		return names{}, fmt.Errorf("read: %w", err)
	}
	processes, err := redis.Strings(answers[1], nil)
	if err != nil {
		return names{}, fmt.Errorf("read: %w", err)
	}
	slices.Sort(queues)
	slices.Sort(processes)
	return names{queues, processes}, nil
}

// unknownTo is the first queue of which Sidekiq or Celery know nothing.
func (c check) unknownTo(now names, bindings []any) *bad {
	for _, one := range c.want.sidekiq {
		for _, q := range one.queues {
			if !slices.Contains(now.queues, q) {
				return &bad{msgNoQueue, []any{"queue", q}}
			}
		}
	}
	i := 0
	for _, one := range c.want.celery {
		for _, q := range one.queues {
			if all, err := redis.Strings(bindings[i], nil); err != nil || !bound(all, q) {
				return &bad{msgNoBinding, []any{"queue", q}}
			}
			i++
		}
	}
	return nil
}

// drains reads all places at one moment; again says that there are others by now.
func (c check) drains(s session, now names) (found []left, again bool, err error) {
	places := c.places(now)
	var asked []command
	for _, p := range places {
		asked = append(asked, p.count)
		if p.picks() {
			asked = append(asked, p.read)
		}
	}
	if len(c.want.sidekiq) > 0 {
		asked = append(asked, ask("smembers", "queues"), ask("smembers", "processes"))
	}
	answers, err := s.all(asked...)
	if err != nil {
		return nil, false, err
	}
	for _, p := range places {
		total, err := redis.Int(answers[0], nil)
		answers = answers[1:]
		var raw [][]byte
		if err == nil && p.picks() {
			raw, err = redis.ByteSlices(answers[0], nil)
			answers = answers[1:]
		}
		if err != nil {
			return nil, false, fmt.Errorf("read: %w", err)
		}
		found = append(found, p.counts(total, raw))
	}
	if len(c.want.sidekiq) > 0 {
		later, err := processesIn(answers)
		if err != nil {
			return nil, false, err
		}
		again = !slices.Equal(later.queues, now.queues) || !slices.Equal(later.processes, now.processes)
	}
	more, err := c.plainly(s)
	return append(found, more...), again, err
}

// places are those of Sidekiq and of Celery.
func (c check) places(now names) []place {
	var out []place
	for _, one := range c.want.sidekiq {
		out = append(out, one.places(now.queues, now.processes)...)
	}
	for _, one := range c.want.celery {
		out = append(out, one.places()...)
	}
	return out
}

// plainly counts what plain keys hold, and what groups have still to do.
func (c check) plainly(s session) ([]left, error) {
	var out []left
	for _, key := range c.want.keys {
		n, err := s.length(key)
		if err != nil {
			return nil, err
		}
		out = append(out, left{place: key, n: n})
	}
	for _, one := range c.want.streams {
		n, err := s.undone(one)
		if err != nil {
			return nil, err
		}
		out = append(out, left{place: fmt.Sprintf("stream %s for group %s", one.key, one.group), n: n})
	}
	return out, nil
}

// length is how many a key holds, 0 where there is none: Redis keeps no empty one.
func (s session) length(key string) (int, error) {
	is, err := redis.String(s.Do("type", key))
	if err != nil {
		return 0, refused(err, "type")
	}
	counts := map[string]string{"list": "llen", "set": "scard", "zset": "zcard", "hash": "hlen", "stream": "xlen"}
	switch name := counts[is]; {
	case is == "none":
		return 0, nil
	case name == "":
		return 0, bad{msgNoList, []any{"key", key, "type", is}}
	default:
		n, err := redis.Int(s.Do(name, key))
		if err != nil {
			return 0, refused(err, name)
		}
		return n, nil
	}
}

// undone is how many entries of a stream a group has not acknowledged, or not been
// given; at least one where nobody can tell how many.
func (s session) undone(of stream) (int, error) {
	answers, err := s.all(ask("xinfo", "STREAM", of.key), ask("xinfo", "GROUPS", of.key))
	var no refusal
	switch {
	case errors.As(err, &no) && no.word == "ERR":
		return 0, bad{msgNoStream, []any{"key", of.key}}
	case err != nil:
		return 0, err
	}
	about, err := fields(answers[0])
	if err != nil {
		return 0, err
	}
	groups, err := redis.Values(answers[1], nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	for _, g := range groups {
		group, err := fields(g)
		if err != nil {
			return 0, err
		}
		if name, err := redis.String(group["name"], nil); err != nil || name != of.group {
			continue
		}
		return behind(about, group)
	}
	return 0, bad{msgNoGroup, []any{"key", of.key, "group", of.group}}
}

// behind counts what is pending and what was not given out. Redis tells the latter
// since 7, where it knows it; without it, who has the last entry has all.
func behind(about, group map[string]any) (int, error) {
	pending, err := redis.Int(group["pending"], nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	if lag, err := redis.Int(group["lag"], nil); err == nil {
		return pending + lag, nil
	}
	given, err := redis.String(group["last-delivered-id"], nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	last, err := redis.String(about["last-generated-id"], nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	if given != last {
		pending++
	}
	return pending, nil
}

// fields are names and values that stand one after the other.
func fields(answer any) (map[string]any, error) {
	all, err := redis.Values(answer, nil)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	out := map[string]any{}
	for i := 0; i+1 < len(all); i += 2 {
		name, err := redis.String(all[i], nil)
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		out[name] = all[i+1]
	}
	return out, nil
}

// judge says what is left.
func (c check) judge(f rollout.Finding, found []left, plain bool) rollout.Finding {
	var n, unread, unseen int
	counts, where := map[string]int{}, []string{}
	for _, l := range found {
		n, unread, unseen = n+l.n, unread+l.unread, unseen+l.unseen
		if _, has := counts[l.place]; !has {
			where = append(where, l.place)
		}
		counts[l.place] += l.n
	}
	var has []string
	for _, place := range where {
		if counts[place] > 0 {
			has = append(has, fmt.Sprintf("%s has %d", place, counts[place]))
		}
	}
	switch {
	case n > 0:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgLeft, "what", c.want.what(), "where", strings.Join(has, ", "))
	case unread > 0:
		f.Status = rollout.Skipped
		return f.Because(msgUnreadable, "number", unread)
	case unseen > 0:
		f.Status = rollout.Skipped
		return f.Because(msgTooMany, "what", c.want.what(), "unseen", unseen, "most", most)
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("nothing is left of %s: %s", c.want.what(), strings.Join(where, ", "))
	if plain {
		f.Why += "; the connection is not encrypted"
	}
	return f
}

// what is to be drained, for people.
func (w want) what() string {
	var out []string
	for _, s := range w.sidekiq {
		out = append(out, s.classes...)
	}
	for _, c := range w.celery {
		out = append(out, c.tasks...)
	}
	if len(out) == 0 {
		return "any job"
	}
	return strings.Join(out, ", ")
}

// unread is the finding where nothing could be seen.
func (c check) unread(ctx context.Context, f rollout.Finding, err error) rollout.Finding {
	f.Status = rollout.Skipped
	var b bad
	var no refusal
	switch {
	case ctx.Err() != nil:
		return f.Because(msgInterrupted)
	case errors.As(err, &b):
		return f.Because(b.message, b.pairs...)
	case !errors.As(err, &no):
		return f.Because(msgUnreachable, "reason", reason(err, c.limit))
	}
	switch no.word {
	case "WRONGPASS":
		return f.Because(msgRefused)
	case "NOAUTH":
		return f.Because(msgNoPassword)
	case "NOPERM":
		return f.Because(msgDenied, "command", no.command)
	case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN":
		return f.Because(msgBusy)
	case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN":
		return f.Because(msgCluster)
	case "WRONGTYPE":
		return f.Because(msgOtherType, "command", no.command)
	}
	if no.command == "select" {
		return f.Because(msgNoDatabase)
	}
	return f.Because(msgUnasked, "command", no.command)
}
