package configsync

import (
	"strings"
)

// origin says where a marked text comes from: in a workflow, or in a build.
type origin func(text string) value

// set puts what a command sets up into the place.
func (r *read) set(d deployment, line int, from origin, form string) {
	if d.sort == "build" {
		r.hand(d, line, from)
		return
	}
	t := r.target(d.target)
	t.line = line
	for _, why := range d.opaque {
		t.unknowns = append(t.unknowns, unknown{line, why})
	}
	if r.Provides == "" {
		r.Provides = map[string]string{"run": "cloud_run", "job": "cloud_run", "replace": "cloud_run", "lambda": "lambda"}[d.sort]
	}
	t.form = strings.ReplaceAll(form, "FLAG", "--set-env-vars")
	for _, l := range d.lists {
		entries, why := dictionary(l.text)
		if why != "" {
			t.unknowns = append(t.unknowns, unknown{line, l.flag + ": " + why})
		}
		if !l.secret {
			t.form = strings.ReplaceAll(form, "FLAG", l.flag)
		}
		for _, entry := range entries {
			t.entry(entry, l.secret, line, from)
		}
	}
}

// entry is one KEY=VALUE.
func (t *target) entry(of string, secret bool, line int, from origin) {
	key, v, ok := strings.Cut(of, "=")
	key = strings.TrimSpace(key)
	if secret && strings.HasPrefix(key, "/") {
		return // a file that is mounted
	}
	if !ok || !envName.MatchString(key) {
		t.unknowns = append(t.unknowns, unknown{line, "a part of its settings is not like KEY=VALUE"})
		return
	}
	made := from(v)
	made.line, made.secret = line, made.secret || secret
	if secret {
		made.from = "a secret"
	}
	t.settings[key] = made
}

// hand is what a build is handed.
func (r *read) hand(d deployment, line int, from origin) {
	r.hands = true
	if r.supplies == nil {
		r.supplies = map[string]value{}
	}
	for _, why := range d.opaque {
		r.unknowns = append(r.unknowns, unknown{line, why})
	}
	for _, l := range d.lists {
		entries, why := dictionary(l.text)
		if why != "" {
			r.unknowns = append(r.unknowns, unknown{line, l.flag + ": " + why})
		}
		for _, entry := range entries {
			key, v, ok := strings.Cut(entry, "=")
			if !ok {
				r.unknowns = append(r.unknowns, unknown{line, "a part of --substitutions is not like _KEY=VALUE"})
				continue
			}
			made := from(v)
			made.line = line
			r.supplies[strings.TrimSpace(key)] = made
		}
	}
}
