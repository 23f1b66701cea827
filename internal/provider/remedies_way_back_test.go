package provider_test

import (
	"fmt"
)

const cannotRead = "promoted_cannot_read_new_rows = true\n"

// other rolls out content that nobody has tried yet.
func other(settings func(*world) string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { w.deploys("@v3", settings(w)) }
}

func letsGo(w *world) string { return w.reviewed(lets) }

// illBeyond promotes the second image, which then falls ill beyond the point.
func (w *world) illBeyond() string {
	w.Helper()
	w.promoted("@v1")
	w.deploys("@v2", letsGo(w))
	w.fallsIll(100)
	return w.fails("stopped at 100 %, and traffic stays")
}

var wayBackRemedies = []remedy{
	{
		says: "way_back.ends_at_promotion",
		provoke: func(w *world) string {
			w.deploys("@v2", letsGo(w))
			return w.planned()
		},
	}, {
		says: "way_back.ends_at_first_share",
		provoke: func(w *world) string {
			w.deploys("@v2", cannotRead)
			return w.planned()
		},
	}, {
		says:    "rollout.stayed todo.beyond todo.forward todo.blocked way_home.closed",
		provoke: func(w *world) string { return w.illBeyond() },
		fix:     other(letsGo), image: "@v3",
	}, { // the other ways out that it names
		says:    "todo.blocked",
		provoke: func(w *world) string { return w.illBeyond() },
		fix: func(w *world, s said, _ string) {
			w.recovers()
			w.deploys("@v2", letsGo(w)+fmt.Sprintf("retry = %q\n", s["retry"]))
		},
	}, {
		says:    "way_home.closed",
		provoke: func(w *world) string { return w.illBeyond() },
		fix:     func(w *world, _ said, out string) { w.runs(out) },
		then:    func(w *world) { w.only(w.V1) },
	}, {
		says: "todo.beyond todo.forward_from_split way_home.closed",
		provoke: func(w *world) string {
			w.promoted("@v1")
			w.deploys("@v2", cannotRead)
			w.fallsIll(10)
			return w.fails("stopped at 10 %, and traffic stays")
		},
		fix: func(w *world, s said, out string) {
			w.runs(out)
			w.deploys("@v3", cannotRead)
		}, image: "@v3",
	}, {
		says: "way_back.stranded",
		provoke: func(w *world) string {
			w.dies(10)
			w.deploys("@v3", cannotRead)
			return w.failed()
		}, fix: runsIt, image: "@v3",
	}, {
		says: "way_back.reverted",
		provoke: func(w *world) string {
			w.dies(100)
			w.deploys("@v1", letsGo(w))
			return w.failed()
		}, fix: runsIt, image: "@v1",
	}, {
		says: "way_back.reverted", // its other way out
		provoke: func(w *world) string {
			w.dies(100)
			w.deploys("@v1", letsGo(w))
			return w.failed()
		}, fix: other(letsGo), image: "@v3",
	}, {
		says: "way_back.returns",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@v3", letsGo(w))
			w.applies()
			w.deploys("@v2", letsGo(w))
			return w.planned()
		},
	}, {
		says: "abort.beyond",
		provoke: func(w *world) string {
			w.dies(100)
			w.asks("bad checkout")
			w.deploys("@v2", letsGo(w))
			return w.planned()
		}, fix: runsIt,
	}, {
		says: "blocked.planned_beyond",
		provoke: func(w *world) string {
			w.illBeyond()
			return w.planned()
		},
		fix: func(w *world, s said, _ string) {
			w.recovers()
			w.deploys("@v2", letsGo(w)+fmt.Sprintf("retry = %q\n", s["retry"]))
		},
	}, {
		says: "plan.watch_beyond",
		provoke: func(w *world) string {
			w.dies(100)
			w.deploys("@v2", letsGo(w))
			return w.planned()
		},
	}, {
		says: "migration_review.breaks", provoke: reviewing("", "1_a.up.sql", "SET lock_timeout = '1s';\nALTER TABLE orders DROP COLUMN note;\n", "1_a.down.sql", ""),
		fix: harmless("      unread_since = { \"orders.note\" = \"2026-01-01\" }\n", "1_a.up.sql", "SET lock_timeout = '1s';\nALTER TABLE orders DROP COLUMN note;\n", "1_a.down.sql", ""),
	}, { // the other way out: it is declared, and stays visible
		says: "migration_review.breaks", provoke: reviewing("", "1_a.up.sql", "SET lock_timeout = '1s';\nALTER TABLE orders DROP COLUMN note;\n", "1_a.down.sql", ""),
		fix: func(w *world, s said, _ string) {
			harmless("", "1_a.up.sql", "SET lock_timeout = '1s';\n-- rollout:allow PG010 nothing has named it since May\nALTER TABLE orders DROP COLUMN note;\n", "1_a.down.sql", "")(w, s, "")
		},
		then: func(w *world) {
			w.applies()
			w.only(w.V2)
			out, _ := w.terraform("state", "show", "-no-color", api)
			w.has(out, "1_a.up.sql:3 PG010 orders.note: nothing has named it since May")
		},
	}, {
		says: "migration_review.allowed", provoke: reviewing("", "1_a.up.sql", "-- rollout:allow PG040 the table is small\n"+buildsIt),
	},
}
