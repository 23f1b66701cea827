package rollout

import "slices"

// Role is what a deployment is in a release of several.
type Role string

// The roles, in the order in which something new reaches production: each of them
// uses what those before it offer.
const (
	Schema   Role = "schema"   // what data look like
	Worker   Role = "worker"   // what handles jobs
	API      Role = "api"      // what enqueues jobs, and answers clients
	Frontend Role = "frontend" // what calls the API
)

// Roles lists them in that order.
func Roles() []Role { return []Role{Schema, Worker, API, Frontend} }

// Change is what a release does to what its parts offer each other.
type Change string

// The changes.
const (
	Add    Change = "add"    // what is offered first, what uses it last
	Remove Change = "remove" // the other way round
)

// Order lists the roles in the order in which they are rolled out.
func (c Change) Order() []Role {
	out := Roles()
	if c == Remove {
		slices.Reverse(out)
	}
	return out
}

// Before reports whether a deployment of one role has to be promoted before one
// of another begins. Neither goes before its own like.
func (c Change) Before(first, second Role) bool {
	order := c.Order()
	return slices.Index(order, first) < slices.Index(order, second)
}
