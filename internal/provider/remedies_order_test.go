package provider_test

import "strings"

// orders requires a release_order with these lines.
func (w *world) orders(lines ...string) {
	w.Helper()
	w.needs("release_order", "      "+strings.Join(lines, "\n      ")+"\n")
}

func ordered(lines ...string) func(*world) string {
	return func(w *world) string {
		w.orders(lines...)
		return w.planned()
	}
}

// promotes is the remedy of another deployment that was not promoted.
func promotes(w *world, _ said, _ string) {
	w.orders(`role = "worker"`, `revision = "worker-2"`, `promoted = "worker-2"`)
}

// onBoth is a plan of a worker and an API that say this of themselves.
func onBoth(worker, api string) func(*world) string {
	return func(w *world) string {
		w.anotherService()
		w.releasesBoth(w.V2, worker, api)
		return w.planned()
	}
}

var orderRemedies = []remedy{
	{says: "release_order.unmade", provoke: ordered(`role = "worker"`, `promoted = "worker-2"`), fix: promotes},
	{says: "release_order.nobody", provoke: ordered(`role = "worker"`, `revision = "worker-2"`), fix: promotes},
	{says: "release_order.other", provoke: ordered(`role = "worker"`, `revision = "worker-2"`, `promoted = "worker-1"`), fix: promotes},
	{
		says: "role.no_edge", provoke: onBoth(ofWorker, ofAPI),
		fix: func(w *world, _ said, out string) { // the block that the message prints
			_, block, _ := strings.Cut(out, "  release_order {")
			block, _, _ = strings.Cut(block, "  }")
			w.releasesBoth(w.V2, ofWorker, ofAPI+"\n  requires {\n  release_order {"+block+"  }\n  }\n")
		},
	},
	{
		says: "role.adds_and_removes", provoke: onBoth(ofWorker, ofAPI+"\nchange = \"remove\""),
		fix: func(w *world, _ said, _ string) {
			w.releasesBoth(w.V2, ofWorker, ofAPI+"\nchange = \"remove\"\nrelease = \"another\"")
		},
	},
}
